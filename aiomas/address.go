package aiomas

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// FormatAddress returns the address string for a, as Dial takes it:
// "tcp://127.0.0.1:5555" or "unix:///path".
func FormatAddress(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.Network() + "://" + a.String()
}

// Listen listens on an address like "tcp://127.0.0.1:5555", "tcp+tls://…" or
// "unix:///path"; "unix:@name" is an abstract name of Linux. With [WithTLS] the
// listener accepts TLS connections.
//
// A host name is listened on with all its addresses, localhost as 127.0.0.1 and
// ::1; the listener's Addr is the first one. Port 0 is a port that is free on all
// of them.
//
// A Unix socket's file is removed when the listener closes, unless another server
// has taken its place. One on which nobody listens any more is replaced.
func Listen(ctx context.Context, addr string, opts ...ListenOption) (net.Listener, error) {
	cfg, err := listenConfig(opts)
	if err != nil {
		return nil, err
	}
	return cfg.listen(ctx, addr)
}

// DialConn connects to addr as [Dial] does, with TLS if the options say so, and returns the bare connection, which is
// the caller's: for relays and tools that read and write frames themselves, see package codec/frame. Options about
// messages and calls are without effect. Its errors are those of Dial.
func DialConn(ctx context.Context, addr string, opts ...DialOption) (net.Conn, error) {
	cfg, err := dialConfig(opts)
	if err != nil {
		return nil, err
	}
	return cfg.dial(ctx, addr)
}

func (c *config) listen(ctx context.Context, addr string) (net.Listener, error) {
	a, err := transport.Parse(addr)
	if err != nil {
		return nil, err
	}
	if err := c.checkTLS(a, addr); err != nil {
		return nil, err
	}
	ln, err := transport.Listen(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("aiomas: cannot listen on %s: %w", addr, err)
	}
	if c.tls != nil && a.Network == "tcp" {
		ln = tls.NewListener(ln, c.tls)
	}
	return ln, nil
}

func (c *config) checkTLS(a transport.Address, addr string) error {
	if a.TLS && c.tls == nil {
		return fmt.Errorf("aiomas: address %q needs WithTLS", addr)
	}
	return nil
}

// retryFirst and retryMost are the waits between connection attempts; Python
// begins at half a second, which only slows tests down.
const (
	retryFirst = 10 * time.Millisecond
	retryMost  = 2 * time.Second
)

// dial connects to addr, again and again if so configured.
func (c *config) dial(ctx context.Context, addr string) (net.Conn, error) {
	a, err := transport.Parse(addr)
	if err != nil {
		return nil, err
	}
	if err := c.checkTLS(a, addr); err != nil {
		return nil, err
	}
	c.dialled = true
	start := time.Now()
	wait := retryFirst
	for {
		conn, err := c.dialOnce(ctx, a)
		if err == nil {
			return conn, nil
		}
		err = fmt.Errorf("aiomas: cannot connect to %s: %w", addr, err)
		if ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) { // package net does not tell
			return nil, errors.Join(err, ctxerr.New(ctx, "connect"))
		}
		if c.retry == 0 || !IsUnavailable(err) {
			return nil, err
		}
		if c.retry > 0 {
			left := c.retry - time.Since(start)
			if left <= 0 {
				return nil, err
			}
			wait = min(wait, left)
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, errors.Join(err, ctxerr.New(ctx, "connect"))
		}
		wait = min(retryMost, wait*3/2)
	}
}

// IsUnavailable tells the errors of Dial after which it may help to try again, as
// [WithRetry] does: nobody listens at the address, or not yet, which are
// ConnectionRefusedError and FileNotFoundError in Python, or more connections wait
// at a Unix socket than its server takes at once.
func IsUnavailable(err error) bool { return transport.Unavailable(err) }

func (c *config) dialOnce(ctx context.Context, a transport.Address) (net.Conn, error) {
	conn, err := c.dialer(ctx, a.Network, a.Addr)
	if err != nil {
		return nil, err
	}
	if c.tls == nil || a.Network != "tcp" {
		return conn, nil
	}
	host, _, _ := net.SplitHostPort(a.Addr)
	secure := tls.Client(conn, c.clientTLS(host))
	if err := handshake(ctx, secure, c.limits.HandshakeTimeout, true); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

package aiomas

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// address is a parsed address string.
type address struct {
	network string // "tcp" or "unix"
	addr    string // host:port or path
	tls     bool
}

// parseAddress accepts
//
//	tcp://host:port       tcp://[::1]:port   tcp://:port (every interface; to listen)
//	tcp+tls://host:port
//	unix:///path          unix:relative/path
//	ipc://[/path]         as Python writes it in agent addresses
func parseAddress(s string) (address, error) {
	bad := func(why string) (address, error) {
		return address{}, fmt.Errorf("aiomas: address %q: %s", s, why)
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok {
		return bad("no scheme; want tcp://host:port, tcp+tls://host:port or unix:///path")
	}
	switch scheme {
	case "tcp", "tcp+tls":
		hostport, ok := strings.CutPrefix(rest, "//")
		if !ok {
			return bad("want " + scheme + "://host:port")
		}
		if strings.Contains(hostport, "/") {
			return bad("want only host:port after " + scheme + "://; an agent's address is for agent containers")
		}
		if _, port, err := net.SplitHostPort(hostport); err != nil || port == "" {
			return bad("want host:port after " + scheme + "://")
		}
		return address{"tcp", hostport, scheme == "tcp+tls"}, nil
	case "unix":
		path := strings.TrimPrefix(rest, "//")
		if path == "" {
			return bad("no path")
		}
		return address{"unix", path, false}, nil
	case "ipc":
		path, ok := strings.CutPrefix(rest, "//[")
		path, ok2 := strings.CutSuffix(path, "]")
		if !ok || !ok2 || path == "" {
			return bad("want ipc://[path]")
		}
		return address{"unix", path, false}, nil
	}
	return bad("unknown scheme " + scheme + "; want tcp, tcp+tls or unix")
}

// FormatAddress returns the address string for a, as Dial takes it:
// "tcp://127.0.0.1:5555" or "unix:///path".
func FormatAddress(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.Network() + "://" + a.String()
}

// Listen listens on an address like "tcp://127.0.0.1:5555", "tcp+tls://…" or
// "unix:///path". With [WithTLS] the listener accepts TLS connections. A Unix
// socket's file is removed when the listener closes.
func Listen(ctx context.Context, addr string, opts ...ListenOption) (net.Listener, error) {
	cfg, err := listenConfig(opts)
	if err != nil {
		return nil, err
	}
	return cfg.listen(ctx, addr)
}

func (c *config) listen(ctx context.Context, addr string) (net.Listener, error) {
	a, err := parseAddress(addr)
	if err != nil {
		return nil, err
	}
	if err := c.checkTLS(a, addr); err != nil {
		return nil, err
	}
	lc := net.ListenConfig{KeepAliveConfig: c.keepAlive()}
	ln, err := lc.Listen(ctx, a.network, a.addr)
	if err != nil && a.network == "unix" && removeStale(ctx, a.addr) {
		ln, err = lc.Listen(ctx, a.network, a.addr)
	}
	if err != nil {
		return nil, fmt.Errorf("aiomas: cannot listen on %s: %w", addr, err)
	}
	if c.tls != nil && a.network == "tcp" {
		ln = tls.NewListener(ln, c.tls)
	}
	return ln, nil
}

// keepAlive is Limits.KeepAlive for the first probe and between all. (As a mere
// period, it would be for the first one only.)
func (c *config) keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: c.limits.KeepAlive, Interval: c.limits.KeepAlive}
}

// probe makes the system probe a silent peer, if conn is TCP.
func (c *config) probe(conn net.Conn) {
	if tc, ok := conn.(*net.TCPConn); ok {
		_ = tc.SetKeepAliveConfig(c.keepAlive())
	}
}

// removeStale removes the file of a Unix socket that nobody listens on any more,
// as a killed server leaves it. Python removes whatever socket is there.
func removeStale(ctx context.Context, path string) bool {
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
		return false
	}
	return errors.Is(err, connectionRefused) && os.Remove(path) == nil
}

func (c *config) checkTLS(a address, addr string) error {
	if a.tls && c.tls == nil {
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
	a, err := parseAddress(addr)
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
		if c.retry == 0 || !IsRefused(err) {
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
			return nil, errors.Join(err, context.Cause(ctx))
		}
		wait = min(retryMost, wait*3/2)
	}
}

// IsRefused tells the errors of Dial when nobody listens at the address, or not
// yet: ConnectionRefusedError and FileNotFoundError in Python.
func IsRefused(err error) bool {
	return errors.Is(err, connectionRefused) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist)
}

func (c *config) dialOnce(ctx context.Context, a address) (net.Conn, error) {
	conn, err := c.dialer(ctx, a.network, a.addr)
	if err != nil {
		return nil, err
	}
	c.probe(conn)
	if c.tls == nil || a.network != "tcp" {
		return conn, nil
	}
	host, _, _ := net.SplitHostPort(a.addr)
	secure := tls.Client(conn, c.clientTLS(host))
	if err := handshake(ctx, secure, c.limits.HandshakeTimeout, true); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/errtext"
)

// Settings are for connections made by address and accepted ones. They must be complete and valid,
// and must not be changed once in use.
type Settings struct {
	Dialer           func(ctx context.Context, network, address string) (net.Conn, error) // for sockets
	Transports       map[string]Transport                                                 // by scheme, in addition to sockets
	Retry            time.Duration                                                        // time for which Dial tries; 0: once; negative: until its context ends
	TLS              *TLS                                                                 // nil: none
	HandshakeTimeout time.Duration                                                        // of TLS
	TLSError         func(TLSFailure) error                                               // converts a failure to an error
}

// Transport makes connections to addresses of one scheme, given without "scheme://".
type Transport interface {
	Dial(ctx context.Context, address string) (net.Conn, error)
	Listen(ctx context.Context, address string) (net.Listener, error)
}

// CheckScheme returns an error if a transport cannot have this scheme.
func CheckScheme(scheme string) error {
	switch {
	case scheme == "":
		return errors.New("the scheme is empty")
	case strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "":
		return fmt.Errorf("the scheme %q has a character that is not one of a-z, 0-9, hyphen and dot", scheme)
	case scheme == "tcp" || scheme == "unix" || scheme == "ipc":
		return fmt.Errorf("the scheme %s is reserved for sockets", scheme)
	}
	return nil
}

// sockets is the transport for sockets of the system.
type sockets struct {
	network string
	dialer  func(ctx context.Context, network, address string) (net.Conn, error)
}

func (s sockets) Dial(ctx context.Context, address string) (net.Conn, error) {
	return s.dialer(ctx, s.network, address)
}

func (s sockets) Listen(ctx context.Context, address string) (net.Listener, error) {
	if s.network == "unix" {
		return listenUnix(ctx, address)
	}
	return listenTCP(ctx, address)
}

// find returns the transport for addr, and the address in the transport's form.
func (s *Settings) find(addr string) (Transport, Address, error) {
	a, err := s.Parse(addr)
	if err != nil {
		return nil, a, err
	}
	if t := s.Transports[a.Network]; t != nil {
		return t, a, nil
	}
	return sockets{a.Network, s.Dialer}, a, nil
}

// Listen listens on addr, with TLS if set.
func (s *Settings) Listen(ctx context.Context, addr string) (net.Listener, error) {
	t, a, err := s.find(addr)
	if err != nil {
		return nil, err
	}
	ln, err := t.Listen(ctx, a.Addr)
	if err != nil {
		return nil, errtext.Errorf("aiomas: cannot listen on %s: %w", addr, err)
	}
	if s.TLS != nil && (a.TLS || !isUnix(ln.Addr())) {
		ln = tls.NewListener(ln, s.TLS.config)
	}
	return ln, nil
}

// Dial connects to addr, with retries and TLS if set.
func (s *Settings) Dial(ctx context.Context, addr string) (conn net.Conn, err error) {
	t, a, err := s.find(addr)
	if err != nil {
		return nil, err
	}
	err = Retry(s.Retry, func() error {
		if conn, err = s.dialOnce(ctx, t, a); err != nil {
			return errtext.Errorf("aiomas: cannot connect to %s: %w", addr, err)
		}
		return nil
	}, func(wait time.Duration) error {
		if !Pause(ctx, wait) {
			return ctxerr.New(ctx, "connect")
		}
		return nil
	})
	if err == nil {
		return conn, nil
	}
	if ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) { // package net does not return the cause
		err = ctxerr.With(err, "given up", ctxerr.New(ctx, "connect"))
	}
	return nil, err
}

func (s *Settings) dialOnce(ctx context.Context, t Transport, a Address) (net.Conn, error) {
	conn, err := t.Dial(ctx, a.Addr)
	if err != nil {
		return nil, err
	}
	if s.TLS == nil || !a.TLS && s.plain(a, conn) {
		return conn, nil
	}
	host := a.Addr
	if a.Network == "tcp" {
		host, _, _ = net.SplitHostPort(a.Addr)
	}
	secure := tls.Client(conn, s.TLS.client(host))
	if err := s.Handshake(ctx, secure, true); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// plain reports whether a connection has no TLS unless its address requires it, as those of Unix
// sockets. The address counts, not the connection made by a dialer.
func (s *Settings) plain(a Address, conn net.Conn) bool {
	if s.Transports[a.Network] == nil {
		return a.Network == "unix"
	}
	return isUnix(conn.LocalAddr())
}

func isUnix(a net.Addr) bool { return a != nil && a.Network() == "unix" }

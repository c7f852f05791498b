package aiomas

import (
	"context"
	"net"

	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// FormatAddress returns a as an address string that Dial accepts:
// "tcp://127.0.0.1:5555", "unix:///path" or "unix:path".
func FormatAddress(a net.Addr) string {
	if a == nil {
		return ""
	}
	return transport.Format(a.Network(), a.String())
}

// Listen listens on addr: "tcp://127.0.0.1:5555" or "127.0.0.1:5555" for short,
// "tcp+tls://…", "unix:///path", "unix:path" relative to the working directory, or
// "unix:@name", an abstract name on Linux. With [WithTLS] the listener accepts TLS
// connections.
//
// For a host name it listens on all addresses of the host, for localhost on 127.0.0.1
// and ::1; the listener's Addr is the first of them. For port 0 it chooses a port that
// is free on all of them.
//
// The file of a Unix socket is removed when the listener is closed, unless another
// server has replaced it. An existing socket file is replaced if no server listens on it.
func Listen(ctx context.Context, addr string, opts ...ListenOption) (net.Listener, error) {
	cfg, err := listenConfig(opts)
	if err != nil {
		return nil, err
	}
	return cfg.transport.Listen(ctx, addr)
}

// DialConn connects to addr as [Dial] does, with TLS if the options say so, and returns
// the bare connection, which the caller must close. It is for relays and tools that
// read and write frames themselves; see package codec/frame. Options about messages and
// calls have no effect. Its errors are those of Dial.
func DialConn(ctx context.Context, addr string, opts ...DialOption) (net.Conn, error) {
	cfg, err := dialConfig(opts)
	if err != nil {
		return nil, err
	}
	return cfg.dial(ctx, addr)
}

// dial connects to addr.
func (c *config) dial(ctx context.Context, addr string) (net.Conn, error) {
	c.dialled = true
	return c.transport.Dial(ctx, addr)
}

// IsUnavailable reports whether err is an error of Dial after which another attempt
// may succeed: no server listens at the address yet (Python's ConnectionRefusedError
// and FileNotFoundError), or the backlog of a Unix socket is full. [WithRetry] tries
// again after these errors.
func IsUnavailable(err error) bool { return transport.Unavailable(err) }

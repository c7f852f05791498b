package aiomas

import (
	"context"
	"net"

	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// FormatAddress returns the address string for a, as Dial takes it:
// "tcp://127.0.0.1:5555", "unix:///path" or "unix:path".
func FormatAddress(a net.Addr) string {
	if a == nil {
		return ""
	}
	return transport.Format(a.Network(), a.String())
}

// Listen listens on an address like "tcp://127.0.0.1:5555", for which
// "127.0.0.1:5555" is short, "tcp+tls://…", "unix:///path", or "unix:path" below the
// working directory; "unix:@name" is an abstract name of Linux. With [WithTLS] the
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
	return cfg.transport.Listen(ctx, addr)
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

// dial connects to addr.
func (c *config) dial(ctx context.Context, addr string) (net.Conn, error) {
	c.dialled = true
	return c.transport.Dial(ctx, addr)
}

// IsUnavailable tells the errors of Dial after which it may help to try again, as
// [WithRetry] does: nobody listens at the address, or not yet, which are
// ConnectionRefusedError and FileNotFoundError in Python, or more connections wait
// at a Unix socket than its server takes at once.
func IsUnavailable(err error) bool { return transport.Unavailable(err) }

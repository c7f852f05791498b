package aiomas

import (
	"context"
	"net"

	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Transport makes connections to the addresses of a scheme; see [WithTransport]. It
// must be safe for concurrent use. Package local has one; Python's aiomas has no others
// than sockets and that.
//
// Its address is what follows "scheme://" and means what the transport says. The
// network addresses of its connections and listeners say the scheme as their Network
// and the address as their String, so that [FormatAddress] makes addresses of them
// again. Connections have deadlines; they do better with a method CloseWrite() error, and
// with some room for what is written and not read yet, as sockets have: without it, a
// TLS handshake that fails ends only by [Limits].HandshakeTimeout.
type Transport interface {
	// Dial connects to address. It returns when ctx ends, with an error that matches
	// context.Cause(ctx). One that matches syscall.ECONNREFUSED or fs.ErrNotExist says
	// that nobody listens there, or not yet; see [IsUnavailable].
	Dial(ctx context.Context, address string) (net.Conn, error)
	// Listen listens on address; ctx bounds the start only. Accept of the listener
	// returns an error that matches net.ErrClosed after its Close.
	Listen(ctx context.Context, address string) (net.Listener, error)
}

// WithTransport sets what makes the connections of addresses "scheme://…", instead of
// the sockets of the system. With [WithTLS] these are encrypted as well, within the
// transport's connection, unless their network is "unix"; "scheme+tls://…" requires it.
// The host that the server's certificate must be for is the whole address.
//
// A scheme has lower-case letters, digits, hyphens and dots. It cannot be tcp, unix or
// ipc; see [WithDialer] for other connections to those. Of two transports of a scheme,
// the last one counts.
func WithTransport(scheme string, t Transport) AddressOption {
	return setting(func(cfg *config) {
		if err := transport.CheckScheme(scheme); err != nil {
			cfg.mistake("WithTransport: %w", err)
			return
		}
		if t == nil {
			cfg.mistake("WithTransport(%q, nil)", scheme)
			return
		}
		if cfg.transport.Transports == nil {
			cfg.transport.Transports = make(map[string]transport.Transport)
		}
		cfg.transport.Transports[scheme] = t
	})
}

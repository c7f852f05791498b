package aiomas

import (
	"context"
	"net"

	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Transport makes connections for addresses of one scheme; see [WithTransport]. It must be
// safe for concurrent use. Package local has one; Python's aiomas has only that and sockets.
//
// A transport receives the part of an address after "scheme://", and defines its meaning. The
// net.Addr of its connections and listeners must have the scheme as Network and the address as
// String, so that [FormatAddress] works. Connections must support deadlines. They should have
// a method CloseWrite() error, and buffer some unread data, as sockets do: without a buffer, a
// failed TLS handshake ends only after [Limits].HandshakeTimeout.
type Transport interface {
	// Dial connects to address. When ctx ends, it returns an error that matches
	// context.Cause(ctx). If no server listens at the address, its error matches
	// syscall.ECONNREFUSED or fs.ErrNotExist; see [IsUnavailable].
	Dial(ctx context.Context, address string) (net.Conn, error)
	// Listen listens on address; ctx applies to the start only. After its Close, Accept of
	// the listener returns an error that matches net.ErrClosed.
	Listen(ctx context.Context, address string) (net.Listener, error)
}

// WithTransport sets the transport for addresses "scheme://…". With [WithTLS] its connections
// are encrypted, too, unless their network is "unix"; addresses "scheme+tls://…" require it.
// The host in the server's certificate must be the whole address.
//
// A scheme consists of lower-case letters, digits, hyphens and dots, and cannot be tcp, unix or
// ipc; to change how those connect, use [WithDialer]. Of two transports with the same scheme,
// the last one is used.
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

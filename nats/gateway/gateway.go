// Package gateway connects programs that do not use NATS, such as those in Python, with
// names of package nats: it opens local ports for names, and names for local ports. It
// copies bytes without interpreting them, so that any codec and TLS work.
//
// A program uses tcp:// addresses of local ports: "tcp://localhost:7001/0" may be the agent
// "nats://plant.b/0". Calls, callbacks on the same connection, and services passed as
// arguments work. Addresses in data do not work: if an agent of a Python program sends its
// own address to others, this is an address of its machine, to which they cannot connect.
// Send the address of the gateway instead.
package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Route is an address to listen on, and the address to which the connections are passed on.
// Both are addresses as for aiomas.Dial, or of one of the transports: "nats://plant.b",
// "tcp://127.0.0.1:7001", "unix:///run/plant".
type Route struct{ Listen, To string }

// Options are the options of a gateway.
type Options struct {
	// Transports are the transports for the routes' addresses, by scheme.
	Transports map[string]aiomas.Transport
	// Logger logs failures of connections. By default, they are not logged.
	Logger *slog.Logger
}

// Gateway copies data between pairs of connections. It is safe for concurrent use.
type Gateway struct {
	opts      []aiomas.AddressOption
	logger    *slog.Logger
	routes    []Route
	listeners []net.Listener
	ctx       context.Context
	cancel    context.CancelFunc
	work      sync.WaitGroup
	mu        sync.Mutex
	err       error
}

// Open listens on all routes and passes connections on until Close. ctx applies only to the
// start.
func Open(ctx context.Context, o Options, routes ...Route) (*Gateway, error) {
	g := &Gateway{routes: routes, logger: o.Logger}
	if g.logger == nil {
		g.logger = slog.New(slog.DiscardHandler)
	}
	for scheme, t := range o.Transports {
		g.opts = append(g.opts, aiomas.WithTransport(scheme, t))
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	for _, r := range routes {
		if err := aiomas.CheckDial(options[aiomas.DialOption](g)...); err != nil {
			return nil, errors.Join(err, g.Close())
		}
		ln, err := aiomas.Listen(ctx, r.Listen, options[aiomas.ListenOption](g)...)
		if err != nil {
			return nil, errors.Join(err, g.Close())
		}
		g.listeners = append(g.listeners, ln)
	}
	for i, ln := range g.listeners {
		g.work.Go(func() { g.accept(ln, routes[i]) })
	}
	return g, nil
}

// options returns the options for connections or for listeners.
func options[T any](g *Gateway) (list []T) {
	for _, o := range g.opts {
		if o, ok := o.(T); ok {
			list = append(list, o)
		}
	}
	return list
}

// Addrs returns the addresses on which the gateway listens, in the order of the routes.
func (g *Gateway) Addrs() []string {
	list := make([]string, len(g.listeners))
	for i, ln := range g.listeners {
		list[i] = aiomas.FormatAddress(ln.Addr())
	}
	return list
}

// Close stops listening and closes all connections. It returns the errors of listeners that
// have failed before.
func (g *Gateway) Close() error {
	g.cancel()
	for _, ln := range g.listeners {
		_ = ln.Close()
	}
	g.work.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

func (g *Gateway) accept(ln net.Listener, r Route) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			if g.ctx.Err() == nil {
				g.logger.Error("gateway no longer listens", "address", r.Listen, "err", err)
				g.mu.Lock()
				g.err = errors.Join(g.err, err)
				g.mu.Unlock()
			}
			return
		}
		g.work.Go(func() { g.pass(conn, r) })
	}
}

// pass connects to the other side and copies data in both directions.
func (g *Gateway) pass(from net.Conn, r Route) {
	to, err := aiomas.DialConn(g.ctx, r.To, options[aiomas.DialOption](g)...)
	if err != nil {
		g.logger.Error("gateway cannot connect", "address", r.To, "err", err)
		abort(from)
		return
	}
	defer context.AfterFunc(g.ctx, func() { _, _ = from.Close(), to.Close() })()
	var once sync.Once
	broken := func(err error) {
		once.Do(func() {
			if g.ctx.Err() == nil {
				g.logger.Warn("a connection broke", "from", r.Listen, "to", r.To, "err", err)
			}
			abort(from)
			abort(to)
		})
	}
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			if err := direction(way[1], way[0]); err != nil {
				broken(err)
			}
		})
	}
	both.Wait()
	_, _ = from.Close(), to.Close()
}

// direction copies bytes until the end of from, and then ends the stream of to.
func direction(to, from net.Conn) error {
	// Not io.Copy, which might use special methods of these types.
	if _, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, 32<<10)); err != nil {
		return err
	}
	if c, ok := to.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return to.Close()
}

// abort resets a connection, so that the peer does not mistake the end for a complete
// stream.
func abort(c net.Conn) {
	switch c := c.(type) {
	case *net.TCPConn:
		_ = c.SetLinger(0)
	case interface{ Reset() }: // a stream of package nats
		c.Reset()
	}
	_ = c.Close()
}

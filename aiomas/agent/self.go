package agent

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/inmemory"
)

// A container whose agents call each other dials its own address, as in Python. It gets a
// connection in memory instead of a socket, which the loop of package arrival reads together
// with its sockets, so that calls keep their order. Everything above the bytes is the same:
// both ends, encoded values, limits, interceptors, TLS.
//
// There are sockets if the user has replaced what makes them, by [WithListener] or
// aiomas.WithDialer, and transports of users and local:// addresses are not concerned.

// selfDialer returns the option for a connection to t, or nil if t is not this container. An
// option WithDialer behind it overrides it.
func (c *Container) selfDialer(t target) aiomas.DialOption {
	if c.own == nil || t != targetOf(c.addr) {
		return nil
	}
	return aiomas.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		c.own.start.Do(func() {
			c.work.Go(func() { _ = c.server.Serve(context.Background(), c.own) }) // its error is that of the other Serve
		})
		return c.own.dial(ctx, c.addr.Host)
	})
}

// own is the listener for connections of a container to itself.
type own struct {
	addr     net.Addr
	start    sync.Once // serves it
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

// newOwn returns the listener for a container that listens with ln, or nil if it must use
// sockets.
func (s *settings) newOwn(a Addr, ln net.Listener) *own {
	if s.listener != nil || a.Network != "tcp" && a.Network != "ipc" {
		return nil
	}
	return &own{addr: ln.Addr(), accepted: make(chan net.Conn), closed: make(chan struct{})}
}

// dial makes a connection; host is that of the container.
func (o *own) dial(ctx context.Context, host string) (net.Conn, error) {
	addr := o.addr
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		addr = &net.TCPAddr{IP: ipOf(ctx, host), Port: tcp.Port}
	}
	from := addr
	if addr.Network() == "unix" { // as a socket's, which has no name
		from = &net.UnixAddr{Name: "@", Net: "unix"}
	}
	here, there := inmemory.New(from, addr)
	var err error
	select {
	case o.accepted <- there:
		return here, nil
	case <-o.closed:
		err = os.NewSyscallError("connect", syscall.ECONNREFUSED)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return nil, &net.OpError{Op: "dial", Net: addr.Network(), Addr: addr, Err: err}
}

// ipOf returns an address of host.
func ipOf(ctx context.Context, host string) net.IP {
	if ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host); err == nil && len(ips) > 0 {
		return ips[0].Unmap().AsSlice()
	}
	return net.IPv4(127, 0, 0, 1)
}

// Accept implements [net.Listener].
func (o *own) Accept() (net.Conn, error) {
	select {
	case conn := <-o.accepted:
		return conn, nil
	case <-o.closed:
		return nil, &net.OpError{Op: "accept", Net: o.addr.Network(), Addr: o.addr, Err: net.ErrClosed}
	}
}

// Close implements [net.Listener].
func (o *own) Close() error {
	o.once.Do(func() { close(o.closed) })
	return nil
}

// Addr implements [net.Listener].
func (o *own) Addr() net.Addr { return o.addr }

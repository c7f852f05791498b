// Package pipe is the example of docs/architecture.md for a transport: connections in
// memory, by names, for addresses of any scheme.
package pipe

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// Network has the listeners of one scheme. Its zero value is ready. It implements
// aiomas.Transport.
type Network struct {
	Scheme string

	mu        sync.Mutex
	listeners map[string]*listener
}

// Listen implements aiomas.Transport.
func (n *Network) Listen(_ context.Context, name string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := addr{n.Scheme, name}
	if n.listeners[name] != nil {
		return nil, &net.OpError{Op: "listen", Net: n.Scheme, Addr: at, Err: syscall.EADDRINUSE}
	}
	if n.listeners == nil {
		n.listeners = make(map[string]*listener)
	}
	l := &listener{network: n, addr: at, dialled: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[name] = l
	return l, nil
}

// Dial implements aiomas.Transport.
func (n *Network) Dial(ctx context.Context, name string) (net.Conn, error) {
	at := addr{n.Scheme, name}
	failed := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: n.Scheme, Addr: at, Err: err}
	}
	n.mu.Lock()
	l := n.listeners[name]
	n.mu.Unlock()
	if l == nil {
		return failed(syscall.ECONNREFUSED) // WithRetry tries again after it
	}
	client, server := net.Pipe()
	select {
	case l.dialled <- conn{server, at}:
		return conn{client, at}, nil
	case <-l.closed:
		return failed(syscall.ECONNREFUSED)
	case <-ctx.Done():
		return failed(context.Cause(ctx))
	}
}

type listener struct {
	network *Network
	addr    addr
	dialled chan net.Conn
	closing sync.Once
	closed  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialled:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: l.addr.scheme, Addr: l.addr, Err: net.ErrClosed}
	}
}

func (l *listener) Close() error {
	l.closing.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, l.addr.name)
		l.network.mu.Unlock()
		close(l.closed)
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }

// conn is a pipe that has an address.
type conn struct {
	net.Conn
	addr addr
}

func (c conn) LocalAddr() net.Addr  { return c.addr }
func (c conn) RemoteAddr() net.Addr { return c.addr }

type addr struct{ scheme, name string }

func (a addr) Network() string { return a.scheme }
func (a addr) String() string  { return a.name }

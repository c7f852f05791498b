package transport

import (
	"errors"
	"net"
	"sync"
)

// many combines several listeners. Goroutines started by the first Accept end with Close.
type many struct {
	listeners []net.Listener
	accepted  chan accepted
	start     sync.Once
	stop      sync.Once
	closed    chan struct{}
	running   sync.WaitGroup // one for each listener
	err       error          // returned by Accept after the end
}

type accepted struct {
	conn net.Conn
	err  error
}

func newMany(listeners []net.Listener) *many {
	return &many{listeners: listeners, accepted: make(chan accepted), closed: make(chan struct{})}
}

// Accept waits for a connection or an error of any of the listeners.
func (m *many) Accept() (net.Conn, error) {
	m.start.Do(func() {
		for _, ln := range m.listeners {
			m.running.Go(func() { m.accept(ln) })
		}
	})
	select {
	case a := <-m.accepted:
		return a.conn, a.err
	case <-m.closed:
		return nil, &net.OpError{Op: "accept", Net: m.Addr().Network(), Addr: m.Addr(), Err: net.ErrClosed}
	}
}

func (m *many) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		select {
		case m.accepted <- accepted{conn, err}:
		case <-m.closed:
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// Close closes all listeners.
func (m *many) Close() error {
	m.stop.Do(func() {
		m.start.Do(func() {}) // no goroutine may be started any more
		close(m.closed)
		var errs []error
		for _, ln := range m.listeners {
			errs = append(errs, ln.Close())
		}
		m.running.Wait()
		m.err = errors.Join(errs...)
	})
	return m.err
}

// Addr returns the address of the first listener.
func (m *many) Addr() net.Addr { return m.listeners[0].Addr() }

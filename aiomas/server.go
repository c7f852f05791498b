package aiomas

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Server serves a service to any number of connections. It mirrors what
// aiomas.rpc.start_server returns. It is safe for concurrent use.
type Server struct {
	root *Router
	cfg  *config
	err  error // why there is no TLS, if it is wanted; Serve reports it

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	conns  sync.WaitGroup // goroutines of connections

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	clients   map[*Client]struct{}
	open      int // connections, those in their handshake included
	closed    bool
}

// NewServer returns a server of service. It panics when service or options cannot
// work, which are mistakes of the program, like a wrong argument of
// [Router.Expose]; what is not written in the program can be asked about with
// [CheckServer] before. Files of [WithTLSFiles] that cannot be read are an error of
// [CheckServer] and of everything that serves.
func NewServer(service Service, opts ...ServerOption) *Server {
	cfg, err := serverConfig(service, opts)
	if err != nil {
		panic(err)
	}
	s := &Server{root: service.Router(), cfg: cfg, err: cfg.filesErr, listeners: map[net.Listener]struct{}{}, clients: map[*Client]struct{}{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// ListenAndServe listens on addr ("tcp://host:port", "tcp+tls://host:port" or
// "unix:///path") and serves until ctx ends or the server is closed; see Serve.
func (s *Server) ListenAndServe(ctx context.Context, addr string) error {
	if s.err != nil {
		return s.err
	}
	ln, err := s.cfg.listen(ctx, addr)
	if err != nil {
		return err
	}
	return s.serve(ctx, ln)
}

// Serve accepts connections from ln, which it closes in the end, and serves
// them. It returns after the last of its connections has ended: with
// [ErrServerClosed] after Shutdown or Close, with the error of ctx when ctx
// ended, which closes the server like Close. It returns at once with another
// error when somebody else closes ln; the connections go on. With [WithTLS],
// every connection but those by Unix socket is encrypted, whatever ln is.
// Handlers get a context derived from ctx.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	if s.err != nil {
		_ = ln.Close()
		return s.err
	}
	return s.serve(ctx, ln)
}

func (s *Server) serve(ctx context.Context, ln net.Listener) error {
	defer ln.Close() //nolint:errcheck // closed twice when the server closes it
	if !s.track(ln) {
		return ErrServerClosed
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	err := s.accept(ctx, ln)
	s.untrack(ln)
	if err != nil {
		return err
	}
	s.conns.Wait()
	if ctx.Err() != nil {
		return contextError(ctx, "serve")
	}
	return ErrServerClosed
}

// acceptFirst and acceptMost are the waits after a failed accept, for example
// when there are no file descriptors left.
const (
	acceptFirst = 5 * time.Millisecond
	acceptMost  = time.Second
)

func (s *Server) accept(ctx context.Context, ln net.Listener) error {
	wait := acceptFirst
	for {
		conn, err := ln.Accept()
		if err == nil {
			wait = acceptFirst
			s.start(ctx, conn)
			continue
		}
		if s.isClosed() {
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("aiomas: the listener was closed: %w", err)
		}
		s.cfg.log.warn("accept failed", "err", err, "wait", wait)
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-s.ctx.Done():
			t.Stop()
		}
		wait = min(2*wait, acceptMost)
	}
}

func (s *Server) start(ctx context.Context, conn net.Conn) {
	most := s.cfg.limits.Connections
	s.mu.Lock()
	closed, open := s.closed, s.open
	if !closed && (most == 0 || open < most) {
		s.open++
		s.conns.Add(1)
		go s.connection(ctx, conn)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	if !closed {
		s.cfg.metrics.connectionsRefused.Add(1)
		s.cfg.log.warn("connection refused", "peer", peerName(conn), "open", open, "limit", most)
	}
	_ = conn.Close()
}

// connection begins to serve a connection.
func (s *Server) connection(ctx context.Context, conn net.Conn) {
	var c *Client
	ok := false
	defer func() { // also when a callback of the user's calls runtime.Goexit
		if c == nil {
			s.forget(nil)
			return
		}
		if !ok {
			c.ch.end(ErrClosed)
		}
		c.ch.startReading()
	}()
	if _, secure := conn.(*tls.Conn); !secure && s.cfg.tls != nil && !isUnix(conn) {
		conn = tls.Server(conn, s.cfg.tls)
	}
	if tc, ok := conn.(*tls.Conn); ok {
		if err := handshake(s.ctx, tc, s.cfg.limits.HandshakeTimeout, false); err != nil {
			s.cfg.log.warn("connection refused", "peer", peerName(conn), "err", err)
			refuseTLS(s.ctx, tc, err)
			return
		}
	}
	c = newClient(newChannel(ctx, conn, s.cfg), s.root)
	c.server = s
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.clients[c] = struct{}{}
	}
	s.mu.Unlock()
	if !closed {
		ok = s.cfg.connected == nil || c.callback("WithConnected", func() { s.cfg.connected(c) })
	}
}

// forget says that a connection has ended, and which client it had, if any.
func (s *Server) forget(c *Client) {
	s.mu.Lock()
	delete(s.clients, c)
	s.open--
	s.mu.Unlock()
	s.conns.Done()
}

func isUnix(conn net.Conn) bool {
	a := conn.LocalAddr()
	return a != nil && a.Network() == "unix"
}

// Metrics returns what the server's connections count into.
func (s *Server) Metrics() *Metrics { return s.cfg.metrics }

// Clients returns the present connections in no order.
func (s *Server) Clients() []*Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*Client, 0, len(s.clients))
	for c := range s.clients {
		list = append(list, c)
	}
	return list
}

// Shutdown stops listening, refuses new requests, lets running handlers finish
// and their replies leave, and closes the connections. When ctx ends first, it
// closes what is left at once and returns the error of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, c := range s.refuse() {
		wg.Go(func() { _ = c.Shutdown(ctx) })
	}
	wg.Wait()
	s.cancel() // ends handshakes
	s.conns.Wait()
	if ctx.Err() != nil {
		return contextError(ctx, "shutdown")
	}
	return nil
}

// Close stops listening and closes all connections; see [Channel.Close].
func (s *Server) Close() error {
	clients := s.refuse()
	s.cancel()
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() { _ = c.Close() })
	}
	wg.Wait()
	return nil
}

// refuse closes the listeners and returns the connections that are left.
func (s *Server) refuse() []*Client {
	s.mu.Lock()
	s.closed = true
	for ln := range s.listeners {
		_ = ln.Close()
	}
	s.mu.Unlock()
	return s.Clients()
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) track(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[ln] = struct{}{}
	return true
}

func (s *Server) untrack(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, ln)
}

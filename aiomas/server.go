package aiomas

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Server serves a service on any number of connections. It mirrors the result of
// aiomas.rpc.start_server. It is safe for concurrent use.
type Server struct {
	root *Router
	cfg  *config
	err  error // of the TLS files; returned by Serve

	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	clients   map[*Client]struct{}
	none      chan struct{} // closed when there are no clients; nil unless someone waits
	open      int           // connections, including those in a handshake
	closed    bool
}

// NewServer returns a server for service. It panics if service or options cannot work, which
// is a programming error, like a wrong argument of [Router.Expose]; to check options that
// are not constants of the program, call [CheckServer] first. If files of [WithTLSFiles]
// cannot be read, CheckServer and all methods that serve return an error instead.
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
	ln, err := s.cfg.transport.Listen(ctx, addr)
	if err != nil {
		return err
	}
	return s.serve(ctx, ln)
}

// Serve accepts connections from ln and serves them. It closes ln, and returns when the last
// of its connections has ended: with [ErrServerClosed] after Shutdown or Close, or with the
// error of ctx if ctx ended, which has the effect of Close. If ln fails, for example because
// it was closed by other code, Serve returns that error at once, and the connections are
// served until ctx ends. Errors that concern one connection or a temporary shortage (EMFILE,
// ENOBUFS) are logged, and Serve continues. With [WithTLS], all connections but those of
// Unix sockets are encrypted, whatever ln is. Handlers get a context derived from ctx.
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
	err := s.accept(ctx, ln)
	s.untrack(ln)
	if err != nil { // the connections are served until ctx ends
		context.AfterFunc(s.ctx, func() { stop() })
		return err
	}
	defer stop()
	<-s.ended()
	if ctx.Err() != nil {
		return ctxerr.New(ctx, "serve")
	}
	return ErrServerClosed
}

// acceptFirst and acceptMost are the shortest and longest wait after a failed accept, for
// example when no file descriptors are left.
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
		if !transport.Passing(err) {
			return fmt.Errorf("aiomas: the listener has ended: %w", err)
		}
		s.cfg.log.Warn("accept failed", "err", err, "wait", wait)
		transport.Pause(s.ctx, wait)
		wait = min(2*wait, acceptMost)
	}
}

func (s *Server) start(ctx context.Context, conn net.Conn) {
	most := s.cfg.limits.Connections
	s.mu.Lock()
	closed, open := s.closed, s.open
	if !closed && (most == 0 || open < most) {
		s.open++
		go s.connection(ctx, conn)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	if !closed {
		s.cfg.metrics.c.ConnectionsRefused.Add(1)
		s.cfg.log.Warn("connection refused", "peer", peerName(conn), "open", open, "limit", most)
	}
	_ = conn.Close()
}

// connection starts serving a connection.
func (s *Server) connection(ctx context.Context, conn net.Conn) {
	conn, ok := s.secured(conn)
	if !ok {
		s.forget(nil)
		return
	}
	c := newClient(newChannel(ctx, conn, s.cfg), s.root)
	c.server = s
	switch {
	case !s.join(c):
		c.ch.conv.End(ErrClosed)
	case s.cfg.connected == nil:
		c.ch.conv.Start()
	default:
		c.callbacks.Run(&c.ch.conv.Log, "WithConnected", c.met)
	}
}

// met calls the user's function for c, and then starts reading. If the function panics or
// calls runtime.Goexit, the connection ends.
func (c *Client) met() {
	returned := false
	defer func() {
		if !returned {
			c.ch.conv.End(ErrClosed)
		}
		c.ch.conv.Start()
	}()
	c.ch.cfg.connected(c)
	returned = true
}

// secured returns conn, or a TLS connection over it after its handshake. It returns false if
// the handshake failed.
func (s *Server) secured(conn net.Conn) (net.Conn, bool) {
	secure := s.cfg.transport.Secure(conn)
	if secure == nil {
		return conn, true
	}
	if err := s.cfg.transport.Handshake(s.ctx, secure, false); err != nil {
		level := slog.LevelWarn
		var failed *TLSError
		if errors.As(err, &failed) && failed.failure.Silent {
			level = slog.LevelDebug // a health probe
		}
		s.cfg.log.Log(level, "connection refused", "peer", peerName(conn), "err", err)
		transport.Refuse(s.ctx, secure, err)
		return nil, false
	}
	return secure, true
}

// join adds c to the clients. It returns false if the server is closed.
func (s *Server) join(c *Client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.clients[c] = struct{}{}
	return true
}

// forget removes a connection that has ended, and its client, if any.
func (s *Server) forget(c *Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
	s.open--
	if len(s.clients) == 0 && s.none != nil {
		close(s.none)
		s.none = nil
	}
}

// ended returns a channel that is closed when the server has no clients. Handshakes do not
// count, since they may be in a function of the user; their sockets are closed.
func (s *Server) ended() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	none := s.none
	if none == nil {
		none = make(chan struct{})
		if len(s.clients) == 0 {
			close(none)
		} else {
			s.none = none
		}
	}
	return none
}

// Metrics returns the metrics of the server's connections.
func (s *Server) Metrics() *Metrics { return s.cfg.metrics }

// Clients returns the open connections in no particular order.
func (s *Server) Clients() []*Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*Client, 0, len(s.clients))
	for c := range s.clients {
		list = append(list, c)
	}
	return list
}

// Shutdown stops listening, refuses new requests, waits until running handlers have finished
// and their replies are sent, and closes the connections; see [Channel.Shutdown]. If ctx ends
// first, it closes them at once and returns the error of ctx. It does not wait for callbacks,
// which may therefore call it.
func (s *Server) Shutdown(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, c := range s.refuse() {
		wg.Go(func() { _ = c.Shutdown(ctx) })
	}
	wg.Wait()
	s.cancel() // ends handshakes
	select {
	case <-s.ended():
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return ctxerr.New(ctx, "shutdown")
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

// refuse closes the listeners and returns the open connections.
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

package aiomas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// Channel is a request–reply channel between two ends: both may send requests,
// any number at once, and reply in any order. It mirrors
// aiomas.channel.Channel and is safe for concurrent use.
//
// Remote calls need a [Client] on top; a bare Channel carries any content.
type Channel struct {
	conn   net.Conn
	cfg    *config
	codec  codec.Codec
	peer   string
	log    connLog
	in     *frame.Reader
	out    *frame.Writer
	ctx    context.Context // ends with the connection
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the connection is gone and the read loop with it
	nextID atomic.Int64

	// mu guards what follows. It is never held while encoding, writing or
	// running user code.
	mu       sync.Mutex
	reg      *codec.Registry
	calls    map[int64]*call
	serve    func(*Request) // handles a request; nil: requests wait for Recv
	running  int            // requests not yet replied to
	active   int            // of these, being handled (with WithConcurrency)
	queue    []*Request     // requests that wait for Recv or for their turn
	draining bool           // Shutdown: requests are refused
	idle     chan struct{}  // closed when running becomes 0; nil unless someone waits
	err      error          // why there is no connection any more, a *ConnectionError
	arrived  chan struct{}  // a token while queue may have something for Recv
}

// lingerTime bounds how long a closing end waits for the peer to close too. The
// socket is closed only after the peer's end has come, because closing one
// with unread input resets the connection, and a reset destroys replies that
// the peer has not read yet.
const lingerTime = time.Second

// DialChannel connects to addr ("tcp://host:port", "tcp+tls://host:port" or
// "unix:///path") and returns the channel. It mirrors
// aiomas.channel.open_connection.
func DialChannel(ctx context.Context, addr string, opts ...Option) (*Channel, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	conn, err := cfg.dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	c := newChannel(context.Background(), conn, cfg)
	go c.readLoop()
	return c, nil
}

// NewChannel returns a channel over an existing connection, which it takes
// over. It serves either end.
func NewChannel(conn net.Conn, opts ...Option) (*Channel, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	c := newChannel(context.Background(), conn, cfg)
	go c.readLoop()
	return c, nil
}

// newChannel returns a channel whose read loop has not been started.
func newChannel(ctx context.Context, conn net.Conn, cfg *config) *Channel {
	c := &Channel{
		conn:    conn,
		cfg:     cfg,
		codec:   cfg.codec,
		peer:    peerName(conn),
		reg:     cfg.registry,
		calls:   make(map[int64]*call),
		arrived: make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	c.log = connLog{logger: cfg.logger, peer: c.peer, rate: cfg.limits.LogLines}
	c.in = frame.NewReader(conn, cfg.limits.FrameIn, cfg.limits.FrameTimeout, cfg.limits.Idle)
	c.out = frame.NewWriter(conn, cfg.limits.PendingOut, cfg.limits.WriteTimeout, func(err error) {
		c.end(c.writeFailed(err))
	})
	return c
}

// peerName is the peer's address, or for an unnamed Unix socket (a client's
// end) the one that it came to.
func peerName(conn net.Conn) string {
	if a := conn.RemoteAddr(); a != nil && a.String() != "" && a.String() != "@" {
		return FormatAddress(a)
	}
	return FormatAddress(conn.LocalAddr())
}

// Codec returns the channel's codec.
func (c *Channel) Codec() codec.Codec { return c.codec }

// LocalAddr and RemoteAddr return the addresses of the connection.
func (c *Channel) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// RemoteAddr returns the peer's address.
func (c *Channel) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// NetConn returns the connection, to ask it things (its TLS state, say); it must
// not be read from, written to or closed. It mirrors Channel.transport and
// Channel.get_extra_info.
func (c *Channel) NetConn() net.Conn { return c.conn }

// Done is closed when the connection is gone.
func (c *Channel) Done() <-chan struct{} { return c.done }

// Err returns nil while the channel is open, and then the *[ConnectionError]
// that calls get.
func (c *Channel) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Send sends a request and waits for its reply, which it decodes into reply, a
// non-nil pointer, or drops if reply is nil. It mirrors Channel.send.
//
// The error is a *[RemoteError] when the peer failed the request, a
// *[ConnectionError] when the connection ended, an *[EncodeError] or a
// *[DecodeError] when content or the reply does not fit, or it wraps the error
// of ctx. A request given up by ctx may still be handled by the peer; its late
// reply is dropped.
func (c *Channel) Send(ctx context.Context, content, reply any) error {
	return c.roundTrip(ctx, content, "", reply)
}

// Recv waits for the next request of the peer. It mirrors Channel.recv, and may
// be called by several goroutines. It returns a *[ConnectionError] once the
// connection has ended and all requests are handed out. On the channel of a
// [Client] with a service, requests go to the service and Recv gets none.
func (c *Channel) Recv(ctx context.Context) (*Request, error) {
	for {
		c.mu.Lock()
		if len(c.queue) > 0 && c.serve == nil {
			r := c.queue[0]
			c.queue[0] = nil
			c.queue = c.queue[1:]
			more := len(c.queue) > 0
			c.mu.Unlock()
			if more {
				c.announce()
			}
			return r, nil
		}
		err := c.err
		c.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-c.arrived:
		case <-c.ctx.Done():
		case <-ctx.Done():
			return nil, contextError(ctx, "receive")
		}
	}
}

func (c *Channel) announce() {
	select {
	case c.arrived <- struct{}{}:
	default:
	}
}

// readLoop reads until the connection ends. It runs no user code.
func (c *Channel) readLoop() {
	limits := c.cfg.codecLimits()
	m := c.cfg.metrics
	m.connections.Add(1)
	m.connectionsTotal.Add(1)
	defer m.connections.Add(-1)
	for {
		payload, owned, err := c.in.Next()
		if err != nil {
			if c.idleTimeout(err) && c.busy() {
				continue
			}
			c.end(c.readFailed(err))
			break
		}
		m, err := c.codec.ParseMessage(payload, limits)
		if err != nil {
			var bad *codec.DecodeError
			if !errors.As(err, &bad) {
				c.end(c.notAMessage(payload, err))
				break
			}
			// The frame's borders hold, so only this one call is lost.
			c.contentFailed(m, bad)
			continue
		}
		if m.Type == codec.Request {
			c.dispatch(m.ID, m.Content, owned)
		} else {
			c.deliver(m.Type, m.ID, m.Content, owned, nil)
		}
	}
	c.in.Release()
	c.out.Wait()
	close(c.done)
}

// dispatch takes a request that has arrived.
func (c *Channel) dispatch(id int64, content []byte, owned bool) {
	c.mu.Lock()
	var refuse error
	switch {
	case c.err != nil:
		c.mu.Unlock()
		return // nobody to reply to
	case c.draining:
		refuse = ExceptionType("ConnectionError").New("the peer is shutting down")
	case c.running >= c.cfg.limits.Requests:
		refuse = RuntimeError.Errorf("%w (limit %d)", ErrBusy, c.cfg.limits.Requests)
	}
	c.cfg.metrics.requestsTotal.Add(1)
	if refuse != nil {
		c.mu.Unlock()
		c.cfg.metrics.requestsRefused.Add(1)
		c.log.debug("request refused", "id", id, "reason", refuse)
		c.replyException(id, "", refuse)
		return
	}
	c.running++
	c.cfg.metrics.requests.Add(1)
	serve := c.serve
	r := c.newRequest(id, content, owned, serve != nil)
	switch {
	case serve == nil:
		c.queue = append(c.queue, r)
		c.mu.Unlock()
		c.announce()
		return
	case c.cfg.concurrency > 0 && c.active >= c.cfg.concurrency:
		c.queue = append(c.queue, r)
		c.mu.Unlock()
		return
	}
	c.active++
	c.mu.Unlock()
	go c.begin(r, serve)
}

// begin is work on a stack that is large enough from the start. Decoding, a call
// by reflection and encoding need several KiB, and growing to that step by step
// copies a stack with all of these on it: more than half of what a server did
// for a small call.
func (c *Channel) begin(r *Request, serve func(*Request)) {
	growStack(false)
	c.work(r, serve)
}

// growStack makes the stack large enough for its own frame, while there is
// little on it to be copied. It is never called with true, but the compiler
// cannot know that.
//
//go:noinline
func growStack(really bool) {
	if really {
		var room [6 << 10]byte
		fill(room[:])
	}
}

//go:noinline
func fill(b []byte) { clear(b) }

// work handles r, and then the requests that had to wait for their turn.
func (c *Channel) work(r *Request, serve func(*Request)) {
	returned := false
	defer func() {
		if !returned { // serve has answered, but called runtime.Goexit
			if r = c.finished(); r != nil {
				go c.work(r, serve)
			}
		}
	}()
	for r != nil {
		serve(r)
		r = c.finished()
	}
	returned = true
}

// finished says that a handler is done, and returns a request for its place.
func (c *Channel) finished() *Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.countDown()
	if c.serve != nil && len(c.queue) > 0 && c.err == nil {
		r := c.queue[0]
		c.queue[0] = nil
		c.queue = c.queue[1:]
		return r
	}
	c.active--
	return nil
}

// countDown says that a request is answered or given up; c.mu is held.
func (c *Channel) countDown() {
	c.running--
	c.cfg.metrics.requests.Add(-1)
	if c.running == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// attach makes serve handle all requests, also those that have already come.
func (c *Channel) attach(reg *codec.Registry, serve func(*Request)) {
	c.mu.Lock()
	c.reg = reg
	waiting := c.queue
	if serve != nil {
		c.serve = serve
		c.queue = nil
	} else {
		waiting = nil
	}
	var now []*Request
	for _, r := range waiting {
		if c.cfg.concurrency > 0 && c.active >= c.cfg.concurrency {
			c.queue = append(c.queue, r)
			continue
		}
		c.active++
		now = append(now, r)
	}
	c.mu.Unlock()
	for _, r := range now {
		go c.work(r, serve)
	}
}

func (c *Channel) registry() *codec.Registry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reg
}

// contentFailed fails the one call whose content cannot be read.
func (c *Channel) contentFailed(m codec.Message, err *codec.DecodeError) {
	c.log.warn("unreadable content", "type", m.Type.String(), "id", m.ID, "err", err)
	if m.Type == codec.Request {
		c.cfg.metrics.requestsTotal.Add(1)
		c.cfg.metrics.requestsRefused.Add(1)
		c.replyException(m.ID, "", ValueError.Errorf("the request cannot be read: %w", err))
		return
	}
	c.deliver(m.Type, m.ID, nil, false, err)
}

// Close ends the connection: calls of this end fail with [ErrClosed], the
// contexts of running handlers end, replies that are already written still
// leave. It returns when the connection is gone, at the latest a few seconds
// later when the peer does not react. Close does not wait for handlers and may
// be called by one; see [Channel.Shutdown]. Closing twice is fine. It mirrors
// Channel.close.
func (c *Channel) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), lingerTime)
	defer cancel()
	c.close(ctx)
	return nil
}

// Shutdown closes the connection gracefully: it refuses new requests, lets
// running handlers finish and their replies leave, and then closes. When ctx
// ends first, it closes at once and returns the error of ctx.
func (c *Channel) Shutdown(ctx context.Context) error {
	c.mu.Lock()
	c.draining = true
	var idle chan struct{}
	if c.running > 0 {
		if c.idle == nil {
			c.idle = make(chan struct{})
		}
		idle = c.idle
	}
	c.mu.Unlock()
	var err error
	if idle != nil {
		select {
		case <-idle:
		case <-c.done:
		case <-ctx.Done():
			err = contextError(ctx, "shutdown")
		}
	}
	c.close(ctx)
	return err
}

// close stops the channel, gives what is written until ctx ends to leave, and
// waits for the peer's end of the connection.
func (c *Channel) close(ctx context.Context) {
	err := c.stop(ErrClosed)
	if err == nil {
		<-c.done
		return
	}
	_ = c.out.Flush(ctx)
	c.out.Abort(err)
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		if half.CloseWrite() == nil {
			t := time.AfterFunc(lingerTime, func() { _ = c.conn.Close() })
			defer t.Stop()
			<-c.done
		}
	}
	_ = c.conn.Close()
	<-c.done
}

// end ends the channel because of cause, at once.
func (c *Channel) end(cause error) {
	c.stop(cause)
	c.out.Abort(c.Err())
	_ = c.conn.Close()
}

// stop makes the channel refuse everything and fails what is pending. It returns
// the error that calls get, or nil if the channel had been stopped before.
func (c *Channel) stop(cause error) error {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return nil
	}
	err := &ConnectionError{Peer: c.peer, Err: cause}
	c.err = err
	calls := c.calls
	c.calls = nil
	if c.serve != nil {
		for range c.queue {
			c.countDown()
		}
		c.queue = nil
	}
	c.mu.Unlock()
	var broke *ProtocolError
	if errors.As(cause, &broke) {
		c.cfg.metrics.protocolErrors.Add(1)
		c.log.warn("connection ended", "err", cause)
	} else {
		c.log.debug("connection ended", "err", cause)
	}
	c.cancel(err)
	for _, cl := range calls {
		cl.err = err
		cl.done <- struct{}{}
	}
	return err
}

func (c *Channel) readFailed(err error) error {
	var big *frame.TooLargeError
	switch {
	case errors.As(err, &big):
		return &ProtocolError{Peer: c.peer, Reason: c.describeTooLarge(big), Err: nil}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &ProtocolError{Peer: c.peer, Reason: "the connection ended within a frame", Err: err}
	case c.idleTimeout(err):
		return fmt.Errorf("%w for %v", ErrIdle, c.cfg.limits.Idle)
	case isTimeout(err):
		return &ProtocolError{Peer: c.peer, Reason: fmt.Sprintf("a frame was begun and not continued for %v", c.cfg.limits.FrameTimeout), Err: err}
	}
	return err
}

func (c *Channel) writeFailed(err error) error {
	if isTimeout(err) {
		return &ProtocolError{Peer: c.peer, Reason: fmt.Sprintf("took no data for %v", c.cfg.limits.WriteTimeout), Err: err}
	}
	return err
}

// idleTimeout tells a time-out between frames from one within a frame.
func (c *Channel) idleTimeout(err error) bool {
	return c.cfg.limits.Idle > 0 && isTimeout(err) && c.in.Buffered() == 0
}

// busy tells that a call is under way, in either direction.
func (c *Channel) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running > 0 || len(c.calls) > 0
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

func contextError(ctx context.Context, what string) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); cause != err { //nolint:errorlint // is there a cause of its own?
		return fmt.Errorf("aiomas: %s: %w: %w", what, err, cause)
	}
	return fmt.Errorf("aiomas: %s: %w", what, err)
}

// Package conversation is what happens on one connection: requests of this end that
// wait for their replies, requests of the peer that wait for their handlers, how much
// of both there may be, and how it all ends. It knows frames and codecs. It knows
// nothing of what a request means: of paths, services, Python's exceptions.
package conversation

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/ratelog"
)

// Conn is the conversation over one connection. It is safe for concurrent use.
type Conn struct {
	// What a lone call needs is in few cache lines: where each of a thousand
	// connections has one, each line waits for memory.

	// mu guards all that is not atomic, set once, or of the reader goroutine. It is
	// never held while encoding, writing or running user code.
	mu       sync.Mutex
	calls    pendingCalls
	nextID   int64           // of the next call
	count    counts          // for Metrics
	lastDone <-chan struct{} // of the context of the last call that was not watched

	// Read-mostly; kept apart to avoid false sharing.
	set   *Settings
	out   *frame.Writer
	reg   atomic.Pointer[codec.Registry]
	spare atomic.Pointer[call] // a call that is over; see newCall
	watch *watch               // of a context that many calls share; nil: none
	err   error                // why there is no connection any more, made by Errors.Ended

	reader   reader
	inlining inlining

	queue    requestQueue // requests that wait for Recv, for their turn or for the goroutine that begins
	handler  Handler      // nil: requests wait for Recv
	aside    int          // requests in queue that had their turn too early; see admits
	starting bool         // a goroutine is about to look at the queue; see beginQueued
	ledger   ledger
	pace     pace
	ending   ending

	arrived chan struct{} // closed at the next change of queue or err; nil unless Recv waits

	// These are set once.
	conn   net.Conn
	Peer   string // the other end's address
	began  time.Time
	Log    ratelog.Conn
	loop   atomic.Pointer[looped]      // by which it is read; nil: by a goroutine of its own
	turns  atomic.Pointer[TurnHandler] // handler, if it gives turns
	ctx    context.Context             // of handlers: ends with the connection, or with the grace of Shutdown
	cancel context.CancelCauseFunc
}

// New returns a conversation over conn that is not read from yet; Start is to
// follow. peer names the other end, for errors and the log. Contexts of handlers are
// derived from ctx.
func New(ctx context.Context, conn net.Conn, peer string, set *Settings) *Conn {
	c := &Conn{
		conn:  conn,
		set:   set,
		Peer:  peer,
		began: time.Now(),
		Log:   set.Log.Conn(peer),
		pace:  newPace(set.PendingOut),
	}
	c.reg.Store(set.Registry)
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	c.reader.in = frame.NewReader(conn, set.FrameIn, set.FrameTimeout, set.Idle)
	c.out = frame.NewWriter(conn, set.PendingOut, set.WriteTimeout, func(err error) {
		c.End(c.writeFailed(err))
	})
	return c
}

// NetConn returns the connection.
func (c *Conn) NetConn() net.Conn { return c.conn }

// Context returns the context of handlers. It ends with the connection, or with the
// grace of Shutdown.
func (c *Conn) Context() context.Context { return c.ctx }

// Heard tells whether the peer has ever sent a frame.
func (c *Conn) Heard() bool { return c.reader.heard.Load() }

// Done is closed when the connection is gone.
func (c *Conn) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending.whenOver()
}

// Gone tells that Done is closed, or would be.
func (c *Conn) Gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending.over
}

// Err returns nil while the connection is open, and then what Errors.Ended said.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Recv waits for the next request of the peer, if there is no handler. It returns
// what Errors.Ended said once the connection has ended and all requests are handed
// out.
func (c *Conn) Recv(ctx context.Context) (*Request, error) {
	for {
		r, arrived, err := c.waiting()
		if r != nil || err != nil {
			return r, err
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil, ctxerr.New(ctx, "receive")
		}
	}
}

// waiting returns the oldest request that waits for Recv, or why there will be
// none, or what is closed when there may be one.
func (c *Conn) waiting() (r *Request, arrived <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.handler == nil && c.queue.len() > 0:
		return c.queue.pop(), nil, nil
	case c.err != nil:
		return nil, nil, c.err
	case c.arrived == nil:
		c.arrived = make(chan struct{})
	}
	return nil, c.arrived, nil
}

// announce says that there may be something for Recv; c.mu is held.
func (c *Conn) announce() {
	if c.arrived != nil {
		close(c.arrived)
		c.arrived = nil
	}
}

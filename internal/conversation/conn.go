// Package conversation handles one connection: calls that wait for replies, requests of the
// peer that wait for handlers, their limits, and the end of the connection. It uses frames and
// codecs. It does not know the meaning of requests: paths, services, Python's exceptions.
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
	"github.com/aiomas-go/aiomas-go/internal/ring"
)

// Conn is the conversation over one connection. It is safe for concurrent use.
type Conn struct {
	// The fields that a single call uses are in few cache lines: with a call on each of a
	// thousand connections, most of the time is cache misses. All fields are 512 bytes on
	// 64-bit systems: a larger object would begin with 8 bytes of the runtime's, not at a
	// cache line, and take 576 at least.

	// mu guards all fields that are not atomic, set once, or used by the reader goroutine
	// only. It is not held while encoding, writing or running user code.
	mu       sync.Mutex
	calls    pendingCalls
	nextID   int64           // for the next call
	count    counts          // for Counters and Tallies
	lastDone <-chan struct{} // Done channel of the last call that was not watched

	// Read-mostly; kept apart to avoid false sharing.
	set   *Settings
	out   *frame.Writer
	reg   atomic.Pointer[codec.Registry]
	watch *watch // for the context that many calls share; nil: none
	err   error  // set when the connection ends, by Errors.Ended

	reader   reader
	inlining inlining
	direct   *direct // nil until a caller may read

	queue    ring.Queue[*Request] // requests that wait for Recv, a turn or a goroutine
	handler  Handler              // nil: requests are for Recv
	aside    int32                // number of requests set aside by admits
	unqueued int32                // requests in queue that are not in a turn's queue yet; see queueUnqueued
	holder   int32                // place in holders, from 1 on, guarded by their lock; 0: none
	repeats  uint8                // number of calls in a row with lastDone, up to manyCalls
	row      uint8                // number of calls in a row that were alone, up to manyAlone
	replies  bool                 // a socket on which only replies have come; see direct
	starting bool                 // a goroutine is about to process queue; see beginQueued
	starts   starts
	ledger   ledger
	pace     pace
	ending   ending

	arrived chan struct{} // closed at the next change of queue or err; nil while no Recv waits

	// Set once.
	conn   net.Conn
	peer   atomic.Pointer[string] // the result of Peer; nil until needed
	began  int64                  // Unix time in ns
	Log    ratelog.Conn
	loop   atomic.Pointer[looped]      // reads the connection; nil: a reader goroutine does
	turns  atomic.Pointer[TurnHandler] // the handler, if it is a TurnHandler
	ctx    context.Context             // for handlers; ends with the connection, or ShutdownGrace after Shutdown
	cancel context.CancelCauseFunc
}

// New returns a conversation over conn. It does not read until Start is called. Contexts of
// handlers are derived from ctx.
func New(ctx context.Context, conn net.Conn, set *Settings) *Conn {
	c := &Conn{
		conn:  conn,
		set:   set,
		began: time.Now().UnixNano(),
		pace:  newPace(set.PendingOut),
	}
	c.Log = set.Log.Conn((*named)(c))
	c.reg.Store(set.Registry)
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	c.reader.in = frame.NewReader(conn, set.FrameIn, set.FrameTimeout, set.Idle)
	c.replies = onlyReplies(c.reader.in, set)
	c.out = frame.NewWriter(conn, set.PendingOut, set.WriteTimeout, func(err error) {
		c.End(c.writeFailed(err))
	})
	return c
}

// named is a connection as text: the name of its peer.
type named Conn

func (n *named) String() string { return (*Conn)(n).Peer() }

// Peer returns the address of the peer, for errors and the log. Most connections never need it, and a
// thousand of them would keep a thousand texts.
func (c *Conn) Peer() string {
	if p := c.peer.Load(); p != nil {
		return *p
	}
	p := c.set.PeerName(c.conn)
	c.peer.Store(&p)
	return p
}

// NetConn returns the connection.
func (c *Conn) NetConn() net.Conn { return c.conn }

// Context returns the context of handlers. It ends with the connection, or ShutdownGrace after
// the start of Shutdown.
func (c *Conn) Context() context.Context { return c.ctx }

// Heard reports whether the peer has ever sent a frame.
func (c *Conn) Heard() bool { return c.reader.passed.Load()&heard != 0 }

// Done returns a channel that is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending.whenOver()
}

// Gone reports whether the connection has ended, so that Done is closed.
func (c *Conn) Gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending.over
}

// Err returns nil while the connection is open, and afterwards the error of Errors.Ended.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Recv waits for the next request of the peer, if there is no handler. Once the connection has
// ended and all requests have been returned, it returns the error of Errors.Ended.
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

// waiting returns the oldest request for Recv, or else the error of the connection if it has
// ended, or else a channel that is closed at the next change.
func (c *Conn) waiting() (r *Request, arrived <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.handler == nil && c.queue.Len() > 0:
		return c.queue.Pop(), nil, nil
	case c.err != nil:
		return nil, nil, c.err
	case c.arrived == nil:
		c.arrived = make(chan struct{})
		c.endDirect() // requests are expected
	}
	return nil, c.arrived, nil
}

// announce wakes goroutines in Recv; c.mu is held.
func (c *Conn) announce() {
	if c.arrived != nil {
		close(c.arrived)
		c.arrived = nil
	}
}

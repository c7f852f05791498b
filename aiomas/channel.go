package aiomas

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Channel is a request–reply channel between two ends: both may send requests,
// any number at once, and reply in any order. It mirrors
// aiomas.channel.Channel and is safe for concurrent use.
//
// Remote calls need a [Client] on top; a bare Channel carries any content.
type Channel struct {
	// What a lone call needs is in few cache lines: where each of a thousand
	// connections has one, each line waits for memory.

	// mu guards all that is not atomic, set once, or of who reads. It is never held
	// while encoding, writing or running user code.
	mu       sync.Mutex
	calls    pendingCalls
	nextID   int64           // of the next call
	count    counts          // for Metrics
	lastDone <-chan struct{} // of the context of the last call that was not watched

	// These hardly ever change, so that no core waits for another to look at them.
	cfg   *config
	in    *frame.Reader
	out   *frame.Writer
	reg   atomic.Pointer[codec.Registry]
	spare atomic.Pointer[call] // a call that is over; see newCall
	watch *watch               // of a context that many calls share; nil: none
	err   error                // why there is no connection any more, a *ConnectionError

	queue     requestQueue // requests that wait for Recv, for their turn or for the goroutine that begins
	client    *Client      // handles requests; nil: they wait for Recv
	running   int          // requests not yet replied to
	active    int          // of these, being handled
	leaving   int          // of these, with an answer on its way to the writer
	pendingIn int64        // bytes of the others
	estimate  int64        // bytes of a reply; see mayBegin
	quick     int          // how quick handlers are; see judge
	alone     int          // requests in a row that came alone
	reading   atomic.Bool  // reading has begun
	heard     atomic.Bool  // the peer has sent a frame
	lone      bool         // of who reads: it must begin; see mustBegin
	inlined   bool         // of who reads: it must handle what is in the queue
	begins    bool         // a goroutine is about to look at the queue; see beginQueued
	moving    bool         // there was a reply since held looked last
	inline    bool         // who reads handles requests instead
	watched   bool         // by the watchdog
	ending    ending       // how far Shutdown is
	over      bool         // the connection is gone, and who read it
	inlines   uint32       // how often inline was set
	seen      uint32       // inlines, at the watchdog's last look

	held    *time.Timer   // will look at the queue again; nil: none
	idle    chan struct{} // closed when running becomes 0; nil unless someone waits
	done    chan struct{} // closed when over is set; nil unless someone waits
	arrived chan struct{} // closed at the next change of queue or err; nil unless Recv waits

	// These are set once.
	conn   net.Conn
	peer   string
	log    connLog
	ctx    context.Context // of handlers: ends with the connection, or with the grace of Shutdown
	cancel context.CancelCauseFunc
}

// DialChannel connects to addr ("tcp://host:port", "tcp+tls://host:port" or
// "unix:///path") and returns the channel. It mirrors
// aiomas.channel.open_connection.
func DialChannel(ctx context.Context, addr string, opts ...DialOption) (*Channel, error) {
	cfg, err := dialConfig(opts)
	if err != nil {
		return nil, err
	}
	if cfg.service != nil {
		return nil, errors.New("aiomas: DialChannel: WithService is for Dial; a Channel has no service, see NewClient")
	}
	conn, err := cfg.dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	c := newChannel(context.Background(), conn, cfg)
	c.startReading()
	return c, nil
}

// NewChannel returns a channel over an existing connection, which it takes
// over. It serves either end.
func NewChannel(conn net.Conn, opts ...Option) (*Channel, error) {
	cfg, err := channelConfig(opts)
	if err != nil {
		return nil, err
	}
	c := newChannel(context.Background(), conn, cfg)
	c.startReading()
	return c, nil
}

// newChannel returns a channel that is not read from yet; startReading is to follow.
func newChannel(ctx context.Context, conn net.Conn, cfg *config) *Channel {
	c := &Channel{
		conn:     conn,
		cfg:      cfg,
		peer:     peerName(conn),
		estimate: cfg.limits.PendingOut / firstEstimate,
	}
	c.reg.Store(cfg.registry)
	transport.Watch(conn, cfg.limits.KeepAlive, cfg.limits.WriteTimeout)
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	c.log = connLog{to: cfg.log, peer: c.peer}
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
func (c *Channel) Codec() codec.Codec { return c.cfg.codec }

// LocalAddr and RemoteAddr return the addresses of the connection.
func (c *Channel) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// RemoteAddr returns the peer's address.
func (c *Channel) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// NetConn returns the connection, to ask it things (its TLS state, say); it must
// not be read from, written to or closed. It mirrors Channel.transport and
// Channel.get_extra_info.
func (c *Channel) NetConn() net.Conn { return c.conn }

// Done is closed when the connection is gone.
func (c *Channel) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil { // an idle connection has none
		c.done = make(chan struct{})
		if c.over {
			close(c.done)
		}
	}
	return c.done
}

// gone tells that Done is closed, or would be.
func (c *Channel) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

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
	return c.roundTrip(ctx, &exchange{content: content, target: reply})
}

// Go is like Send but does not wait: [Pending.Wait] does. Many requests can so be
// under way without a goroutine for each. content is encoded before Go returns;
// reply is written by Wait.
func (c *Channel) Go(ctx context.Context, content, reply any) *Pending {
	p := &Pending{ch: c, ctx: ctx, x: exchange{content: content, target: reply}}
	if err := checkTarget(reply); err != nil {
		p.fail(err)
		return p
	}
	p.start()
	return p
}

// Recv waits for the next request of the peer. It mirrors Channel.recv, and may
// be called by several goroutines. It returns a *[ConnectionError] once the
// connection has ended and all requests are handed out. On the channel of a
// [Client], the client answers all requests and Recv gets none.
func (c *Channel) Recv(ctx context.Context) (*Request, error) {
	for {
		r, arrived, err := c.waiting()
		if r != nil || err != nil {
			return r, err
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil, contextError(ctx, "receive")
		}
	}
}

// waiting returns the oldest request that waits for Recv, or why there will be
// none, or what is closed when there may be one.
func (c *Channel) waiting() (r *Request, arrived <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.client == nil && c.queue.len() > 0:
		return c.queue.pop(), nil, nil
	case c.err != nil:
		return nil, nil, c.err
	case c.arrived == nil:
		c.arrived = make(chan struct{})
	}
	return nil, c.arrived, nil
}

// announce says that there may be something for Recv; c.mu is held.
func (c *Channel) announce() {
	if c.arrived != nil {
		close(c.arrived)
		c.arrived = nil
	}
}

package aiomas

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/transport"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Reconnector is a client of a server that may go away and come back. It connects
// when it is needed, keeps the connection as long as it lives, and makes a new
// one afterwards, waiting longer after each failure. It is safe for concurrent
// use; concurrent callers share one attempt. Python's aiomas has nothing like it.
//
// What is bound to one connection, a [Proxy] that the peer passed for example,
// ends with it.
type Reconnector struct {
	addr   string
	policy ReconnectPolicy
	opts   []DialOption
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	remote Client         // of the proxies that Remote returns
	work   sync.WaitGroup // attempts

	served atomic.Pointer[Client] // the last one that returned a result

	mu        sync.Mutex
	client    *Client
	leaving   []*Client         // refuse calls and see to those under way; some have ended
	attempt   chan struct{}     // closed at the end of the attempt under way; nil: none
	err       error             // of the last attempt; also why a connection ended that brought nothing
	backoff   transport.Backoff // before the next attempt
	connected bool              // there was a connection
	closed    bool
}

// ReconnectPolicy says how a [Reconnector], or a container of package agent, makes
// lost connections anew. The zero value is usable. The functions may be nil. They
// are called by goroutines that nothing of the library waits for, so that they may
// take their time, and close what calls them.
type ReconnectPolicy struct {
	// First and Most bound the wait before the next attempt after a failed one, or
	// one whose connection ended before the peer had sent anything:
	// it starts at First (default 50 ms) and doubles up to Most (default 5 s),
	// each time shortened at random by up to half, so that many clients do not
	// come back at once.
	First, Most time.Duration
	// Repeat says which functions may be called again when the connection ended
	// before their reply came, which can make the peer run the call twice, or when
	// the peer refused the call with [ErrShuttingDown]. Calls that never left are
	// always repeated. The default repeats no others: not those refused either,
	// since only a peer's word for it says that they were not run. It is for
	// reconnectors only: a container makes no calls.
	Repeat func(path string) bool
	// Connected is called when a lost connection was made anew, with the address of
	// the peer.
	Connected func(peer string)
	// Lost is called when a connection has ended otherwise than by this end's Close
	// or Shutdown, with the address of the peer and the *[ConnectionError].
	Lost func(peer string, err error)
}

// NewReconnector returns a reconnector to addr. It does not connect yet; its
// error is about addr, policy or options that cannot work.
func NewReconnector(addr string, policy ReconnectPolicy, opts ...DialOption) (*Reconnector, error) {
	cfg, err := dialConfig(opts)
	if err != nil {
		return nil, err
	}
	if _, err := cfg.transport.Parse(addr); err != nil {
		return nil, err
	}
	if err := transport.CheckWaits(&policy.First, &policy.Most); err != nil {
		return nil, fmt.Errorf("aiomas: ReconnectPolicy: %w", err)
	}
	r := &Reconnector{addr: addr, policy: policy, opts: slices.Clone(opts), backoff: transport.Backoff{First: policy.First, Most: policy.Most}}
	r.remote.via = r
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// Client returns the present connection, or makes one, trying until ctx ends.
// The error is [ErrClosed], or that of ctx, which wraps the last attempt's too.
func (r *Reconnector) Client(ctx context.Context) (c *Client, err error) {
	if c := r.present(); c != nil { // a turn is not left, so that calls keep their order
		return c, nil
	}
	turn.Await(ctx, func() { c, err = r.await(ctx) })
	return c, err
}

// present returns the connection, nil if there is none.
func (r *Reconnector) present() *Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.client == nil || r.client.Err() != nil {
		return nil
	}
	return r.client
}

func (r *Reconnector) await(ctx context.Context) (*Client, error) {
	for {
		r.mu.Lock()
		switch {
		case r.closed:
			r.mu.Unlock()
			return nil, ErrClosed
		case r.client != nil && r.client.Err() == nil:
			defer r.mu.Unlock()
			return r.client, nil
		}
		if r.attempt == nil {
			r.lost()
			attempt, wait := make(chan struct{}), r.backoff.Wait()
			r.attempt = attempt
			r.work.Go(func() { r.connect(attempt, wait) })
		}
		attempt := r.attempt
		r.mu.Unlock()
		select {
		case <-attempt:
		case <-ctx.Done():
			r.mu.Lock()
			defer r.mu.Unlock()
			err := ctxerr.New(ctx, "connect to "+r.addr)
			if r.err != nil {
				err = ctxerr.With(err, "the last attempt", r.err)
			}
			return nil, err
		}
	}
}

// lost looks at the connection that has ended, if there was one; r.mu is held. One
// by which the peer has sent nothing counts as a failed attempt: a server that
// hangs up at once would be called in a loop.
func (r *Reconnector) lost() {
	c := r.client
	r.client = nil
	switch {
	case c == nil:
	case c.ch.conv.Heard():
		r.backoff.Reset()
	default:
		r.err = c.Err()
		r.backoff.Failed()
	}
}

// connect makes one attempt after a wait. It ends with the attempt, at the latest
// when the reconnector is closed.
func (r *Reconnector) connect(attempt chan struct{}, wait time.Duration) {
	var c *Client
	err, again := ErrClosed, false
	if wait == 0 || transport.Pause(r.ctx, wait) {
		c, err = Dial(r.ctx, r.addr, r.opts...)
	}
	r.mu.Lock()
	r.attempt, r.err = nil, err
	closed := r.closed
	switch {
	case err != nil:
		r.backoff.Failed()
	case !closed:
		r.client = c
		again, r.connected = r.connected, true
	}
	close(attempt)
	r.mu.Unlock()
	switch {
	case c == nil:
	case closed:
		_ = c.Close()
	default:
		r.tell(c, again)
	}
}

// tell has the policy's functions called for c.
func (r *Reconnector) tell(c *Client, again bool) {
	if f := r.policy.Connected; again && f != nil {
		c.callbacks.Run(&c.ch.conv.Log, "Connected", func() { f(r.addr) })
	}
	if f := r.policy.Lost; f != nil {
		c.setCallback(&c.onLost, func(err error) { f(r.addr, err) })
	}
}

// Remote returns a proxy of what lies at the path that the names make, like
// [Client.Remote], on whatever connection there is when it is used: its calls are
// those of [Reconnector.Call].
func (r *Reconnector) Remote(names ...string) *Proxy {
	return (&Proxy{client: &r.remote}).Sub(names...)
}

// leavingMost bounds the connections that are kept for the calls still under way
// on them: a peer that does not shut down though it says so would be sent more and
// more of them.
const leavingMost = 4

// leave gives up c for further calls, because its peer refuses them with err, and
// says whether a call may go to another connection.
func (r *Reconnector) leave(c *Client, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.client != c {
		return !r.closed // another call was here first
	}
	r.leaving = slices.DeleteFunc(r.leaving, func(c *Client) bool { return c.Err() != nil })
	if len(r.leaving) == leavingMost {
		return false
	}
	r.leaving = append(r.leaving, c)
	r.client, r.err = nil, err
	if r.served.Load() == c {
		r.backoff.Reset()
	} else { // nothing but refusals: it would be called in a loop
		r.backoff.Failed()
	}
	return true
}

// Call is [Proxy.Call] of path on the present connection, or the next one. What
// happens to a call whose connection is lost, or whose peer refuses it because it
// is shutting down, is the policy's choice: repeat it until ctx ends, or return
// the *[ConnectionError] or [ErrShuttingDown]. A peer that refuses is called no
// more; calls under way on its connection go on.
func (r *Reconnector) Call(ctx context.Context, result any, path string, args ...any) error {
	return r.call(ctx, nil, result, path, args)
}

// call is Call; if lent is not nil, of what the caller has lent to Go.
func (r *Reconnector) call(ctx context.Context, lent *conversation.Loan, result any, path string, args []any) error {
	if path == "" {
		return errNoFunction
	}
	if err := checkTarget(result); err != nil {
		return err
	}
	for {
		c, err := r.Client(ctx)
		if err != nil {
			return err
		}
		if lent != nil {
			err = c.Remote(path).callIntercepted(ctx, lent, result, args)
		} else {
			err = c.Remote(path).Call(ctx, result, args...)
		}
		var lost *ConnectionError
		switch {
		case err == nil:
			if r.served.Load() != c {
				r.served.Store(c)
			}
			return nil
		case errors.Is(err, ErrShuttingDown):
			if !r.leave(c, err) || !r.repeats(path) {
				return err
			}
		case !errors.As(err, &lost) || r.isClosed():
			return err
		case !lost.Unsent && !r.repeats(path):
			return err
		}
	}
}

func (r *Reconnector) repeats(path string) bool {
	return r.policy.Repeat != nil && r.policy.Repeat(path)
}

func (r *Reconnector) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// Close closes the connections and ends all attempts, and returns when they are
// gone; see [Channel.Close].
func (r *Reconnector) Close() error {
	r.mu.Lock()
	r.closed = true
	clients := r.leaving
	if r.client != nil {
		clients = append(clients, r.client)
	}
	r.client, r.leaving = nil, nil
	r.mu.Unlock()
	r.cancel()
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() { _ = c.Close() })
	}
	wg.Wait()
	r.work.Wait() // its connection too, if one was just made
	return nil
}

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

// Reconnector is a client of a server that may be restarted. It connects when it is first
// used, keeps the connection, and makes a new one when that is lost, with longer waits
// after each failure. Concurrent callers share one attempt. It is safe for concurrent
// use. Python's aiomas does not have it.
//
// Values bound to one connection, such as a [Proxy] received from the peer, become
// unusable with it.
type Reconnector struct {
	addr   string
	policy ReconnectPolicy
	opts   []DialOption
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	remote Client         // the client of proxies returned by Remote
	work   sync.WaitGroup // attempts

	served atomic.Pointer[Client] // the last client that returned a result

	mu        sync.Mutex
	client    *Client
	leaving   []*Client         // clients whose peer refuses new calls; some have ended
	attempt   chan struct{}     // closed at the end of the current attempt; nil: none
	err       error             // of the last attempt, or of the last connection if it received nothing
	backoff   transport.Backoff // the wait before the next attempt
	connected bool              // there was a connection
	closed    bool
}

// ReconnectPolicy configures a [Reconnector], or a container of package agent. The zero
// value is usable, and the functions may be nil. They run in goroutines that the library
// does not wait for, so they may block, and may close the reconnector or container.
type ReconnectPolicy struct {
	// First and Most bound the wait before an attempt that follows a failed attempt, or a
	// connection that ended before the peer had sent anything. The wait is First at first
	// (default 50 ms) and doubles up to Most (default 5 s). Each wait is shortened at random
	// by up to half, so that many clients do not reconnect at the same time.
	First, Most time.Duration
	// Repeat reports whether a function may be called again if the connection ended before
	// its reply arrived, in which case the peer may run the call twice, or if the peer
	// refused the call with [ErrShuttingDown]. Calls that were never sent are always
	// repeated. If Repeat is nil, no others are, not even refused ones, since a faulty peer
	// may have run them. It is for reconnectors only: a container makes no calls.
	Repeat func(path string) bool
	// Connected is called when a lost connection has been replaced, with the address of the
	// peer.
	Connected func(peer string)
	// Lost is called when a connection has ended, unless this end closed it, with the
	// address of the peer and the *[ConnectionError].
	Lost func(peer string, err error)
}

// NewReconnector returns a reconnector to addr. It does not connect. It returns an error
// if addr, policy or an option cannot work.
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

// Client returns the current connection, or makes one, trying until ctx ends. The error is
// [ErrClosed], or that of ctx, which also wraps the error of the last attempt.
func (r *Reconnector) Client(ctx context.Context) (c *Client, err error) {
	if c := r.present(); c != nil { // without leaving a turn, so that calls keep their order
		return c, nil
	}
	turn.Await(ctx, func() { c, err = r.await(ctx) })
	return c, err
}

// present returns the current connection, or nil.
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

// lost forgets the connection if it has ended; r.mu is held. If it received nothing, it
// counts as a failed attempt, so that a server that closes connections at once is not
// called in a tight loop.
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

// connect makes one attempt after a wait, which ends early if the reconnector is closed.
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

// tell calls the functions of the policy for c.
func (r *Reconnector) tell(c *Client, again bool) {
	if f := r.policy.Connected; again && f != nil {
		c.callbacks.Run(&c.ch.conv.Log, "Connected", func() { f(r.addr) })
	}
	if f := r.policy.Lost; f != nil {
		c.setCallback(&c.onLost, func(err error) { f(r.addr, err) })
	}
}

// Remote returns a proxy like [Client.Remote], which uses whatever connection is current:
// its calls are those of [Reconnector.Call].
func (r *Reconnector) Remote(names ...string) *Proxy {
	return (&Proxy{client: &r.remote}).Sub(names...)
}

// leavingMost is the number of connections kept for the calls in progress on them. It
// bounds the connections to a peer that refuses calls but does not shut down.
const leavingMost = 4

// leave stops using c for new calls, which its peer refuses with err. It reports whether a
// call may be sent on another connection.
func (r *Reconnector) leave(c *Client, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.client != c {
		return !r.closed // another call has done this already
	}
	r.leaving = slices.DeleteFunc(r.leaving, func(c *Client) bool { return c.Err() != nil })
	if len(r.leaving) == leavingMost {
		return false
	}
	r.leaving = append(r.leaving, c)
	r.client, r.err = nil, err
	if r.served.Load() == c {
		r.backoff.Reset()
	} else { // nothing but refusals: avoids a tight loop
		r.backoff.Failed()
	}
	return true
}

// Call calls the function at path, like [Proxy.Call], on the current connection or the next
// one. If the connection is lost, or the peer refuses the call because it is shutting down,
// the policy decides whether the call is repeated until ctx ends, or fails with the
// *[ConnectionError] or [ErrShuttingDown]. After a refusal no new calls are made on that
// connection; calls in progress on it continue.
func (r *Reconnector) Call(ctx context.Context, result any, path string, args ...any) error {
	return r.call(ctx, nil, result, path, args)
}

// call is Call. lent, if not nil, guards the arguments and result lent to Go.
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

// Close closes the connections, ends all attempts, and returns when they have ended; see
// [Channel.Close].
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
	r.work.Wait() // also closes a connection that was just made
	return nil
}

package aiomas

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
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
	opts   []Option
	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu      sync.Mutex
	client  *Client
	attempt chan struct{} // closed at the end of the attempt under way; nil: none
	err     error         // of the last attempt; also why a connection ended that brought nothing
	wait    time.Duration // before the next one
	closed  bool
}

// ReconnectPolicy says how a [Reconnector] behaves. The zero value is usable.
type ReconnectPolicy struct {
	// First and Most bound the wait before the next attempt after a failed one, or
	// one whose connection ended before the peer had sent anything:
	// it starts at First (default 50 ms) and doubles up to Most (default 5 s),
	// each time shortened at random by up to half, so that many clients do not
	// come back at once.
	First, Most time.Duration
	// Repeat says which functions may be called again when the connection ended
	// before their reply came. The peer may then have run the call twice. Calls
	// that never left are always repeated. The default repeats no others.
	Repeat func(path string) bool
	// Lost is called when a connection was lost, with the *[ConnectionError].
	Lost func(error)
}

// NewReconnector returns a reconnector to addr. It does not connect yet; its
// error is about addr, policy or options that cannot work.
func NewReconnector(addr string, policy ReconnectPolicy, opts ...Option) (*Reconnector, error) {
	if _, err := parseAddress(addr); err != nil {
		return nil, err
	}
	if _, err := newConfig(opts); err != nil {
		return nil, err
	}
	or(&policy.First, 50*time.Millisecond)
	or(&policy.Most, 5*time.Second)
	if policy.First < 0 || policy.Most < policy.First {
		return nil, fmt.Errorf("aiomas: ReconnectPolicy: First is %v and Most %v", policy.First, policy.Most)
	}
	r := &Reconnector{addr: addr, policy: policy, opts: opts}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// Client returns the present connection, or makes one, trying until ctx ends.
// The error is [ErrClosed], or that of ctx joined with the last attempt's.
func (r *Reconnector) Client(ctx context.Context) (*Client, error) {
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
			r.attempt = make(chan struct{})
			go r.connect(r.attempt, r.wait)
		}
		attempt := r.attempt
		r.mu.Unlock()
		select {
		case <-attempt:
		case <-ctx.Done():
			r.mu.Lock()
			defer r.mu.Unlock()
			return nil, errors.Join(contextError(ctx, "connect to "+r.addr), r.err)
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
	case c.ch.heard.Load():
		r.wait = 0
	default:
		r.err = c.Err()
		r.failed()
	}
}

func (r *Reconnector) failed() {
	r.wait = min(r.policy.Most, max(r.policy.First, 2*r.wait))
}

// connect makes one attempt after a wait. It ends with the attempt, at the latest
// when the reconnector is closed.
func (r *Reconnector) connect(attempt chan struct{}, wait time.Duration) {
	var c *Client
	err := r.pause(wait)
	if err == nil {
		c, err = Dial(r.ctx, r.addr, r.opts...)
	}
	r.mu.Lock()
	r.attempt, r.err = nil, err
	closed := r.closed
	switch {
	case err != nil:
		r.failed()
	case !closed:
		r.client = c
	}
	close(attempt)
	r.mu.Unlock()
	switch {
	case c == nil:
	case closed:
		_ = c.Close()
	case r.policy.Lost != nil:
		c.OnConnectionReset(r.policy.Lost) // not under the lock: it may be called at once
	}
}

func (r *Reconnector) pause(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	t := time.NewTimer(wait - rand.N(wait/2+1)) //nolint:gosec // to spread, not to hide
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-r.ctx.Done():
		return ErrClosed
	}
}

// Call is [Proxy.Call] of path on the present connection, or the next one. What
// happens to a call whose connection is lost is the policy's choice: repeat it
// until ctx ends, or return the *[ConnectionError].
func (r *Reconnector) Call(ctx context.Context, result any, path string, args ...any) error {
	for {
		c, err := r.Client(ctx)
		if err != nil {
			return err
		}
		err = c.Remote(path).Call(ctx, result, args...)
		var lost *ConnectionError
		if !errors.As(err, &lost) || r.isClosed() {
			return err
		}
		if !lost.Unsent && (r.policy.Repeat == nil || !r.policy.Repeat(path)) {
			return err
		}
	}
}

func (r *Reconnector) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// Close closes the connection and ends all attempts; see [Channel.Close].
func (r *Reconnector) Close() error {
	r.mu.Lock()
	r.closed = true
	c, attempt := r.client, r.attempt
	r.client = nil
	r.mu.Unlock()
	r.cancel()
	if attempt != nil {
		<-attempt
	}
	if c != nil {
		return c.Close()
	}
	return nil
}

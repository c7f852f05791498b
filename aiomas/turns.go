package aiomas

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/internal/arrival"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Arrivals has connections read in the order in which something arrives on them, by
// one goroutine for all that share it: those of a server, of several, of clients. The
// zero value is ready. It is safe for concurrent use.
//
// It matters where handlers take turns, see [Router.TakeTurns]: without it, the order
// of two calls is that of their arrival only if they came by one connection. It reads
// plain TCP and Unix sockets, on Linux. Other connections (TLS, those of a user's
// listener) are read by goroutines of their own all the same.
type Arrivals struct{ loop arrival.Loop }

// WithArrivals has the connections read by a.
func WithArrivals(a *Arrivals) Option {
	return setting(func(cfg *config) {
		if a == nil {
			cfg.mistake("WithArrivals(nil)")
			return
		}
		cfg.arrivals = a
	})
}

// WithTurns has the connections' handlers run one at a time, over all connections of
// a server, in the order in which the calls arrived: as in an event loop. It is
// [Router.TakeTurns] and [WithArrivals] for all functions that the connections serve
// and whose routers say nothing else.
func WithTurns() Option {
	return setting(func(cfg *config) {
		cfg.turns = new(turn.Queue)
		if cfg.arrivals == nil {
			cfg.arrivals = new(Arrivals)
		}
	})
}

// turnRule is what a router says of turns.
type turnRule struct {
	queue atomic.Pointer[turn.Queue]
	below atomic.Bool // a router below, or this one, has a queue
}

// TakeTurns has the functions of r, and those of the routers below that say nothing
// else, run one at a time, in the order in which the calls arrived, whatever
// connection they came by. A function that is exposed with [Concurrent] takes no turn.
//
// A turn covers binding the arguments, interceptors, the function, and encoding the
// result. While the function waits in this library with its context, for the reply to
// a call ([Proxy.Call], [Pending.Wait]), a connection or a clock, it leaves the turn
// to others, and goes on in order afterwards: where a Python coroutine has an await.
// [Await] leaves it for anything else. So what a router's functions share needs no
// lock, except across those waits.
//
// A goroutine that a function starts has no turn: give it [WithoutTurn] of the
// context, and let it use [Router.Turn] for what the turn guards.
func (r *Router) TakeTurns() {
	treeMu.Lock()
	defer treeMu.Unlock()
	if r.turns.queue.CompareAndSwap(nil, new(turn.Queue)) {
		r.markTurns()
	}
}

// exposed is what turns need to know of a function.
type exposed struct {
	owner      *Router
	concurrent bool
}

// TakeNoTurns has the functions of r, and those of the routers below that say nothing
// else, run at the same time, though a router above or [WithTurns] says otherwise.
func (r *Router) TakeNoTurns() { r.turns.queue.Store(&noTurns) }

// noTurns stands for no queue.
var noTurns turn.Queue

// markTurns says so to r and all above it; treeMu is held.
func (r *Router) markTurns() {
	for at := r; at != nil; {
		at.turns.below.Store(true)
		_, at = at.place()
	}
}

// turnQueue returns the queue of the nearest router that has one, or nil.
func (r *Router) turnQueue() *turn.Queue {
	for at := r; at != nil; {
		if q := at.turns.queue.Load(); q != nil {
			return q
		}
		_, at = at.place()
	}
	return nil
}

// Waiting returns how many calls wait for a turn of r, or of the router above it that
// has [Router.TakeTurns], functions that have left their turn and want it back included,
// and whether somebody has it now. If no router takes turns, nobody waits.
func (r *Router) Waiting() (calls int, busy bool) {
	if q := r.turnQueue(); q != nil && q != &noTurns {
		return q.Len(), q.Taken()
	}
	return 0, false
}

// InTurn returns a function that calls f in a turn of r, in a goroutine of its own:
// for timers. The place in the order of turns is that of the returned function's
// call, which does not wait. If no router takes turns, f is called all the same.
func (r *Router) InTurn(ctx context.Context, f func(context.Context)) func() {
	return func() {
		if q := r.turnQueue(); q != nil && q != &noTurns {
			turn.Go(ctx, q, f)
			return
		}
		go f(ctx)
	}
}

// Turn calls f in a turn of r, or of the router above it that has [Router.TakeTurns]:
// in order behind the calls that wait. f gets a context with which it leaves the turn
// while it waits. If no router takes turns, f is called at once. Turn returns the
// error of f, or why ctx has ended before the turn came; a panic of f is passed on. If
// ctx is of a function with a turn, that is left while Turn waits.
func (r *Router) Turn(ctx context.Context, f func(context.Context) error) (err error) {
	q := r.turnQueue()
	if q == nil || q == &noTurns {
		return f(ctx)
	}
	turn.Await(ctx, func() { err = turn.Do(ctx, q, f) })
	return err
}

// Concurrent lets a function run without a turn, though its router takes turns; see
// [Router.TakeTurns].
func Concurrent() ExposeOption {
	return func(e *exposure) { e.concurrent = true }
}

// Await calls f, which may block, while the function that ctx belongs to has left its
// turn, and returns the error of f when the turn has come again. f must not use what
// the turn guards. Without a turn, f is just called. It mirrors Python's await.
func Await(ctx context.Context, f func() error) (err error) {
	turn.Await(ctx, func() { err = f() })
	return err
}

// WithoutTurn returns ctx without its turn, for a goroutine that a function starts
// and that goes on by itself. With the context of the function, its waits would leave
// the function's turn.
func WithoutTurn(ctx context.Context) context.Context { return turn.Without(ctx) }

// dialAwaited is dial for a caller that may have a turn.
func (c *config) dialAwaited(ctx context.Context, addr string) (conn net.Conn, err error) {
	turn.Await(ctx, func() { conn, err = c.dial(ctx, addr) })
	return conn, err
}

// Queue implements [conversation.TurnHandler].
func (c rpcHandler) Queue(r *conversation.Request) *turn.Queue {
	all := c.ch.cfg.turns
	if c.root == nil || all == nil && !c.root.turns.below.Load() {
		return nil
	}
	d := r.Decoder()
	defer r.FreeDecoder(d)
	path, err := readPath(d)
	if err != nil || len(path) > c.ch.cfg.limits.Path {
		return nil
	}
	f, err := c.root.resolve(path, true)
	if err != nil {
		return nil
	}
	e := f.fn.Tag().(*exposed)
	if e.concurrent {
		return nil
	}
	switch q := e.owner.turnQueue(); q {
	case nil:
		return all
	case &noTurns:
		return nil
	default:
		return q
	}
}

package aiomas

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/arrival"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Arrivals makes connections be read in the order in which data arrive on them, by one
// goroutine for all connections that share it: of one or several servers, and of clients. The
// zero value is ready to use. It is safe for concurrent use.
//
// It is for handlers that take turns, see [Router.TakeTurns]: without it, only calls of the
// same connection have their turns in the order of arrival. It reads plain TCP and Unix
// sockets, on Linux, and the connection of a container to itself. Other connections, such as
// TLS connections and those of a user's listener, still have reader goroutines of their own.
type Arrivals struct{ loop arrival.Loop }

// WithArrivals makes connections be read by a.
func WithArrivals(a *Arrivals) Option {
	return setting(func(cfg *config) {
		if a == nil {
			cfg.mistake("WithArrivals(nil)")
			return
		}
		cfg.arrivals = a
	})
}

// WithTurns makes handlers run one at a time, over all connections of a server, in the order
// in which their calls arrived, as in an event loop. It is [Router.TakeTurns] and
// [WithArrivals] for all functions whose routers do not specify otherwise.
func WithTurns() Option {
	return setting(func(cfg *config) {
		cfg.turns = new(turn.Queue)
		if cfg.arrivals == nil {
			cfg.arrivals = new(Arrivals)
		}
	})
}

// turnRule is the setting of a router about turns.
type turnRule struct {
	queue atomic.Pointer[turn.Queue]
	below atomic.Bool // this router or one below it has a queue
}

// TakeTurns makes the functions of r, and of routers below it without a setting of their own,
// run one at a time, in the order in which their calls arrived on any connection. A function
// exposed with [Concurrent] takes no turn.
//
// A turn lasts from binding the arguments through interceptors and the function to encoding
// the result. While the function waits in this library with its context, for a reply
// ([Proxy.Call], [Pending.Wait]), a connection or a clock, it leaves the turn, so that other
// calls run, and later gets it back in order, like a Python coroutine at an await. For other
// waits use [Await]. So data shared by the functions of a router need no lock, but may change
// during such waits.
//
// A goroutine started by a function has no turn: pass it a context made by [WithoutTurn], and
// let it call [Router.Turn] to use data that turns protect.
func (r *Router) TakeTurns() {
	treeMu.Lock()
	defer treeMu.Unlock()
	if r.turns.queue.CompareAndSwap(nil, new(turn.Queue)) {
		r.markTurns()
	}
}

// exposed is the information about a function that turns need.
type exposed struct {
	owner      *Router
	concurrent bool
}

// TakeNoTurns makes the functions of r, and of routers below it without a setting of their
// own, run concurrently, whatever a router above or [WithTurns] specifies.
func (r *Router) TakeNoTurns() { r.turns.queue.Store(&noTurns) }

// noTurns is the queue of routers with TakeNoTurns.
var noTurns turn.Queue

// markTurns sets below in r and all routers above; treeMu is held.
func (r *Router) markTurns() {
	for at := r; at != nil; {
		at.turns.below.Store(true)
		_, at = at.place()
	}
}

// turnQueue returns the queue of r or of the nearest router above that has one, or nil.
func (r *Router) turnQueue() *turn.Queue {
	for at := r; at != nil; {
		if q := at.turns.queue.Load(); q != nil {
			return q
		}
		_, at = at.place()
	}
	return nil
}

// Waiting returns how many calls wait for a turn of r, or of the router above with
// [Router.TakeTurns], including functions that want back a turn they have left, and whether the
// turn is taken. If no router takes turns, no calls wait.
func (r *Router) Waiting() (calls int, busy bool) {
	if q := r.turnQueue(); q != nil && q != &noTurns {
		return q.Len(), q.Taken()
	}
	return 0, false
}

// InTurn returns a function that calls f in a turn of r, in a goroutine of its own; it is
// meant for timers. The returned function does not block, and its call determines the place
// of f in the order of turns. If no router takes turns, f is called without one.
func (r *Router) InTurn(ctx context.Context, f func(context.Context)) func() {
	return func() {
		if q := r.turnQueue(); q != nil && q != &noTurns {
			turn.Go(ctx, q, f)
			return
		}
		go f(ctx)
	}
}

// Turn calls f in a turn of r, or of the router above with [Router.TakeTurns], after the calls
// that already wait. The context of f leaves the turn during waits. If no router takes turns,
// f is called at once. Turn returns the error of f, or the error of ctx if it ends before f has
// its turn. It passes on a panic of f. If ctx belongs to a function with a turn, Turn leaves
// that turn while it waits.
func (r *Router) Turn(ctx context.Context, f func(context.Context) error) (err error) {
	q := r.turnQueue()
	if q == nil || q == &noTurns {
		return f(ctx)
	}
	turn.Await(ctx, func() { err = turn.Do(ctx, q, f) })
	return err
}

// Concurrent lets a function run without a turn although its router takes turns; see
// [Router.TakeTurns].
func Concurrent() ExposeOption {
	return func(e *exposure) { e.concurrent = true }
}

// Await leaves the turn of the function that ctx belongs to, calls f, which may block, gets
// the turn back, and returns the error of f. f must not use data that turns protect. Without a
// turn it only calls f. It mirrors Python's await.
func Await(ctx context.Context, f func() error) (err error) {
	turn.Await(ctx, func() { err = f() })
	return err
}

// WithoutTurn returns ctx without its turn, for a goroutine that a function starts and does
// not wait for. With the function's own context, the goroutine's waits would leave the turn
// of the function.
func WithoutTurn(ctx context.Context) context.Context { return turn.Without(ctx) }

// dialAwaited is dial, but leaves the turn of ctx, if any, while it waits.
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
	f, version := c.called(d)
	q := f.turnQueue(all)
	if q != nil && c.ch.cfg.direct() {
		r.Keep(conversation.Kept{Decoder: d, Found: f, Version: version})
	} else {
		r.FreeDecoder(d)
	}
	return q
}

// called reads the path of a request, and returns the function at it, or nil. version is the
// number of removals when the function was looked up.
func (c rpcHandler) called(d codec.Decoder) (f *Function, version uint64) {
	path, err := c.readPath(d)
	if err != nil {
		return nil, 0
	}
	version = c.root.removals.Load()
	if f, err = c.root.resolve(path, true); err != nil {
		return nil, 0
	}
	return f, version
}

// turnQueue returns the queue whose turn f needs, or nil; all is that of functions whose
// routers do not specify otherwise. f may be nil.
func (f *Function) turnQueue(all *turn.Queue) *turn.Queue {
	if f == nil {
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

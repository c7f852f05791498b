package peer

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

// serve runs the process of a server.
func serve(p Peer, work Work) error {
	listen := p.Listen
	if listen == nil {
		listen = func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
	}
	ln, err := listen()
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- p.Serve(ln, work) }()
	return proc.Answer(proc.Reply{Addr: ln.Addr().String()}, func(proc.Request) (proc.Reply, error) {
		select {
		case err := <-failed:
			return proc.Reply{}, err
		default:
			return proc.Reply{Usage: proc.Self()}, nil
		}
	})
}

// drive runs the process of a client: it makes calls for the time given in each request.
func drive(p Peer, addr string, work Work) error {
	// As in real programs, calls are made with a context that can end.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := &driver{peer: p, addr: addr, work: work}
	return proc.Answer(proc.Reply{}, func(r proc.Request) (proc.Reply, error) {
		switch r.Op {
		case "run":
			return d.run(ctx, r)
		case "open":
			return d.open(ctx, r)
		case "first":
			return d.first(ctx, r)
		case "idle":
			err := d.connect(ctx, r.Conns)
			for _, c := range d.callers {
				if err == nil {
					err = once(ctx, c, work)
				}
			}
			return proc.Reply{}, err
		}
		return proc.Reply{Usage: proc.Self()}, nil
	})
}

// once makes one call, also for peers that make calls only in windows.
func once(ctx context.Context, c Caller, work Work) error {
	if w, ok := c.(Windower); ok {
		var stop atomic.Bool
		stop.Store(true)
		_, err := w.Window(ctx, work, 1, &stop)
		return err
	}
	return c.Call(ctx, work, 1)
}

type driver struct {
	peer    Peer
	addr    string
	work    Work
	callers []Caller
	done    int64 // calls
}

// connect opens connections until there are n.
func (d *driver) connect(ctx context.Context, n int) error {
	for len(d.callers) < max(n, 1) {
		c, err := d.peer.Dial(ctx, d.addr, d.work)
		if err != nil {
			return err
		}
		d.callers = append(d.callers, c)
	}
	return nil
}

// run makes calls for one slice.
func (d *driver) run(ctx context.Context, r proc.Request) (proc.Reply, error) {
	if err := d.connect(ctx, r.Conns); err != nil {
		return proc.Reply{}, err
	}
	conns := d.callers[:max(r.Conns, 1)]
	var stop atomic.Bool
	before := proc.Self()
	start := time.Now()
	timer := time.AfterFunc(time.Duration(r.Nanos), func() { stop.Store(true) })
	defer timer.Stop()
	var calls int64
	var err error
	if w, ok := conns[0].(Windower); ok && len(conns) == 1 {
		calls, err = w.Window(ctx, d.work, r.InFlight, &stop)
	} else {
		calls, err = d.callAll(ctx, conns, r.InFlight, &stop)
	}
	d.done += calls
	took := time.Since(start)
	after := proc.Self()
	if err == nil && calls == 0 {
		err = fmt.Errorf("no call in %v", took)
	}
	return proc.Reply{Calls: calls, Nanos: int64(took), Usage: after.Sub(before)}, err
}

// callAll keeps n calls in flight, distributed over the connections. The numbers passed to
// calls continue from the previous slice, so that slices do not call the same functions,
// and keep about the same length.
func (d *driver) callAll(ctx context.Context, conns []Caller, n int, stop *atomic.Bool) (int64, error) {
	first := int(d.done % 100_000)
	if n == 1 { // without a second goroutine, since this measures latency
		return d.callLoop(ctx, conns[0], first, stop)
	}
	var total atomic.Int64
	var failed atomic.Value
	var wg sync.WaitGroup
	for g := range n {
		wg.Go(func() {
			calls, err := d.callLoop(ctx, conns[g%len(conns)], first+g*1000, stop)
			total.Add(calls)
			if err != nil {
				failed.Store(err)
				stop.Store(true)
			}
		})
	}
	wg.Wait()
	err, _ := failed.Load().(error)
	return total.Load(), err
}

func (d *driver) callLoop(ctx context.Context, c Caller, first int, stop *atomic.Bool) (calls int64, err error) {
	for i := first; ; i++ { // at least once, even if the machine stops for a whole slice
		if err := c.Call(ctx, d.work, i); err != nil {
			return calls, err
		}
		if calls++; stop.Load() {
			return calls, nil
		}
	}
}

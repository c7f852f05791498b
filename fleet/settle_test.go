package fleet_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/aiomas/local/world"
	"github.com/aiomas-go/aiomas-go/fleet"
)

// walker hands tokens on, without waiting for what becomes of them.
type walker struct {
	agent.Agent
	w    *walk
	next int
}

// walk counts what is in progress, as nobody in the fleet can.
type walk struct {
	world *world.World
	urls  []string
	under int // tokens
}

// Hand passes a token on, in ways that leave nobody waiting for it.
func (a *walker) Hand(ctx context.Context, steps int) error {
	if steps == 0 {
		a.w.under--
		return nil
	}
	a.next++
	url := a.w.urls[a.next%len(a.w.urls)]
	switch a.w.world.Choose(3, "how the token is handed on") {
	case 0: // nobody waits for the reply
		p, err := a.Container().Connect(ctx, url)
		if err != nil {
			return err
		}
		p.Sub("hand").Go(aiomas.WithoutTurn(context.WithoutCancel(ctx)), nil, steps-1)
	case 1: // the call is given up at once
		p, err := a.Container().Connect(ctx, url)
		if err != nil {
			return err
		}
		p.Sub("hand").Go(context.WithoutCancel(ctx), nil, steps-1).Cancel()
	case 2: // in a turn later
		a.InTurn(func(ctx context.Context) {
			if p, err := a.Container().Connect(ctx, url); err != nil {
				a.w.world.Errorf("%v", err)
			} else {
				p.Sub("hand").Go(context.WithoutCancel(ctx), nil, steps-1)
			}
		})()
	}
	return nil
}

// wakes makes the clock send a token at some times up to last, without a message: at
// each time one of the walkers sends one.
func (a *walker) wakes(last int) error {
	for t := a.next + 1; t <= last; t += 3 {
		_, err := a.Container().Clock().CallAt(clock.At(float64(t)), a.InTurn(func(ctx context.Context) {
			a.w.under++
			if err := a.Hand(ctx, 8); err != nil {
				a.w.world.Errorf("%v", err)
			}
		}))
		if err != nil {
			return err
		}
	}
	return nil
}

// When Settle returns, no token is in progress, whatever the order of messages.
func TestSettle(t *testing.T) {
	const steps = 6
	world.Run(t, func(w *world.World) {
		k := &walk{world: w}
		var managers []string
		for i := range 3 {
			c := w.Container(fmt.Sprint("n", i), agent.WithTurns(agent.PerContainer),
				agent.WithClock(clock.NewExternal(time.Unix(0, 0), 0)))
			m, err := agent.NewManager(c, nil)
			if err != nil {
				w.Fatalf("%v", err)
			}
			walks := &walker{w: k, next: i}
			a, err := c.Register(walks, agent.Expose("Hand"))
			if err == nil {
				err = walks.wakes(steps)
			}
			if err != nil {
				w.Fatalf("%v", err)
			}
			managers, k.urls = append(managers, m.Addr()), append(k.urls, a.Addr())
		}
		driver := w.Container("driver")
		f, err := fleet.Open(w.Context(), driver, fleet.Addresses(managers...), fleet.Options{})
		if err != nil {
			w.Fatalf("%v", err)
		}
		for step := range steps {
			switch w.Choose(3, "where tokens begin") {
			case 0: // few, so that a member that was asked may get one before another is asked
				for _, url := range k.urls[:1+step%2] {
					p, err := driver.Connect(w.Context(), url)
					if err != nil {
						w.Fatalf("%v", err)
					}
					k.under++
					p.Sub("hand").Go(w.Context(), nil, 8)
				}
			case 1: // in members, since the last such step
				if err := f.SetTime(w.Context(), float64(step+1)); err != nil {
					w.Errorf("%v", err)
				}
			case 2: // nowhere
			}
			if err := f.Settle(w.Context()); err != nil {
				w.Errorf("%v", err)
			}
			if k.under != 0 {
				w.Errorf("step %d: %d tokens are in progress", step, k.under)
			}
		}
		if err := f.Stop(w.Context()); err != nil {
			w.Errorf("%v", err)
		}
	}, world.Worlds(100, 1), world.WithFaults(world.Faults{Delays: 3}))
}

// One round is enough after an earlier Settle if only the fleet itself has made calls, but
// not if others have.
func TestSettleInOneRound(t *testing.T) {
	var asked atomic.Int32
	driver := newContainer(t, agent.WithConnection(aiomas.WithCallInterceptors(
		func(ctx context.Context, call aiomas.Outgoing, next func(context.Context) error) error {
			if call.Path == "agents/0/call_counts" {
				asked.Add(1)
			}
			return next(ctx)
		})))
	const members = 3
	f := open(t, driver, fleet.Addresses(towns(t, members)...), fleet.Options{})
	a, err := f.Spawn(t.Context(), "town:House", 1)
	if err != nil {
		t.Fatal(err)
	}
	now := 0.0
	setTime := func() error {
		now++
		return f.SetTime(t.Context(), now)
	}
	for _, s := range []struct {
		after string
		do    func() error
		one   bool
	}{
		{"the start", func() error { return nil }, false},
		{"nothing", func() error { return nil }, true},
		{"SetTime", setTime, true},
		{"Each", func() error { _, err := fleet.Each[int](t.Context(), f, "pid"); return err }, true},
		{"a call of an agent", func() error {
			p, err := a.Proxy(t.Context())
			if err == nil {
				err = p.Sub("number").Call(t.Context(), nil)
			}
			return err
		}, false},
		{"a call that has failed", func() error { _ = f.SetTime(t.Context(), now); return nil }, false},
	} {
		// A member may count a call as running for a short time after its reply.
		for try := 0; ; try++ {
			if err := s.do(); err != nil {
				t.Fatal(err)
			}
			asked.Store(0)
			if err := f.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			one := asked.Load() == members
			if one != s.one && (!s.one || try == 100) {
				t.Errorf("after %s: %d questions to %d members", s.after, asked.Load(), members)
			}
			if one == s.one || try == 100 {
				break
			}
		}
	}
	stop(t, f)
}

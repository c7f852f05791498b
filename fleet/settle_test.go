package fleet_test

import (
	"context"
	"fmt"
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

// walk counts what is under way, as nobody in the fleet can.
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

// When Settle returns, no token is under way, whatever the order of messages.
func TestSettle(t *testing.T) {
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
			a, err := c.Register(&walker{w: k, next: i}, agent.Expose("Hand"))
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
		for step := range 6 {
			// Few tokens, so that a member that was asked may get one before another is asked.
			for _, url := range k.urls[:1+step%2] {
				p, err := driver.Connect(w.Context(), url)
				if err != nil {
					w.Fatalf("%v", err)
				}
				k.under++
				p.Sub("hand").Go(w.Context(), nil, 8)
			}
			if err := f.Settle(w.Context()); err != nil {
				w.Errorf("%v", err)
			}
			if k.under != 0 {
				w.Errorf("step %d: %d tokens are under way", step, k.under)
			}
		}
		if err := f.Stop(w.Context()); err != nil {
			w.Errorf("%v", err)
		}
	}, world.Worlds(100, 1), world.WithFaults(world.Faults{Delays: 3}))
}

package world_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local/world"
)

// neighbour calls another agent of its container, and lets one elsewhere call it, too.
type neighbour struct {
	agent.Agent
	heard []string
}

// Hear notes who calls.
func (n *neighbour) Hear(who string) { n.heard = append(n.heard, who) }

// Pass calls an agent in the name of another one.
func (n *neighbour) Pass(ctx context.Context, to, who string) error {
	p, err := n.Container().Connect(ctx, to)
	if err != nil {
		return err
	}
	return p.Sub("hear").Call(ctx, nil, who)
}

// Both calls an agent itself, and by way of another one, in this order or the other way round.
func (n *neighbour) Both(ctx context.Context, to, by string, first bool) error {
	p, err := n.Container().Connect(ctx, by)
	if err != nil {
		return err
	}
	if first {
		err = n.Pass(ctx, to, "neighbour")
	}
	if err == nil {
		err = p.Sub("pass").Call(ctx, nil, to, "other")
	}
	if err == nil && !first {
		err = n.Pass(ctx, to, "neighbour")
	}
	return err
}

// In every world a call within a container and one from elsewhere that follows it are in order.
func TestNeighboursInAllWorlds(t *testing.T) {
	world.Run(t, func(w *world.World) {
		add := func(c *agent.Container) *neighbour {
			n := &neighbour{}
			if _, err := c.Register(n, agent.Expose("Hear", "Pass", "Both")); err != nil {
				w.Fatalf("%v", err)
			}
			return n
		}
		home := w.Container("home")
		add(home)
		elsewhere := w.Container("away")
		hears, away := add(home), add(elsewhere)
		first, err := elsewhere.Connect(w.Context(), "local://home/0")
		if err != nil {
			w.Fatalf("%v", err)
		}
		for _, before := range []bool{true, false} {
			if err := first.Sub("both").Call(w.Context(), nil, hears.Addr(), away.Addr(), before); err != nil {
				w.Fatalf("%v", err)
			}
		}
		want := []string{"neighbour", "other", "other", "neighbour"}
		if fmt.Sprint(hears.heard) != fmt.Sprint(want) {
			w.Errorf("heard %v, want %v", hears.heard, want)
		}
	})
}

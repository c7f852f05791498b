package agent_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// Grid is an agent that asks others.
type Grid struct {
	agent.Agent
	batteries []string
	rounds    int
	limits    []byte
}

// Charge charges all batteries at once. At each Wait other calls of the grid have
// their turn, as at an await of Python.
func (g *Grid) Charge(ctx context.Context, kwh float64) (total float64, err error) {
	levels := make([]float64, len(g.batteries))
	var calls []*aiomas.Pending
	batteries, err := g.Container().ConnectAll(ctx, g.batteries)
	if err != nil {
		return 0, err
	}
	for i, battery := range batteries {
		calls = append(calls, battery.Sub("charge").Go(ctx, &levels[i], kwh))
	}
	for i, call := range calls {
		if err := call.Wait(ctx); err != nil {
			return 0, err
		}
		total += levels[i]
	}
	g.rounds++
	return total, nil
}

// Load reads a file while other calls have their turn.
func (g *Grid) Load(ctx context.Context, name string) error {
	var limits []byte // what others use is set in the turn only
	err := aiomas.Await(ctx, func() (err error) {
		limits, err = os.ReadFile(name)
		return err
	})
	if err == nil {
		g.limits = limits
	}
	return err
}

// tick is called by the clock, in a turn of the grid.
func (g *Grid) tick(context.Context) { g.rounds = 0 }

// An agent that waits for others, and is woken by its clock.
func Example_turns() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "local://turns", agent.WithTurns(agent.PerAgent)) // the default
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)
	g := &Grid{}
	for range 2 {
		b, err := NewBattery(c)
		if err != nil {
			log.Fatal(err)
		}
		g.batteries = append(g.batteries, b.Addr())
	}
	if _, err := c.Register(g, agent.Expose("Charge", "Load")); err != nil {
		log.Fatal(err)
	}
	timer, err := c.Clock().CallIn(3600, g.InTurn(g.tick))
	if err != nil {
		log.Fatal(err)
	}
	defer timer.Cancel()
	grid, err := c.Connect(ctx, g.Addr())
	if err != nil {
		log.Fatal(err)
	}
	total, err := aiomas.Call[float64](ctx, grid.Sub("charge"), 1.5)
	fmt.Println(total, err)
	// Output: 3 <nil>
}

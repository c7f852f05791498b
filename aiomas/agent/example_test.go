package agent_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// Battery is an agent that others can charge.
type Battery struct {
	agent.Agent
	level float64 // needs no lock: one call at a time
}

// NewBattery puts a battery into a container.
func NewBattery(c *agent.Container) (*Battery, error) {
	b := &Battery{}
	_, err := c.Register(b, agent.ExposeMethod("Charge", aiomas.Params("kwh")))
	return b, err
}

// Charge is what other agents call: charge(1.5) or charge(kwh=1.5).
func (b *Battery) Charge(kwh float64) float64 {
	b.level += kwh
	return b.level
}

// Planner is an agent that acts by itself.
type Planner struct{ agent.Agent }

// Run charges the battery at an address, whichever language that is written in.
func (p *Planner) Run(ctx context.Context, address string) error {
	battery, err := p.Container().Connect(ctx, address)
	if err != nil {
		return err
	}
	level, err := aiomas.Call[float64](ctx, battery.Sub("charge"), 1.5)
	if err != nil {
		return err
	}
	fmt.Printf("%v: %v holds %g kWh\n", p, battery, level)
	return nil
}

// An agent in one container charges a battery in another one.
func Example() {
	ctx := context.Background()
	plant, err := agent.NewContainer(ctx, "local://plant") // or "tcp://127.0.0.1:5555"
	if err != nil {
		log.Fatal(err)
	}
	defer plant.Shutdown(ctx)
	battery, err := NewBattery(plant)
	if err != nil {
		log.Fatal(err)
	}

	office, err := agent.NewContainer(ctx, "local://office")
	if err != nil {
		log.Fatal(err)
	}
	defer office.Shutdown(ctx)
	planner := &Planner{}
	if _, err := office.Register(planner); err != nil {
		log.Fatal(err)
	}
	if err := planner.Run(ctx, battery.Addr()); err != nil {
		log.Fatal(err)
	}
	// Output: Planner('local://office/0'): BatteryProxy('local://plant/0') holds 1.5 kWh
}

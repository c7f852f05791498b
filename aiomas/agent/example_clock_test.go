package agent_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// HelloWorld is that of aiomas's agent guide.
type HelloWorld struct {
	agent.Agent
	name string
}

// Run greets, with pauses of its container's time.
func (h *HelloWorld) Run(ctx context.Context) (greetings []string, err error) {
	for range 3 {
		if err := h.Container().Clock().Sleep(ctx, 0.1); err != nil {
			return nil, err
		}
		greetings = append(greetings, h.name+" says hello, world!")
	}
	return greetings, nil
}

// An agent in the time of a simulator, which here is the example itself. In a
// process of its own it would call set_time of the container's Manager.
func ExampleWithClock() {
	ctx := context.Background()
	start, err := clock.ParseDate("2016-01-01T00:00:00")
	if err != nil {
		log.Fatal(err)
	}
	simulated := clock.NewExternal(start, 0)
	c, err := agent.NewContainer(ctx, "local://simulated", agent.WithClock(simulated))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)

	if _, err := c.Clock().CallIn(90, func() { fmt.Println("called at", clock.FormatDate(c.Clock().UTCNow())) }); err != nil {
		log.Fatal(err)
	}
	for _, t := range []float64{60, 120} {
		if err := simulated.SetTime(t); err != nil {
			log.Fatal(err)
		}
		fmt.Println("the time is", c.Clock().Time())
	}
	fmt.Println(simulated.SetTime(120))
	// Output:
	// the time is 60
	// called at 2016-01-01T00:02:00+00:00
	// the time is 120
	// ValueError: Time must be > 120 but is 120
}

// A test with agents, as docs/agents.md shows it: no ports, no waiting, the same
// order of messages in each run.
func TestHelloWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := local.NewNetwork(local.OneByOne())
		c, err := agent.NewContainer(t.Context(), "local://test", agent.WithNetwork(network))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Shutdown(t.Context())
		monty := &HelloWorld{name: "Monty"}
		if _, err := c.Register(monty, agent.Expose("Run")); err != nil {
			t.Fatal(err)
		}
		proxy, err := c.Connect(t.Context(), monty.Addr())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now() // of the bubble: it stands still unless everybody waits
		greetings, err := aiomas.Call[[]string](t.Context(), proxy.Sub("run"))
		if err != nil || len(greetings) != 3 {
			t.Errorf("got %q, %v", greetings, err)
		}
		if took := time.Since(start).Round(time.Millisecond); took != 300*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

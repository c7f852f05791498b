package fleet_test

import (
	"context"
	"fmt"
	"log"
	"os/exec"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/fleet"
)

// slaves are programs on this machine; another one is reached by exec.Command("ssh", host, …).
func slaves(n int) fleet.Source {
	return fleet.Processes(n, func(i int, listen string) (*exec.Cmd, string) {
		if listen == "" {
			listen = "tcp://127.0.0.1:0" // and again there, when it was lost
		}
		return command("member", listen), "" // it prints its address
	})
}

// MultiEnvironment has agents in many environments, and lets all act, step by step.
func MultiEnvironment(ctx context.Context, c *agent.Container, agents, steps int) (seen int, err error) {
	f, err := fleet.Open(ctx, c, slaves(2), fleet.Options{Place: fleet.Least, OnLost: fleet.Restart})
	if err != nil {
		return 0, err
	}
	defer f.Stop(ctx)
	if _, err := f.SpawnN(ctx, agents, "env:Creator", func(i int) []any { return []any{i} }); err != nil {
		return 0, err
	}
	for range steps {
		made, err := fleet.Each[[]int](ctx, f, "trigger_all") // the artifacts of each environment
		if err != nil {
			return 0, err
		}
		for _, list := range made {
			seen += len(list)
		}
	}
	return seen, nil
}

// Plan spawns planners, tells each of its neighbours, starts them, and waits for the end
// of what they say to each other.
func Plan(ctx context.Context, c *agent.Container, source fleet.Source, planners int) (plan []int, err error) {
	f, err := fleet.Open(ctx, c, source, fleet.Options{})
	if err != nil {
		return nil, err
	}
	defer f.Stop(ctx)
	all, err := f.SpawnN(ctx, planners, "plan:Planner", func(i int) []any { return []any{i} })
	if err != nil {
		return nil, err
	}
	for i, a := range all {
		p, err := a.Proxy(ctx)
		if err == nil {
			err = p.Sub("meet").Call(ctx, nil, all[(i+1)%planners].Addr())
		}
		if err != nil {
			return nil, err
		}
	}
	first, err := all[0].Proxy(ctx)
	if err == nil {
		err = first.Sub("offer").Call(ctx, nil, 1)
	}
	if err == nil {
		err = f.Settle(ctx) // no offer is in progress
	}
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		p, err := a.Proxy(ctx)
		if err != nil {
			return nil, err
		}
		best, err := aiomas.Call[int](ctx, p.Sub("best"))
		if err != nil {
			return nil, err
		}
		plan = append(plan, best)
	}
	return plan, nil
}

// WindPark simulates a park in lock-step: the turbines of a row share a member.
func WindPark(ctx context.Context, c *agent.Container, rows, columns, minutes int) (power float64, err error) {
	f, err := fleet.Open(ctx, c, slaves(2), fleet.Options{OnLost: fleet.Restart})
	if err != nil {
		return 0, err
	}
	defer f.Stop(ctx)
	var specs []fleet.Spec
	for i := range rows * columns {
		specs = append(specs, fleet.Spec{
			Name: "park:Turbine", Args: []any{i % columns},
			Key: fmt.Sprint("row ", i/columns), ID: fmt.Sprintf("turbine-%d-%d", i/columns, i%columns),
		})
	}
	if _, err := f.SpawnAll(ctx, specs); err != nil {
		return 0, err
	}
	for minute := range minutes {
		if err := f.SetTime(ctx, float64(60*(minute+1))); err != nil {
			return 0, err
		}
		if err := f.Settle(ctx); err != nil {
			return 0, err
		}
		sums, err := fleet.Each[float64](ctx, f, "power")
		if err != nil {
			return 0, err
		}
		for _, sum := range sums {
			power += sum
		}
	}
	return power, nil
}

func Example() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(MultiEnvironment(ctx, c, 10, 3))
	fmt.Println(Plan(ctx, c, slaves(3), 5))
	fmt.Println(WindPark(ctx, c, 3, 2, 4))
	// Output:
	// 30 <nil>
	// [5 5 5 5 5] <nil>
	// 36 <nil>
}

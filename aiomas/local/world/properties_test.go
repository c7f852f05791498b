package world_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/aiomas/local/world"
)

// These are run in some worlds by make test, and in 100,000 by make worlds.

// visitor is an agent that visits others within its visits.
type visitor struct {
	agent.Agent
	world  *world.World
	inside bool
	seen   map[int]int // calls, by their number
	order  []int       // of calls that visit nobody
}

// part is what happens between two waits: nobody else has the turn.
func (v *visitor) part(f func()) {
	if v.inside {
		v.world.Errorf("two have the turn of %v", v)
	}
	v.inside = true
	f()
	v.inside = false
}

// Visit notes the call, and visits the agents on the way.
func (v *visitor) Visit(ctx context.Context, number int, way []string) (steps int, err error) {
	v.part(func() {
		v.seen[number]++
		if len(way) == 0 {
			v.order = append(v.order, number)
		}
	})
	if len(way) == 0 {
		return 1, nil
	}
	there, err := v.Container().Connect(ctx, way[0])
	if err != nil {
		return 0, err
	}
	steps, err = aiomas.Call[int](ctx, there.Sub("visit"), number, way[1:])
	v.part(func() {})
	return steps + 1, err
}

func visitors(w *world.World, turns agent.Turns) (all []*visitor, urls []string) {
	for i := range 3 {
		v := &visitor{world: w, seen: map[int]int{}}
		c := w.Container(fmt.Sprint("n", i), agent.WithTurns(turns))
		if _, err := c.Register(v, agent.Expose("Visit")); err != nil {
			w.Fatalf("%v", err)
		}
		all, urls = append(all, v), append(urls, v.Addr())
	}
	return all, urls
}

// Chains of calls that come by the same agents again end, each with one answer, in
// whatever order messages are delivered; nobody has a turn that another one has; what
// one connection brings is begun in order.
func TestCallsEndOnceAndInOrder(t *testing.T) {
	world.Run(t, func(w *world.World) {
		all, urls := visitors(w, agent.Turns(w.Choose(2, "turns")))
		there := connect(w, "user", "n1")
		var pending []*aiomas.Pending
		steps := make([]int, 12)
		for i := range steps {
			var way []string
			if i%2 == 0 {
				way = []string{urls[w.Choose(3, "first")], urls[w.Choose(3, "second")], urls[1]}
			}
			pending = append(pending, there.Sub("visit").Go(w.Context(), &steps[i], i, way))
		}
		for i, p := range pending {
			want := 1 + (1-i%2)*3
			if err := p.Wait(w.Context()); err != nil || steps[i] != want {
				w.Errorf("call %d: %d steps, want %d, %v", i, steps[i], want, err)
			}
		}
		odd := slices.DeleteFunc(slices.Clone(all[1].order), func(n int) bool { return n%2 == 0 })
		if len(odd) != 6 || !slices.IsSorted(odd) {
			w.Errorf("order %v", odd)
		}
		total := 0
		for _, v := range all {
			for _, n := range v.seen {
				total += n
			}
		}
		if want := 6*4 + 6; total != want {
			w.Errorf("%d visits, want %d", total, want)
		}
	}, world.Worlds(100, 1))
}

// sleeper waits for its container's time.
type sleeper struct {
	agent.Agent
	woke []float64
}

// Sleep waits for one second.
func (s *sleeper) Sleep(ctx context.Context) error {
	if err := s.Container().Clock().Sleep(ctx, 1); err != nil {
		return err
	}
	s.woke = append(s.woke, s.Container().Clock().Time())
	return nil
}

// SetTime advances that time.
func (s *sleeper) SetTime(t float64) error {
	return s.Container().Clock().(*clock.External).SetTime(t)
}

// Containers whose time one program sets, in lock-step: each step reaches each agent.
func TestLockStepReachesAll(t *testing.T) {
	world.Run(t, func(w *world.World) {
		var all []*sleeper
		var proxies []*aiomas.Proxy
		for i := range 3 {
			name := fmt.Sprint("n", i)
			s := &sleeper{}
			c := w.Container(name, agent.WithClock(clock.NewExternal(time.Unix(0, 0), 0)))
			if _, err := c.Register(s, agent.Expose("Sleep", "SetTime")); err != nil {
				w.Fatalf("%v", err)
			}
			all, proxies = append(all, s), append(proxies, connect(w, "driver of "+name, name))
		}
		for step := range 4 {
			var pending []*aiomas.Pending
			for _, p := range proxies {
				pending = append(pending, p.Sub("sleep").Go(w.Context(), nil),
					p.Sub("set_time").Go(w.Context(), nil, float64(step+1)))
			}
			for _, p := range pending {
				if err := p.Wait(w.Context()); err != nil {
					w.Errorf("step %d: %v", step, err)
				}
			}
		}
		for _, s := range all {
			if !slices.Equal(s.woke, []float64{1, 2, 3, 4}) {
				w.Errorf("%v woke at %v", s, s.woke)
			}
		}
	}, world.Worlds(60, 1), world.WithFaults(world.Faults{Delays: 2}))
}

// Delays, cuts and restarts: every call ends, and in the end one succeeds.
func TestCallsEndWhateverBreaks(t *testing.T) {
	world.Run(t, func(w *world.World) {
		setup := func(c *agent.Container) error {
			_, err := c.Register(&visitor{world: w, seen: map[int]int{}}, agent.Expose("Visit"))
			return err
		}
		w.Node("n1", setup)
		w.Node("n2", setup)
		home := w.Container("home")
		call := func(number int) error {
			there, err := home.Connect(w.Context(), "local://n1/0", agent.WithRetry(time.Minute))
			if err != nil {
				return err
			}
			return there.Sub("visit").Call(w.Context(), nil, number, []string{"local://n2/0", "local://n1/0"})
		}
		failures := 0
		for call(failures) != nil {
			if failures++; failures > 20 {
				w.Fatalf("there are fewer faults, but no call succeeds")
			}
		}
	}, world.Worlds(60, 1), world.WithFaults(world.Faults{Delays: 2, Cuts: 3, Restarts: 2}))
}

package scale

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

// Kind is how an agent reaches the random other agent that it calls in a step.
type Kind string

// The kinds of steps. All agents act at the same time, each in a turn of its own.
const (
	Connect   Kind = "connect"   // Container.Connect, which asks whether the agent exists
	Together  Kind = "together"  // Container.ConnectAll for all agents of a container
	Unchecked Kind = "unchecked" // Container.Connect with agent.Unchecked
	Known     Kind = "known"     // a proxy that is kept
	Pairs     Kind = "pairs"     // one call for each pair of containers, with the values for all its agents
)

// Kinds are all kinds.
var Kinds = []Kind{Connect, Together, Unchecked, Known, Pairs}

// Unit is an agent.
type Unit struct {
	agent.Agent
	value int
}

// Poke is what agents call in a step.
func (u *Unit) Poke(value int) int {
	u.value += value
	return u.value
}

// Site is the manager of a container: agent 0. The agents 1 to n are units.
type Site struct {
	agent.Manager
	random *rand.Rand
	units  []*Unit
	bases  []string        // addresses of all containers
	each   int             // units of each container
	known  []*aiomas.Proxy // of random units
}

// newSite registers the manager of a container.
func newSite(c *agent.Container, number int) (*Site, error) {
	s := &Site{random: rand.New(rand.NewPCG(1, uint64(number)))}
	constructors := agent.NewConstructors()
	constructors.Add("scale:Unit", func(c *agent.Container) (*Unit, error) {
		u := &Unit{}
		_, err := c.Register(u, agent.Expose("Poke"))
		return u, err
	})
	_, err := c.Register(s, agent.Manages(constructors), agent.Expose("Populate", "Join", "Learn", "Step", "PokeAll", "Memory"))
	return s, err
}

// Populate spawns n units.
func (s *Site) Populate(ctx context.Context, n int) error {
	for range n {
		if _, err := s.Spawn(ctx, "scale:Unit"); err != nil {
			return err
		}
	}
	return nil
}

// Join tells the site the addresses of all containers, and connects to them.
func (s *Site) Join(ctx context.Context, bases []string, each int) error {
	s.bases, s.each, s.units = bases, each, nil
	for _, a := range s.Container().Agents() {
		if u, ok := a.Self().(*Unit); ok {
			s.units = append(s.units, u)
		}
	}
	return all(ctx, len(bases), func(ctx context.Context, i int) error {
		_, err := s.Container().Connect(ctx, bases[i]+"0", agent.WithRetry(-1))
		return err
	})
}

// other returns the address of a random unit.
func (s *Site) other() string {
	return s.bases[s.random.IntN(len(s.bases))] + strconv.Itoa(1+s.random.IntN(s.each))
}

// others returns the addresses of as many random units as the container has.
func (s *Site) others() []string {
	urls := make([]string, len(s.units))
	for i := range urls {
		urls[i] = s.other()
	}
	return urls
}

// Learn connects to as many random units as the container has.
func (s *Site) Learn(ctx context.Context) error {
	proxies, err := s.Container().ConnectAll(ctx, s.others())
	if err != nil {
		return err
	}
	s.known = proxies
	for i, p := range proxies {
		s.known[i] = p.Sub("poke")
	}
	return nil
}

// Step lets each unit call a random unit, and returns when all calls have returned.
func (s *Site) Step(ctx context.Context, kind Kind) error {
	switch kind {
	case Pairs:
		return s.stepPairs(ctx)
	case Together:
		proxies, err := s.Container().ConnectAll(ctx, s.others())
		if err != nil {
			return err
		}
		return s.send(ctx, func(i int) (*aiomas.Proxy, error) { return proxies[i].Sub("poke"), nil })
	case Known:
		return s.send(ctx, func(int) (*aiomas.Proxy, error) { return s.known[s.random.IntN(len(s.known))], nil })
	case Unchecked:
		return s.send(ctx, func(int) (*aiomas.Proxy, error) {
			p, err := s.Container().Connect(ctx, s.other(), agent.Unchecked())
			if err != nil {
				return nil, err
			}
			return p.Sub("poke"), nil
		})
	case Bare, Touched:
		return fmt.Errorf("%s is no step of agents", kind)
	case Connect:
	}
	urls := s.others()
	return all(ctx, len(s.units), func(ctx context.Context, i int) error {
		return s.units[i].Turn(ctx, func(ctx context.Context) error {
			p, err := s.Container().Connect(ctx, urls[i])
			if err != nil {
				return err
			}
			var value int
			return p.Sub("poke").Call(ctx, &value, 1)
		})
	})
}

// send sends the calls of all units, without waiting in between, and then waits for all.
func (s *Site) send(ctx context.Context, partner func(i int) (*aiomas.Proxy, error)) error {
	calls, values := make([]*aiomas.Pending, 0, len(s.units)), make([]int, len(s.units))
	for i := range s.units {
		p, err := partner(i)
		if err != nil {
			return err
		}
		calls = append(calls, p.Go(ctx, &values[i], 1))
	}
	for _, c := range calls {
		if err := c.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stepPairs collects what the units want to send, and sends it with one call for each
// container.
func (s *Site) stepPairs(ctx context.Context) error {
	ids, values := make([][]int, len(s.bases)), make([][]int, len(s.bases))
	for range s.units {
		k := s.random.IntN(len(s.bases))
		ids[k] = append(ids[k], s.random.IntN(s.each))
		values[k] = append(values[k], 1)
	}
	return all(ctx, len(s.bases), func(ctx context.Context, k int) error {
		p, err := s.Container().Connect(ctx, s.bases[k]+"0")
		if err != nil {
			return err
		}
		var results []int
		return p.Sub("poke_all").Call(ctx, &results, ids[k], values[k])
	})
}

// PokeAll pokes many units.
func (s *Site) PokeAll(ctx context.Context, ids, values []int) ([]int, error) {
	results := make([]int, len(ids))
	for i, id := range ids {
		results[i] = s.units[id].Poke(values[i])
	}
	return results, nil
}

// Memory returns the process's live heap and resident memory in bytes, the CPU time that
// it has used in ns, how much of it this call has used, and the container's connections.
func (s *Site) Memory() []int64 {
	began := proc.Self().CPU
	for range 3 { // pools are empty after two
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := proc.Self()
	return []int64{int64(m.HeapAlloc), u.RSS, u.CPU, u.CPU - began, int64(len(s.Container().Clients()))}
}

// all calls f for 0 to n-1, each in a goroutine of its own, outside the caller's turn.
func all(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	return aiomas.Await(ctx, func() error {
		ctx := aiomas.WithoutTurn(ctx)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var errs []error
		for i := range n {
			wg.Go(func() {
				if err := f(ctx, i); err != nil {
					mu.Lock()
					defer mu.Unlock()
					if len(errs) < 3 {
						errs = append(errs, err)
					}
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	})
}

// Host is the manager of a process with several containers.
type Host struct {
	agent.Manager
	sites []*Site
}

// Open makes containers, and returns the addresses of their managers.
func (h *Host) Open(ctx context.Context, addrs []string) ([]string, error) {
	var urls []string
	for i, addr := range addrs {
		s, err := open(ctx, addr, i)
		if err != nil {
			return nil, err
		}
		h.sites = append(h.sites, s)
		urls = append(urls, s.Addr())
	}
	return urls, nil
}

func open(ctx context.Context, addr string, number int, opts ...agent.Option) (*Site, error) {
	var s *Site
	_, err := agent.NewContainer(ctx, addr, append(opts, agent.ShareConnections(), agent.WithAgents(func(c *agent.Container) (err error) {
		s, err = newSite(c, number)
		return err
	}))...)
	return s, err
}

// Member is the main function of a process with several containers.
func Member(ctx context.Context, addr string) error {
	h := &Host{}
	err := agent.RunManager(ctx, addr, agent.ManagerConfig{
		Register: func(c *agent.Container, manages agent.RegisterOption) (*agent.Manager, error) {
			_, err := c.Register(h, manages, agent.Expose("Open"))
			return &h.Manager, err
		},
		Ready: func(m *agent.Manager) { fmt.Println("ready", m.Addr()) },
		Grace: time.Millisecond,
	})
	for _, s := range h.sites {
		_ = s.Container().Close()
	}
	return err
}

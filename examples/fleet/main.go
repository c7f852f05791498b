// Command fleet simulates a town in lock-step: houses in many processes, some of them on
// Python's aiomas, of which one is killed and comes back.
//
//	go run ./examples/fleet -plot fleet.svg
//	go run ./examples/fleet -python /path/to/python -members 10 -agents 10000 -plot fleet.svg
//
// With -python, a third of the members run town.py beside this file.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/fleet"
)

// House is an agent.
type House struct {
	agent.Agent
	load int
}

// Town is the manager of a member.
type Town struct{ agent.Manager }

// Load is that of all houses of the member.
func (t *Town) Load() (sum int) {
	for _, a := range t.Container().Agents() {
		if h, ok := a.Self().(*House); ok {
			sum += h.load
		}
	}
	return sum
}

// member is the main function of a member in Go.
func member(ctx context.Context, listen string) error {
	constructors := agent.NewConstructors()
	constructors.Add("town:House", func(c *agent.Container, number int) (*House, error) {
		h := &House{load: number % 10}
		_, err := c.Register(h)
		return h, err
	})
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	return agent.RunManager(ctx, listen, agent.ManagerConfig{
		Constructors: constructors,
		Register: func(c *agent.Container, manages agent.RegisterOption) (*agent.Manager, error) {
			town := &Town{}
			_, err := c.Register(town, manages, agent.Expose("Load"))
			return &town.Manager, err
		},
		Ready: func(m *agent.Manager) { fmt.Println("ready", m.Addr()) },
	}, agent.WithClock(clock.NewExternal(start, 0)))
}

// settings are what the flags say.
type settings struct {
	members, agents, steps int
	python, script, plot   string
}

func main() {
	var s settings
	listen := flag.String("member", "", "be a member that listens at this address")
	flag.IntVar(&s.members, "members", 10, "how many members")
	flag.IntVar(&s.agents, "agents", 10_000, "how many agents")
	flag.IntVar(&s.steps, "steps", 60, "how many steps")
	flag.StringVar(&s.python, "python", "", "a Python with aiomas for a third of the members; none if empty")
	flag.StringVar(&s.script, "script", "examples/fleet/town.py", "what that runs")
	flag.StringVar(&s.plot, "plot", "", "where to draw the steps, as SVG")
	flag.Parse()
	var err error
	if *listen != "" {
		err = member(context.Background(), *listen)
	} else {
		err = drive(context.Background(), s)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// processes are the members.
func (s settings) processes() (fleet.Source, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ports := make([]string, s.members) // a container in Python must know its own beforehand
	for i := range ports {
		if ports[i], err = freePort(); err != nil {
			return nil, err
		}
	}
	return fleet.Processes(s.members, func(i int, listen string) (*exec.Cmd, string) {
		var cmd *exec.Cmd
		url := ""
		switch {
		case s.python != "" && i%3 == 2:
			cmd, url = exec.Command(s.python, s.script, ports[i]), "tcp://"+ports[i]+"/0"
		case listen == "":
			cmd = exec.Command(self, "-member", "tcp://127.0.0.1:0")
		default: // it was lost
			cmd = exec.Command(self, "-member", listen)
		}
		cmd.Stderr = os.Stderr
		return cmd, url
	}), nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() //nolint:errcheck // only its port is wanted
	return l.Addr().String(), nil
}

// drive opens the fleet, and lets it go through its steps.
func drive(ctx context.Context, s settings) error {
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the program ends
	source, err := s.processes()
	if err != nil {
		return err
	}
	p := &plot{}
	f, err := fleet.Open(ctx, c, source, fleet.Options{
		Place:  fleet.Least,
		OnLost: fleet.Restart,
		Lost:   func(m *fleet.Member, err error) { fmt.Println("lost:", err) },
		Back:   func(m *fleet.Member, n int, err error) { fmt.Println("back:", m, "with", n, "agents", err) },
	})
	if err != nil {
		return err
	}
	defer f.Stop(ctx) //nolint:errcheck // the program ends
	began := time.Now()
	if _, err := f.SpawnN(ctx, s.agents, "town:House", func(i int) []any { return []any{i} }); err != nil {
		return err
	}
	fmt.Printf("%d agents in %d members after %v\n", s.agents, s.members, time.Since(began).Round(time.Millisecond))
	for i := range s.steps {
		if i == s.steps/2 {
			m := f.Members()[0]
			fmt.Println("killed:", m)
			p.note(i, "killed: "+m.Name())
			if killed, err := os.FindProcess(m.Process().PID()); err == nil {
				_ = killed.Kill()
			}
		}
		began := time.Now()
		if err := f.SetTime(ctx, float64(60*(i+1))); err != nil {
			return err
		}
		if err := f.Settle(ctx); err != nil {
			return err
		}
		loads, err := fleet.Each[int](ctx, f, "load")
		if err != nil {
			return err
		}
		p.step(time.Since(began), loads)
	}
	fmt.Printf("%d steps, the longest %v, the load is %d\n", s.steps, p.longest().Round(time.Microsecond), p.last())
	if s.plot == "" {
		return nil
	}
	fmt.Println("drawn:", s.plot)
	return os.WriteFile(s.plot, p.svg(), 0o600)
}

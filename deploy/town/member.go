package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
)

// House is an agent.
type House struct {
	agent.Agent
	number int
}

// Number returns the house's number.
func (h *House) Number() int { return h.number }

// Ask returns the number of another house, of any member. The caller learns by the type of the exception that the other
// one cannot be reached, or is not there again yet.
func (h *House) Ask(ctx context.Context, addr string) (number int, err error) {
	other, err := h.Container().Connect(ctx, addr)
	if err == nil {
		number, err = aiomas.Call[int](ctx, other.Sub("number"))
	}
	if err != nil {
		return 0, away.Errorf("house %s: %w", addr, err)
	}
	return number, nil
}

// away is the type of the exception for a house that does not answer.
const away aiomas.ExceptionType = "ConnectionError"

// Town is the manager of a member.
type Town struct{ agent.Manager }

// Sum returns the sum of the numbers of the member's houses.
func (t *Town) Sum() (sum int) {
	for _, a := range t.Container().Agents() {
		if h, ok := a.Self().(*House); ok {
			sum += h.number
		}
	}
	return sum
}

// member runs a container with a manager until SIGTERM, or until the driver stops it.
func member(ctx context.Context, args []string) error {
	var p place
	flags := flag.NewFlagSet("town member", flag.ContinueOnError)
	p.add(flags, "tcp://0.0.0.0:5555")
	probe := flags.String("probe", "", "address for health probes, if the container does not listen on TCP: tcp://HOST:PORT")
	grace := flags.Duration("grace", 10*time.Second, "time for calls in progress to finish at the end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	opts, end, err := p.options(ctx)
	if err != nil {
		return err
	}
	defer end()
	constructors := agent.NewConstructors()
	constructors.Add("town:House", func(c *agent.Container, number int) (*House, error) {
		h := &House{number: number}
		_, err := c.Register(h, agent.Expose("Number", "Ask"))
		return h, err
	})
	probes := aiomas.NewServer(aiomas.NewRouter()) // it exposes nothing: an exception is an answer, too
	defer probes.Close()                           //nolint:errcheck // the program ends
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	return agent.RunManager(ctx, p.listen, agent.ManagerConfig{
		Constructors: constructors,
		Register: func(c *agent.Container, manages agent.RegisterOption) (*agent.Manager, error) {
			town := &Town{}
			_, err := c.Register(town, manages, agent.Expose("Sum"))
			return &town.Manager, err
		},
		Ready: func(m *agent.Manager) {
			if *probe != "" {
				go probes.ListenAndServe(ctx, *probe) //nolint:errcheck // a probe that fails says it
			}
			fmt.Fprintln(os.Stdout, "ready", m.Addr())
		},
		Grace: *grace,
	}, append(opts, agent.WithClock(clock.NewExternal(start, 0)))...)
}

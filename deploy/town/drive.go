package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/fleet"
)

// driver lets the houses of a town ask each other, step by step.
type driver struct {
	place
	managers, start string
	members         int
	agents, steps   int
	pause, ready    time.Duration

	fleet  *fleet.Fleet
	houses []*fleet.Agent
	calls  int // that were made, and those that were lost with a member
	lost   int
}

// drive opens the fleet, goes through all steps, and stops the members: those that an engine starts again are then
// without agents, ready for the next driver.
func drive(ctx context.Context, args []string) error {
	d := &driver{}
	flags := flag.NewFlagSet("town drive", flag.ContinueOnError)
	d.add(flags, "tcp://0.0.0.0:0")
	flags.StringVar(&d.managers, "managers", "", "addresses of managers that are started elsewhere: tcp://member-[0-2].members:5555/0,…")
	flags.StringVar(&d.start, "start", "", "command that starts a member; its number is added, and its last address after a loss")
	flags.IntVar(&d.members, "members", 3, "number of members, for -start")
	flags.IntVar(&d.agents, "agents", 300, "number of houses")
	flags.IntVar(&d.steps, "steps", 100, "number of steps")
	flags.DurationVar(&d.pause, "pause", 100*time.Millisecond, "time between steps")
	flags.DurationVar(&d.ready, "ready", 2*time.Minute, "time for a member to become ready")
	if err := flags.Parse(args); err != nil {
		return err
	}
	opts, end, err := d.options(ctx)
	if err != nil {
		return err
	}
	defer end()
	c, err := agent.NewContainer(ctx, d.listen, opts...)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the program ends
	source, err := d.source()
	if err != nil {
		return err
	}
	d.fleet, err = fleet.Open(ctx, c, source, fleet.Options{
		OnLost: fleet.Restart, Ready: d.ready,
		Lost: func(m *fleet.Member, err error) { slog.Warn("lost", "member", m.Name(), "err", err) },
		Back: func(m *fleet.Member, n int, err error) {
			slog.Info("back", "member", m.Name(), "agents", n, "err", err)
		},
	})
	if err != nil {
		return err
	}
	err = d.run(ctx)
	// The context may have ended, and the members must be stopped all the same.
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, d.fleet.Stop(stop))
}

// source is where the members come from.
func (d *driver) source() (fleet.Source, error) {
	switch {
	case d.managers != "":
		urls, err := expand(d.managers)
		return fleet.Addresses(urls...), err
	case d.start != "":
		command := strings.Fields(d.start)
		return fleet.Processes(d.members, func(i int, listen string) (*exec.Cmd, string) {
			args := append(command[1:len(command):len(command)], strconv.Itoa(i))
			if listen != "" {
				args = append(args, listen)
			}
			cmd := exec.Command(command[0], args...) //nolint:noctx // the fleet ends it
			cmd.Stderr = os.Stderr
			return cmd, "" // it prints its address
		}), nil
	}
	return nil, errors.New("want -managers or -start")
}

func (d *driver) run(ctx context.Context) (err error) {
	d.houses, err = d.fleet.SpawnN(ctx, d.agents, "town:House", func(i int) []any { return []any{i} })
	if err != nil {
		return err
	}
	slog.Info("spawned", "agents", len(d.houses), "first", d.houses[0].Addr(), "last", d.houses[len(d.houses)-1].Addr())
	i := 0
	for ; i < d.steps && ctx.Err() == nil; i++ { // until SIGTERM
		// A step that has begun is finished.
		if err := d.step(context.WithoutCancel(ctx), i); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		select {
		case <-time.After(d.pause):
		case <-ctx.Done():
		}
	}
	slog.Info("done", "steps", i, "calls", d.calls, "lost", d.lost)
	return nil
}

// step sets the time, lets a house ask the next one, and checks that all houses are there. Calls of a member that is lost
// meanwhile fail with an error that says so, and the town goes on.
func (d *driver) step(ctx context.Context, i int) error {
	if err := d.fleet.SetTime(ctx, float64(60*(i+1))); err != nil {
		return err
	}
	asking, next := d.houses[i%len(d.houses)], (i+1)%len(d.houses)
	var number int
	p, err := asking.Proxy(ctx)
	if err == nil {
		err = p.Sub("ask").Call(ctx, &number, d.houses[next].Addr())
	}
	if d.count(&err); err != nil {
		return err
	}
	sums, err := fleet.Each[int](ctx, d.fleet, "sum")
	whole := err == nil
	if d.count(&err); err != nil {
		return err
	}
	sum := 0
	for _, s := range sums {
		sum += s
	}
	if want := len(d.houses) * (len(d.houses) - 1) / 2; whole && sum != want {
		return fmt.Errorf("the sum of all houses is %d, not %d", sum, want)
	}
	slog.Info("step", "step", i, "sum", sum, "calls", d.calls, "lost", d.lost)
	return nil
}

// count counts a call, and clears an error that means that the member was lost during the call, or the one that it asked.
func (d *driver) count(err *error) {
	d.calls++
	if errors.Is(*err, fleet.ErrLost) || errors.Is(*err, aiomas.ErrConnection) || errors.Is(*err, away) {
		slog.Warn("a call was lost", "err", *err)
		d.lost++
		*err = nil
	}
}

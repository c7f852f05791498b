// Command main is built by a test beside what gen go writes of agents.py: with an address it calls the agent there, and
// without it is one.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

type trader struct{ UnimplementedTrader }

func (trader) Bid(_ context.Context, price float64, at time.Time, unit string) (string, error) {
	return fmt.Sprintf("%v %s at %s", price, unit, at.Format("2006-01-02T15:04:05-07:00")), nil
}

func run(ctx context.Context) error {
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	defer c.Close()
	if len(os.Args) == 1 {
		a, err := RegisterTrader(c, trader{})
		if err != nil {
			return err
		}
		fmt.Println("ready", a.Addr())
		return c.Run(ctx)
	}
	p, err := c.Connect(ctx, os.Args[1])
	if err != nil {
		return err
	}
	text, err := NewTraderClient(p).Bid(ctx, 1.5, time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), TraderBidUnit("USD"))
	fmt.Println(p, text)
	return err
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

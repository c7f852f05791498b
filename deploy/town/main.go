// Command town is the program of the files in deploy: a member of a fleet, and its driver. Started by the name aiomas, it
// is the command line, for health probes. Replace member.go and drive.go by your own agents and what is done with them.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/cmd/aiomas/cli"
	"github.com/aiomas-go/aiomas-go/nats"
)

func main() {
	if filepath.Base(os.Args[0]) == "aiomas" {
		cli.Main()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		slog.Error("ended", "err", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: town member|drive [flags]")
	}
	switch args[0] {
	case "member":
		return member(ctx, args[1:])
	case "drive":
		return drive(ctx, args[1:])
	}
	return fmt.Errorf("unknown command %q: want member or drive", args[0])
}

// place is where a container of this program listens.
type place struct{ listen, host, broker string }

func (p *place) add(flags *flag.FlagSet, listen string) {
	flags.StringVar(&p.listen, "listen", listen, "address of the container: tcp://HOST:PORT, or nats://NAME")
	flags.StringVar(&p.host, "host", "", "host in the addresses of agents, if it is not that of -listen; default for 0.0.0.0: the name of this machine")
	flags.StringVar(&p.broker, "nats", "", "URL of the NATS server for addresses nats://NAME")
}

// options are those of the container, and what to call when it has ended.
func (p *place) options(ctx context.Context) (opts []agent.Option, end func(), err error) {
	opts = []agent.Option{agent.WithHost(p.host)}
	if p.broker == "" {
		return opts, func() {}, nil
	}
	names, err := nats.Connect(ctx, p.broker, nats.Options{})
	if err != nil {
		return nil, nil, err
	}
	return append(opts, agent.WithTransport("nats", names)), func() { _ = names.Close() }, nil
}

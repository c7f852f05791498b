package fleet_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/fleet"
	"go.uber.org/goleak"
)

const roleVariable = "AIOMAS_TEST_ROLE"

// TestMain makes the test program play members, too.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, role, "failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func play(role string, args []string) error {
	ctx := context.Background()
	start := agent.WithClock(clock.NewExternal(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), 0))
	config := agent.ManagerConfig{Constructors: constructors(), Register: newTown}
	switch role {
	case "mute":
		<-time.After(time.Hour) // select {} would be a deadlock that the runtime reports
	case "joins":
		return fleet.RunMember(ctx, args[0], args[1], append(args, "tcp://127.0.0.1:0")[2], config, start)
	case "ends":
		config.Ready = func(m *agent.Manager) {
			fmt.Println("ready", m.Addr())
			m.Stop()
		}
		return agent.RunManager(ctx, args[0], config, start)
	}
	config.Ready = func(m *agent.Manager) { fmt.Println("ready", m.Addr()) }
	return agent.RunManager(ctx, args[0], config, start)
}

// Town is a manager with methods of its own.
type Town struct{ agent.Manager }

// PID tells which process it is.
func (*Town) PID() int { return os.Getpid() }

// Hang does not return before its caller is gone.
func (*Town) Hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func newTown(c *agent.Container, manages agent.RegisterOption) (*agent.Manager, error) {
	town := &Town{}
	_, err := c.Register(town, manages, agent.Expose("PID", "TriggerAll", "Power"), agent.ExposeMethod("Hang", aiomas.Concurrent()))
	return &town.Manager, err
}

// House is an agent.
type House struct {
	agent.Agent
	number int
}

// Number is the house's.
func (h *House) Number() int { return h.number }

func constructors() *agent.Constructors {
	cs := agent.NewConstructors()
	cs.Add("town:House", func(c *agent.Container, number int) (*House, error) {
		h := &House{number: number}
		if number < 0 {
			return nil, aiomas.ValueError.Errorf("%d is no number of a house", number)
		}
		_, err := c.Register(h, agent.Expose("Number"))
		return h, err
	})
	addExamples(cs)
	return cs
}

func newContainer(t testing.TB, opts ...agent.Option) *agent.Container {
	t.Helper()
	c, err := agent.NewContainer(t.Context(), "tcp://127.0.0.1:0", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func command(role string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// members are processes that print their addresses.
func members(n int) fleet.Source {
	return fleet.Processes(n, func(_ int, listen string) (*exec.Cmd, string) {
		if listen == "" {
			listen = "tcp://127.0.0.1:0"
		}
		return command("member", listen), ""
	})
}

func open(t testing.TB, c *agent.Container, s fleet.Source, o fleet.Options) *fleet.Fleet {
	t.Helper()
	f, err := fleet.Open(t.Context(), c, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func stop(t testing.TB, f *fleet.Fleet) {
	t.Helper()
	if err := f.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// local opens a fleet of containers in this process.
func local(t testing.TB, n int, o fleet.Options) *fleet.Fleet {
	t.Helper()
	return open(t, newContainer(t), fleet.Addresses(towns(t, n)...), o)
}

// towns are managers in this process.
func towns(t testing.TB, n int) (urls []string) {
	t.Helper()
	for range n {
		c := newContainer(t, agent.WithClock(clock.NewExternal(time.Unix(0, 0), 0)))
		m, err := newTown(c, agent.Manages(constructors()))
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, m.Addr())
	}
	return urls
}

func numbers(i int) []any { return []any{i} }

package agent_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

const roleVariable = "AIOMAS_TEST_ROLE"

// roles are what the processes that tests start do, besides those in play.
var roles = map[string]func(ctx context.Context) error{}

// play is the main function of the processes that tests start.
func play(role string) int {
	var err error
	if f := roles[role]; f != nil {
		if err := f(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, role, "failed:", err)
			return 1
		}
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch role {
	case "manager":
		fmt.Println("something else first")
		err = playManager(ctx)
	case "quitter":
		fmt.Fprintln(os.Stderr, "I quit")
		return 3
	case "stubborn", "failing":
		err = playStubborn(ctx, role == "failing")
	case "mute":
		<-ctx.Done()
	case "plain":
		err = playPlain(ctx, false)
	case "late":
		err = playPlain(ctx, true)
	case "parent":
		err = playParent(ctx)
	case "careless parent":
		err = playCarelessParent(ctx, "manager")
	case "careless parent of a plain one":
		err = playCarelessParent(ctx, "plain")
	case "careless parent of a late one":
		err = playCarelessParent(ctx, "late")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, role, "failed:", err)
		return 1
	}
	return 0
}

func playManager(ctx context.Context) error {
	addr := "tcp://127.0.0.1:0"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	start := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	return agent.RunManager(ctx, addr, agent.ManagerConfig{
		Constructors: constructors(),
		Ready:        func(m *agent.Manager) { fmt.Println("ready", m.Addr()) },
	}, agent.WithClock(clock.NewExternal(start, 0)))
}

// playStubborn is no manager: its stop does nothing, or raises.
func playStubborn(ctx context.Context, fail bool) error {
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	r := aiomas.NewRouter()
	r.Expose("stop", func() error {
		if fail {
			return aiomas.ValueError.New("not now")
		}
		return nil
	})
	a, err := c.Register(r)
	if err != nil {
		return err
	}
	fmt.Println("ready", a.Addr())
	<-ctx.Done()
	return c.Close()
}

// playPlain runs a container without a manager; if it is late, when its parent
// has ended.
func playPlain(ctx context.Context, late bool) error {
	parent := os.Getppid()
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	a, err := c.Register(&Callee{}, agent.Expose("Spam"))
	if err != nil {
		return err
	}
	fmt.Println("ready", a.Addr())
	for late && os.Getppid() == parent {
		time.Sleep(time.Millisecond) //nolint:forbidigo // nothing tells of a parent's end
	}
	return c.Run(ctx)
}

// playParent starts a manager, prints an agent's address and lives until it is
// killed.
func playParent(ctx context.Context) error {
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	cmd := roleCommand("manager")
	var out bytes.Buffer
	cmd.Stdout = &out
	p, err := c.Start(ctx, cmd, "")
	if err != nil {
		return err
	}
	var url string
	if _, url, err = p.Spawn(ctx, "demo:Callee"); err != nil {
		return err
	}
	fmt.Println("ready", url)
	<-ctx.Done()
	return nil
}

// playCarelessParent starts a process whose end nobody but itself sees to.
func playCarelessParent(ctx context.Context, role string) error {
	cmd := roleCommand(role)
	cmd.Stdout = os.Stdout
	if err := cmd.Start(); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func roleCommand(role string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestProcess(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	for _, known := range []bool{false, true} {
		url, args := "", []string{}
		if known { // the way of Python programs: the parent chooses the address
			addr := fmt.Sprintf("tcp://127.0.0.1:%d", testnet.FreePort(t))
			url, args = addr+"/0", []string{addr}
		}
		var out bytes.Buffer
		cmd := roleCommand("manager", args...)
		cmd.Stdout = &out
		p, err := c.Start(t.Context(), cmd, url)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(p.Manager().String(), "ManagerProxy('tcp://127.0.0.1:") || p.PID() == 0 {
			t.Errorf("manager is %v, process %d", p.Manager(), p.PID())
		}
		proxy, addr, err := p.Spawn(t.Context(), "trade:Trader", "Ann", aiomas.Kwargs{"cash": 5})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := aiomas.Call[string](t.Context(), proxy.Sub("describe")); got != "Ann has 5" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if got, err := aiomas.Call[string](t.Context(), connect(t, c, addr).Sub("describe")); got != "Ann has 5" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if _, _, err := p.Spawn(t.Context(), "trade:Tailor"); !errors.Is(err, aiomas.AttributeError) {
			t.Errorf("an unknown class: %v", err)
		}
		if err := p.SetTime(t.Context(), 1); err != nil {
			t.Error(err)
		}
		if err := p.SetTime(t.Context(), 1); !errors.Is(err, aiomas.ValueError) {
			t.Errorf("the same time: %v", err)
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := p.Wait(); err != nil {
			t.Errorf("wait: %v", err)
		}
		<-p.Done()
		p.Kill() // does nothing any more
		wantOut := "something else first\n"
		if known {
			wantOut += "ready " + url + "\n"
		}
		if out.String() != wantOut {
			t.Errorf("it printed %q, want %q", out.String(), wantOut)
		}
		if _, err := c.Connect(t.Context(), addr); !aiomas.IsUnavailable(err) {
			t.Errorf("the agent is still there: %v", err)
		}
	}
}

func TestProcessDoesNotStart(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	quitter := roleCommand("quitter")
	var said bytes.Buffer
	quitter.Stderr = &said
	_, err := c.Start(t.Context(), quitter, "")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || said.String() != "I quit\n" {
		t.Errorf("a process that ends: %v, %q", err, said.String())
	}
	if _, err := c.Start(t.Context(), roleCommand("nobody"), ""); err == nil || errors.As(err, new(*exec.ExitError)) {
		t.Errorf("a process that ends well: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Start(ctx, roleCommand("mute"), ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a process that says nothing: %v", err)
	}
	if _, err := c.Start(t.Context(), exec.Command("/no/such/program"), ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestProcessKilled(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	p, err := c.Start(t.Context(), roleCommand("manager"), "")
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if err := p.Stop(t.Context()); err == nil {
		t.Error("a killed process ended well")
	}
	if err := p.Manager().Sub("stop").Call(t.Context(), nil); !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("call of a killed process: %v", err)
	}
}

// A process that does not stop is killed.
func TestProcessDoesNotStop(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	for role, stop := range map[string]struct {
		within time.Duration
		want   error
	}{
		"stubborn": {100 * time.Millisecond, context.DeadlineExceeded},
		"failing":  {time.Minute, aiomas.ValueError},
	} {
		p, err := c.Start(t.Context(), roleCommand(role), "")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), stop.within)
		if err := p.Stop(ctx); !errors.Is(err, stop.want) {
			t.Errorf("%s: %v", role, err)
		}
		cancel()
		<-p.Done()
		if err := p.Wait(); err == nil {
			t.Errorf("%s: it ended well", role)
		}
	}
}

// When a process dies that started others, they end, too: its own because the
// system tells them, a stranger's because they look after it.
func TestNoOrphans(t *testing.T) {
	for _, role := range []string{"parent", "careless parent", "careless parent of a plain one", "careless parent of a late one"} {
		t.Run(role, func(t *testing.T) {
			parent := roleCommand(role)
			stdout, err := parent.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			killed := false
			kill := func() {
				if !killed {
					killed = true
					_ = parent.Process.Kill()
					_ = parent.Wait()
				}
			}
			defer kill()
			url := ""
			for lines := bufio.NewScanner(stdout); url == "" && lines.Scan(); {
				url, _ = strings.CutPrefix(lines.Text(), "ready ")
				if !strings.HasPrefix(lines.Text(), "ready ") {
					url = ""
				}
			}
			c := newContainer(t, "tcp://127.0.0.1:0")
			child := connect(t, c, url)
			kill()
			select {
			case <-child.Client().Done():
			case <-time.After(20 * time.Second):
				t.Error("the child lives on without its parent")
			}
		})
	}
}

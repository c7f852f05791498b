package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	pipes "github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/fleet"
)

// all asks each agent for its number.
func all(t *testing.T, agents []*fleet.Agent) {
	t.Helper()
	for i, a := range agents {
		p, err := a.Proxy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := aiomas.Call[int](t.Context(), p.Sub("number")); n != i || err != nil {
			t.Errorf("agent %d at %s says %d, %v", i, a.Addr(), n, err)
		}
	}
}

func TestTwoFleetsOfProcesses(t *testing.T) {
	c := newContainer(t)
	one, two := open(t, c, members(2), fleet.Options{}), open(t, c, members(1), fleet.Options{})
	agents, err := one.SpawnN(t.Context(), 7, "town:House", numbers)
	if err != nil {
		t.Fatal(err)
	}
	all(t, agents)
	others, err := two.SpawnN(t.Context(), 3, "town:House", numbers)
	if err != nil {
		t.Fatal(err)
	}
	all(t, others)
	if m := one.Members(); len(m) != 2 || m[0].Agents() != 4 || m[1].Agents() != 3 || m[1].Name() != "1" {
		t.Errorf("members %v", m)
	}
	for _, f := range []*fleet.Fleet{one, two} {
		if err := errors.Join(f.SetTime(t.Context(), 1), f.Settle(t.Context())); err != nil {
			t.Error(err)
		}
		pids, err := fleet.Each[int](t.Context(), f, "pid")
		if err != nil {
			t.Error(err)
		}
		for i, m := range f.Members() {
			if pids[i] != m.Process().PID() {
				t.Errorf("%v is process %d, not %d", m, pids[i], m.Process().PID())
			}
		}
		stop(t, f)
		if _, err := f.Spawn(t.Context(), "town:House", 1); !errors.Is(err, fleet.ErrStopped) {
			t.Errorf("spawn after stop: %v", err)
		}
	}
	if err := one.Stop(t.Context()); !errors.Is(err, fleet.ErrStopped) {
		t.Errorf("stop again: %v", err)
	}
}

func TestPlaces(t *testing.T) {
	f := local(t, 3, fleet.Options{Place: fleet.Least})
	specs := []fleet.Spec{}
	for i := range 12 {
		specs = append(specs, fleet.Spec{Name: "town:House", Args: numbers(i), Key: string(rune('a' + i%4))})
	}
	agents, err := f.SpawnAll(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	used := map[*fleet.Member]bool{}
	for i, a := range agents {
		used[a.Member()] = true
		if a.Member() != agents[i%4].Member() {
			t.Errorf("the key %s is in two members", specs[i].Key)
		}
	}
	if len(used) < 2 {
		t.Error("all keys are in one member")
	}
	if _, err := f.SpawnN(t.Context(), 24, "town:House", numbers); err != nil {
		t.Fatal(err)
	}
	for _, m := range f.Members() {
		if m.Agents() != 12 {
			t.Errorf("%v has %d agents", m, m.Agents())
		}
	}
	a, err := f.SpawnAll(t.Context(), []fleet.Spec{{Name: "town:House", Args: numbers(1), ID: "home"}})
	if err != nil || !strings.HasSuffix(a[0].Addr(), "/home") {
		t.Errorf("got %v, %v", a, err)
	}
	stop(t, f)
}

func TestSpawnNWithOneThatFails(t *testing.T) {
	f := local(t, 2, fleet.Options{})
	agents, err := f.SpawnN(t.Context(), 5, "town:House", func(i int) []any { return []any{i*3 - 1 - 2*i} })
	var own *fleet.MemberError
	if !errors.Is(err, aiomas.ValueError) || !errors.As(err, &own) || !strings.HasPrefix(own.Member, "member 0 (tcp://") || !strings.Contains(err.Error(), "agent 0, town:House") {
		t.Errorf("got %v", err)
	}
	for i, a := range agents {
		if (a == nil) != (i == 0) {
			t.Errorf("agent %d is %v", i, a)
		}
	}
	if m := f.Members(); m[0].Agents() != 2 || m[1].Agents() != 2 {
		t.Errorf("%d and %d agents", m[0].Agents(), m[1].Agents())
	}
	stop(t, f)
}

func TestOpenInVain(t *testing.T) {
	for _, s := range []struct {
		role  string
		ready time.Duration
		want  error
	}{{"mute", 2 * time.Second, fleet.ErrNotReady}, {"no such role", time.Minute, nil}} {
		source := fleet.Processes(2, func(i int, _ string) (*exec.Cmd, string) {
			if i == 0 {
				return command("member", "tcp://127.0.0.1:0"), ""
			}
			if s.want == nil {
				return exec.Command("/bin/false"), ""
			}
			return command(s.role), ""
		})
		_, err := fleet.Open(t.Context(), newContainer(t), source, fleet.Options{Ready: s.ready})
		var own *fleet.MemberError
		if !errors.As(err, &own) || own.Member != "member 1" || own.Op != "open" || s.want != nil && !errors.Is(err, s.want) {
			t.Errorf("%s: %v", s.role, err)
		}
		if text := fmt.Sprint(err); strings.Contains(text, "aiomas: ") || strings.LastIndex(text, "fleet: ") != 0 || strings.Contains(text, "\n") {
			t.Errorf("%s: not one line with one prefix: %s", s.role, text)
		}
	}
}

// A context that has ended ends each operation, and the error names the members.
func TestContextEnds(t *testing.T) {
	f := local(t, 2, fleet.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := fleet.Each[any](ctx, f, "hang") // members that hang
	check := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "member 0 (") || !strings.Contains(err.Error(), "member 1 (") {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("each", err)
	check("set_time", f.SetTime(ctx, 1))
	check("settle", f.Settle(ctx))
	_, err = f.SpawnN(ctx, 2, "town:House", numbers)
	check("spawn", err)
	if _, err := fleet.Open(ctx, newContainer(t), fleet.Addresses("tcp://127.0.0.1:1/0"), fleet.Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("open: %v", err)
	}
	late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	check("settle while members hang", f.Settle(late)) // the calls were given up, but are in progress
	stop(t, f)
}

func TestLost(t *testing.T) {
	for _, on := range []fleet.OnLost{fleet.Fail, fleet.Forget, fleet.Restart} {
		lost, back := make(chan error, 9), make(chan error, 9)
		f := open(t, newContainer(t), members(2), fleet.Options{
			OnLost: on,
			Lost:   func(_ *fleet.Member, err error) { lost <- err },
			Back:   func(_ *fleet.Member, _ int, err error) { back <- err },
		})
		agents, err := f.SpawnN(t.Context(), 6, "town:House", numbers)
		if err == nil {
			err = f.SetTime(t.Context(), 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := os.FindProcess(f.Members()[1].Process().PID())
		if err == nil {
			err = p.Kill()
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := <-lost; !errors.Is(err, fleet.ErrLost) || !strings.Contains(err.Error(), "member 1 (") || !strings.Contains(err.Error(), " (the process: signal: killed)") {
			t.Errorf("lost: %v", err)
		}
		err = errors.Join(f.SetTime(t.Context(), 2), f.Settle(t.Context()))
		if on == fleet.Fail {
			if !errors.Is(err, fleet.ErrLost) || !strings.Contains(err.Error(), "member 1 (") || strings.Contains(err.Error(), "member 0 (") {
				t.Errorf("fail: %v", err)
			}
			if err := f.Stop(t.Context()); !errors.Is(err, fleet.ErrLost) || strings.Contains(err.Error(), "member 0 (") {
				t.Errorf("stop with a dead member: %v", err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%d: %v", on, err)
		}
		if on == fleet.Forget {
			if pids, err := fleet.Each[int](t.Context(), f, "pid"); len(pids) != 1 || err != nil {
				t.Errorf("forget: %v, %v", pids, err)
			}
		} else {
			if err := <-back; err != nil {
				t.Errorf("back: %v", err)
			}
			all(t, agents)
			home := newContainer(t)
			for _, a := range agents { // by their old addresses
				if _, err := home.Connect(t.Context(), a.Addr()); err != nil {
					t.Error(err)
				}
			}
		}
		stop(t, f)
	}
}

func TestJoin(t *testing.T) {
	c := newContainer(t)
	url := c.Addr() + "plant"
	b, a := command("joins", url, "plant-10"), command("joins", url, "plant-9")
	for _, cmd := range []*exec.Cmd{b, a} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	f := open(t, c, fleet.Join("plant", 2), fleet.Options{})
	if m := f.Members(); m[0].Name() != "plant-9" || m[1].Name() != "plant-10" {
		t.Errorf("members %v", m)
	}
	agents, err := f.SpawnN(t.Context(), 4, "town:House", numbers)
	if err != nil {
		t.Fatal(err)
	}
	all(t, agents)
	for name, want := range map[string]string{"plant-9": `the member "plant-9" has joined already`, "plant-11": "the fleet has its 2 members", "": "a member needs a name"} {
		err := fleet.RunMember(t.Context(), url, name, "tcp://127.0.0.1:0", agent.ManagerConfig{})
		if !errors.Is(err, aiomas.ValueError) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q joins: %v", name, err)
		}
	}
	stop(t, f)
	if err := errors.Join(a.Wait(), b.Wait()); err != nil {
		t.Error(err)
	}
}

// Members may be at addresses of a transport of their own.
func TestJoinByTransport(t *testing.T) {
	queue := agent.WithTransport("queue", pipes.NewNetwork().Transport())
	c := newContainer(t, queue)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- fleet.RunMember(ctx, c.Addr()+"plant", "a", "queue://a", agent.ManagerConfig{Constructors: constructors()}, queue)
	}()
	f := open(t, c, fleet.Join("plant", 1), fleet.Options{})
	agents, err := f.SpawnN(t.Context(), 2, "town:House", numbers)
	if err != nil {
		t.Fatal(err)
	}
	if got := agents[0].Addr(); got != "queue://a/1" {
		t.Errorf("an agent's address is %s", got)
	}
	stop(t, f)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

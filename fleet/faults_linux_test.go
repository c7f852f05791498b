package fleet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/fleet"
	"github.com/aiomas-go/aiomas-go/internal/faultproxy"
)

// signal sends sig to the process of a member.
func signal(t *testing.T, m *fleet.Member, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(m.Process().PID(), sig); err != nil {
		t.Fatal(err)
	}
}

// halt makes a member hang. All threads of its process must have stopped: on a busy
// machine they answer for a while.
func halt(t *testing.T, m *fleet.Member) {
	t.Helper()
	signal(t, m, syscall.SIGSTOP)
	tasks := fmt.Sprintf("/proc/%d/task/", m.Process().PID())
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		running := 0
		threads, err := os.ReadDir(tasks)
		for _, thread := range threads {
			stat, _ := os.ReadFile(tasks + thread.Name() + "/stat")
			if !bytes.Contains(stat, []byte(") T ")) {
				running++
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if running == 0 {
			tick.Stop()
			return
		}
	}
}

// heldUp does an operation that member 1 holds up, until its context ends, and returns
// its error. On a busy machine the other member may need more time.
func heldUp(t *testing.T, do func(ctx context.Context) error) error {
	t.Helper()
	for within := 200 * time.Millisecond; ; within *= 4 {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		err := do(ctx)
		cancel()
		if err == nil || !strings.Contains(err.Error(), "member 0 (") || within > time.Minute {
			return err
		}
	}
}

// A process that is stopped hangs: operations end with their contexts, the errors name
// it alone, the other member is not affected, and all works when it goes on.
func TestAMemberHangs(t *testing.T) {
	f := open(t, newContainer(t), members(2), fleet.Options{OnLost: fleet.Restart})
	hangs := f.Members()[1]
	check := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "member 1 (") || strings.Contains(err.Error(), "member 0 (") {
			t.Errorf("%s: %v", what, err)
		}
	}
	halt(t, hangs)
	check("set_time", heldUp(t, func(ctx context.Context) error { return f.SetTime(ctx, 1) }))
	var agents []*fleet.Agent
	check("spawn", heldUp(t, func(ctx context.Context) (err error) {
		agents, err = f.SpawnN(ctx, 6, "town:House", numbers)
		return err
	}))
	for i, a := range agents {
		if (a == nil) != (i%2 == 1) {
			t.Errorf("agent %d is %v", i, a)
		}
	}
	var pids []int
	check("each", heldUp(t, func(ctx context.Context) (err error) {
		pids, err = fleet.Each[int](ctx, f, "pid")
		return err
	}))
	if pids[0] != f.Members()[0].Process().PID() || pids[1] != 0 {
		t.Errorf("pids %v", pids)
	}
	check("settle", heldUp(t, f.Settle))
	if n := hangs.Agents(); n != 0 {
		t.Errorf("%d agents that nobody knows", n)
	}
	signal(t, hangs, syscall.SIGCONT)
	if err := errors.Join(f.SetTime(t.Context(), 2), f.Settle(t.Context())); err != nil {
		t.Error(err)
	}
	agents, err := f.SpawnN(t.Context(), 4, "town:House", numbers)
	if err != nil {
		t.Fatal(err)
	}
	all(t, agents)
	halt(t, hangs)
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	check("stop", f.Stop(ctx)) // it was killed
	if err := hangs.Process().Wait(); err == nil {
		t.Error("a killed process has ended in order")
	}
}

// A time that is refused is not what a restarted member gets.
func TestRestartAfterARefusedTime(t *testing.T) {
	back := make(chan error, 1)
	f := open(t, newContainer(t), members(1), fleet.Options{OnLost: fleet.Restart, Back: func(_ *fleet.Member, _ int, err error) { back <- err }})
	if err := f.SetTime(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	if err := f.SetTime(t.Context(), 3); !errors.Is(err, aiomas.ValueError) {
		t.Errorf("a time in the past: %v", err)
	}
	signal(t, f.Members()[0], syscall.SIGKILL)
	if err := <-back; err != nil {
		t.Fatal(err)
	}
	if err := f.SetTime(t.Context(), 5); err != nil { // it has that time, and its clock would refuse it
		t.Error(err)
	}
	if err := f.SetTime(t.Context(), 4); !errors.Is(err, aiomas.ValueError) {
		t.Errorf("a time in the past of the restarted member: %v", err)
	}
	stop(t, f)
}

// A member whose program ends whenever it is ready is given up, after Ready.
func TestAMemberThatEndsAtOnce(t *testing.T) {
	var begun atomic.Int32
	source := fleet.Processes(1, func(_ int, listen string) (*exec.Cmd, string) {
		role := "ends"
		if begun.Add(1) == 1 {
			role, listen = "member", "tcp://127.0.0.1:0"
		}
		return command(role, listen), ""
	})
	back := make(chan error, 100)
	f := open(t, newContainer(t), source, fleet.Options{OnLost: fleet.Restart, Ready: 2 * time.Second,
		Back: func(_ *fleet.Member, _ int, err error) {
			if err != nil {
				back <- err
			}
		}})
	signal(t, f.Members()[0], syscall.SIGKILL)
	if err := <-back; !errors.Is(err, fleet.ErrLost) || !errors.Is(err, fleet.ErrNotReady) {
		t.Errorf("back: %v", err)
	}
	if n := begun.Load(); n > 10 { // pauses of 0, 10, 20, 40 … 1000 ms
		t.Errorf("it was started %d times in two seconds", n)
	}
	if err := f.SetTime(t.Context(), 1); !errors.Is(err, fleet.ErrLost) {
		t.Errorf("set_time: %v", err)
	}
	if err := f.Stop(t.Context()); !errors.Is(err, fleet.ErrLost) {
		t.Errorf("stop: %v", err)
	}
}

// Only the connection of a member is lost: it has its agents and its time still.
func TestOnlyAConnectionIsLost(t *testing.T) {
	for _, agents := range []int{0, 3} {
		back := make(chan error, 1)
		url := towns(t, 1)[0]
		slash := strings.LastIndexByte(url, '/')
		proxy, err := faultproxy.Start(url[:slash])
		if err != nil {
			t.Fatal(err)
		}
		defer proxy.Close()
		f := open(t, newContainer(t), fleet.Addresses(proxy.Addr+url[slash:]), fleet.Options{OnLost: fleet.Restart, Back: func(_ *fleet.Member, _ int, err error) { back <- err }})
		list, err := f.SpawnN(t.Context(), agents, "town:House", numbers)
		if err == nil {
			err = f.SetTime(t.Context(), 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		proxy.Cut()
		if err := errors.Join(<-back, f.SetTime(t.Context(), 2)); err != nil {
			t.Error(err)
		}
		all(t, list)
		if n := f.Members()[0].Agents(); n != agents {
			t.Errorf("%d agents, not %d", n, agents)
		}
		stop(t, f)
	}
}

// A member that has joined and is lost joins again, with its agents.
func TestJoinAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	listen := "tcp://" + l.Addr().String()
	_ = l.Close()
	c := newContainer(t)
	start := func() *exec.Cmd {
		cmd := command("joins", c.Addr()+"plant", "plant-0", listen)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	lost, back := make(chan error, 1), make(chan error, 1)
	first := start()
	f := open(t, c, fleet.Join("plant", 1), fleet.Options{
		OnLost: fleet.Restart,
		Lost:   func(_ *fleet.Member, err error) { lost <- err },
		Back:   func(_ *fleet.Member, _ int, err error) { back <- err },
	})
	agents, err := f.SpawnN(t.Context(), 3, "town:House", numbers)
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Process.Kill()
	_ = first.Wait()
	if err := <-lost; !errors.Is(err, fleet.ErrLost) {
		t.Errorf("lost: %v", err)
	}
	second := start()
	if err := <-back; err != nil {
		t.Fatal(err)
	}
	all(t, agents)
	stop(t, f)
	if err := second.Wait(); err != nil {
		t.Error(err)
	}
}

// Members of a fleet that could not be opened join the next one.
func TestJoinAfterOpenInVain(t *testing.T) {
	c := newContainer(t)
	cmd := command("joins", c.Addr()+"plant", "plant-0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, err := fleet.Open(t.Context(), c, fleet.Join("plant", 2), fleet.Options{Ready: 5 * time.Second})
	if !errors.Is(err, fleet.ErrNotReady) || !strings.Contains(fmt.Sprint(err), "1 of 2 members have joined") {
		t.Fatalf("open: %v", err)
	}
	f := open(t, c, fleet.Join("plant", 1), fleet.Options{})
	stop(t, f)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

package agent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// Room is an agent whose visitors stay until they are told to leave, without leaving
// the turn.
type Room struct {
	agent.Agent
	entered chan string
	leave   chan struct{}
}

// Stay returns what it was given, once the visitor may leave.
func (r *Room) Stay(name string) string {
	r.entered <- name
	<-r.leave
	return name
}

// Visit is Stay, exposed with Concurrent.
func (r *Room) Visit(name string) string { return r.Stay(name) }

// Echo returns what it was given.
func (r *Room) Echo(name string) string { return name }

// newRoom registers an agent with the channels of all rooms of a test.
func newRoom(t *testing.T, c *agent.Container, like *Room, opts ...agent.RegisterOption) *Room {
	t.Helper()
	r := &Room{entered: like.entered, leave: like.leave}
	opts = append(opts, agent.Expose("Stay", "Echo"), agent.ExposeMethod("Visit", aiomas.Concurrent()))
	if _, err := c.Register(r, opts...); err != nil {
		t.Fatal(err)
	}
	return r
}

func newRoomChannels() *Room {
	return &Room{entered: make(chan string, 100), leave: make(chan struct{}, 100)}
}

// goCalls starts calls of a method.
func goCalls(t *testing.T, p *aiomas.Proxy, method string, names ...string) (pending []*aiomas.Pending) {
	t.Helper()
	for _, name := range names {
		pending = append(pending, p.Sub(method).Go(t.Context(), nil, name))
	}
	return pending
}

func waitFor(t *testing.T, pending ...*aiomas.Pending) {
	t.Helper()
	for _, p := range pending {
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// What an agent is registered with counts more than what its container has, and what a
// method is exposed with more than both.
func TestTurnsOfContainersAgentsAndMethods(t *testing.T) {
	take := func(turns agent.Turns) []agent.RegisterOption {
		return []agent.RegisterOption{agent.TakeTurns(turns)}
	}
	for name, c := range map[string]struct {
		container              agent.Turns
		first, second          []agent.RegisterOption
		method                 string // of the second call
		sameAgent, otherAgents bool   // are two calls handled at the same time?
	}{
		"per agent":                        {container: agent.PerAgent, method: "stay", otherAgents: true},
		"per container":                    {container: agent.PerContainer, method: "stay"},
		"none":                             {container: agent.NoTurns, method: "stay", sameAgent: true, otherAgents: true},
		"per agent, the method none":       {container: agent.PerAgent, method: "visit", sameAgent: true, otherAgents: true},
		"per container, the method none":   {container: agent.PerContainer, method: "visit", sameAgent: true, otherAgents: true},
		"per agent, the first none":        {container: agent.PerAgent, first: take(agent.NoTurns), method: "stay", sameAgent: true, otherAgents: true},
		"per container, the second its":    {container: agent.PerContainer, second: take(agent.PerAgent), method: "stay", otherAgents: true},
		"none, the first its own":          {container: agent.NoTurns, first: take(agent.PerAgent), method: "stay", otherAgents: true},
		"none, both those of a container":  {container: agent.NoTurns, first: take(agent.PerContainer), second: take(agent.PerContainer), method: "stay"},
		"per agent, both of the container": {container: agent.PerAgent, first: take(agent.PerContainer), second: take(agent.PerContainer), method: "stay"},
	} {
		t.Run(name, func(t *testing.T) {
			here := newContainer(t, "tcp://127.0.0.1:0")
			there := newContainer(t, "tcp://127.0.0.1:0", agent.WithTurns(c.container))
			like := newRoomChannels()
			first := connect(t, here, newRoom(t, there, like, c.first...).Addr())
			second := connect(t, here, newRoom(t, there, like, c.second...).Addr())
			free := connect(t, here, newRoom(t, there, like, agent.TakeTurns(agent.NoTurns)).Addr())
			check := func(what string, other *aiomas.Proxy, atOnce bool) {
				t.Helper()
				calls := goCalls(t, first, "stay", "one")
				<-like.entered
				calls = append(calls, goCalls(t, other, c.method, "two")...)
				if atOnce {
					<-like.entered
				} else {
					// It has been read when a later call is answered.
					waitFor(t, goCalls(t, free, "echo", "three")...)
					if len(like.entered) > 0 {
						t.Errorf("two calls of %s are handled at the same time", what)
					}
				}
				like.leave <- struct{}{}
				like.leave <- struct{}{}
				waitFor(t, calls...)
				for len(like.entered) > 0 {
					<-like.entered
				}
			}
			check("one agent", first, c.sameAgent)
			check("two agents", second, c.otherAgents)
		})
	}
}

// Calls that wait for their turn when their agent is taken out of its container are
// answered as calls of an agent that never was, and those of others go on.
func TestUnregisterWhileCallsWait(t *testing.T) {
	here, there := newContainer(t, "tcp://127.0.0.1:0"), newContainer(t, "tcp://127.0.0.1:0")
	like := newRoomChannels()
	gone, stays := newRoom(t, there, like), newRoom(t, there, like)
	p, other := connect(t, here, gone.Addr()), connect(t, here, stays.Addr())
	inside := goCalls(t, p, "stay", "inside")
	<-like.entered
	waiting := goCalls(t, p, "stay", "a", "b", "c")
	waitFor(t, goCalls(t, other, "echo", "read")...) // and what was sent before it
	if !there.Unregister(gone.ID()) {
		t.Fatal("it was not there")
	}
	waitFor(t, goCalls(t, other, "echo", "goes on")...)
	like.leave <- struct{}{}
	waitFor(t, inside...)
	never := p.Sub("stay").Call(t.Context(), nil, "later")
	var want *aiomas.RemoteError
	if !errors.As(never, &want) {
		t.Fatalf("a call of an agent that is gone: %v", never)
	}
	for _, w := range waiting {
		var got *aiomas.RemoteError
		if err := w.Wait(t.Context()); !errors.As(err, &got) || got.Type != want.Type || got.Message != want.Message {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if n := len(like.entered); n > 0 {
		t.Errorf("%d calls reached an agent that is gone", n)
	}
}

// A method that neither ends nor leaves its turn holds up its own agent only: also when
// all methods have been so quick that the goroutine that reads calls them itself. It
// does not hold up Shutdown beyond its time.
func TestAMethodThatNeverEnds(t *testing.T) {
	here, there := newContainer(t, "tcp://127.0.0.1:0"), newContainer(t, "tcp://127.0.0.1:0")
	like := newRoomChannels()
	stuck := connect(t, here, newRoom(t, there, like).Addr())
	other := connect(t, here, newRoom(t, there, like).Addr())
	for range 40 {
		waitFor(t, goCalls(t, other, "echo", make([]string, 64)...)...)
	}
	calls := goCalls(t, other, "echo", "a", "b")
	hanging := goCalls(t, stuck, "stay", "for ever")
	waiting := goCalls(t, stuck, "echo", "waits")
	calls = append(calls, goCalls(t, other, "echo", "c", "d")...)
	<-like.entered
	waitFor(t, calls...)
	waitFor(t, goCalls(t, other, "echo", "e")...)
	select {
	case <-waiting[0].Done():
		t.Error("two methods of one agent were called at the same time")
	default:
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := there.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	for _, p := range append(hanging, waiting...) {
		if err := p.Wait(t.Context()); err == nil {
			t.Error("a call of the agent was answered")
		}
	}
	close(like.leave)
}

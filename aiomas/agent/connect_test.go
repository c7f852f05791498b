package agent_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/internal/testlog"
)

func TestConnectErrors(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	nobody, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free in a moment
	if err != nil {
		t.Fatal(err)
	}
	free := nobody.Addr().String()
	_ = nobody.Close()
	for _, call := range []struct {
		url  string
		is   error
		text string
	}{
		{"tcp://localhost", aiomas.ValueError, `aiomas: Cannot parse agent URL "tcp://localhost": not enough values to unpack (expected 2, got 1); want tcp://host:port/id`},
		{c.Addr() + "7", agent.ErrNoAgent, `aiomas: Agent "7" does not exist in Container(('127.0.0.1', ` + c.Addr()[len("tcp://127.0.0.1:"):len(c.Addr())-1] + `))`},
		{c.Addr() + "7", aiomas.ExceptionType("ConnectionError"), ""},
		{"tcp://" + free + "/0", syscall.ECONNREFUSED, ""},
		{"ipc://[" + socketPath(t, "missing") + "]/0", fs.ErrNotExist, ""},
		{"local://" + t.Name() + "/0", syscall.ECONNREFUSED, ""},
	} {
		p, err := c.Connect(t.Context(), call.url)
		if p != nil || !errors.Is(err, call.is) || call.text != "" && err.Error() != call.text {
			t.Errorf("%s: got %v, %v", call.url, p, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Connect(ctx, "tcp://"+free+"/0"); !errors.Is(err, context.Canceled) {
		t.Errorf("context: %v", err)
	}
	// An agent that did not exist is asked for again.
	url := c.Addr() + "0"
	if _, err := c.Connect(t.Context(), url); !errors.Is(err, agent.ErrNoAgent) {
		t.Error(err)
	}
	newCallee(t, c)
	connect(t, c, url)
}

// With time standing still between attempts, it takes as long as it was told to.
func TestConnectRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := local.NewNetwork()
		a := newContainer(t, "local://a", agent.WithNetwork(net))
		start := time.Now()
		if _, err := a.Connect(t.Context(), "local://b/0", agent.WithRetry(3*time.Second)); !aiomas.IsUnavailable(err) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("gave up after %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := a.Connect(ctx, "local://b/0", agent.WithRetry(-1)); !errors.Is(err, context.DeadlineExceeded) || !aiomas.IsUnavailable(err) {
			t.Errorf("got %v", err)
		}
		time.AfterFunc(time.Minute, func() {
			b, err := agent.NewContainer(t.Context(), "local://b", agent.WithNetwork(net))
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = b.Close() })
			newCallee(t, b)
		})
		connect(t, a, "local://b/0", agent.WithRetry(-1))
		// Without retries there is one attempt, also while another caller tries.
		others := make(chan error)
		go func() {
			_, err := a.Connect(t.Context(), "local://c/0", agent.WithRetry(time.Hour))
			others <- err
		}()
		synctest.Wait()
		start = time.Now()
		if _, err := a.Connect(t.Context(), "local://c/0"); !aiomas.IsUnavailable(err) || time.Since(start) != 0 {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		shutdown(t, a)
		if err := <-others; !errors.Is(err, aiomas.ErrClosed) {
			t.Errorf("connect during shutdown: %v", err)
		}
	})
}

// dialler tells of each connection that is begun, and holds it up until the gate
// opens.
func dialler(begun chan<- struct{}, gate <-chan struct{}) agent.Option {
	return agent.WithOutgoing(aiomas.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		begun <- struct{}{}
		select {
		case <-gate:
			return new(net.Dialer).DialContext(ctx, network, address)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}))
}

// However an address is written, it leads to the same connection, and to a new one after a loss.
func TestSpellingsOfAnAddress(t *testing.T) {
	away, err := agent.NewContainer(t.Context(), "tcp://[::1]:0")
	if err != nil {
		t.Skip("NOT TESTED: no IPv6 here:", err)
	}
	defer away.Close()
	home := newContainer(t, "tcp://127.0.0.1:0")
	url := newCallee(t, away).Addr() // tcp://::1:port/0
	a := parseAddr(t, away)
	first := connect(t, home, fmt.Sprintf("tcp://[::1]:0%d/0", a.Port))
	for range 2 {
		for _, other := range []string{url, fmt.Sprintf("tcp://[::1]:%d/0", a.Port), fmt.Sprintf("tcp://::1:0%d/0", a.Port)} {
			if p := connect(t, home, other); p.Client() != first.Client() || p.String() != "CalleeProxy('"+other+"')" {
				t.Errorf("%s: %v on another connection", other, p)
			}
		}
	}
	_ = first.Client().Close()
	<-first.Client().Done()
	if p := connect(t, home, url); p.Client() == first.Client() || p.Sub("spam").Call(t.Context(), nil, 1) != nil {
		t.Errorf("%v is on the connection that has ended", p)
	}
}

// Callers at one time share one attempt; it goes on as long as one of them
// waits, and ends with the last.
func TestConnectIsJoined(t *testing.T) {
	begun, gate := make(chan struct{}, 100), make(chan struct{})
	a := newContainer(t, "tcp://127.0.0.1:0", dialler(begun, gate))
	var validated atomic.Int32
	b := newContainer(t, "tcp://127.0.0.1:0", agent.WithConnection(aiomas.WithHandlerInterceptors(
		func(ctx context.Context, call aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
			if call.Path == "validate_aid" {
				validated.Add(1)
			}
			return next(ctx)
		})))
	callee := newCallee(t, b)

	first, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := a.Connect(first, callee.Addr())
		gaveUp <- err
	}()
	<-begun
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := a.Connect(t.Context(), callee.Addr()); err != nil {
				t.Error(err)
			}
		})
	}
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(gate)
	wg.Wait()
	if n := len(begun); n > 1 { // 1: if nobody had joined when the first one gave up
		t.Errorf("%d more connections", n)
	}
	if n := validated.Load(); n != 1 {
		t.Errorf("validate_aid was called %d times", n)
	}
}

func TestConnectGivenUpByAll(t *testing.T) {
	begun, gate := make(chan struct{}, 100), make(chan struct{})
	a := newContainer(t, "tcp://127.0.0.1:0", dialler(begun, gate))
	callee := newCallee(t, a)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if _, err := a.Connect(ctx, callee.Addr()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		cancel()
	}
	if n := len(begun); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
	close(gate)
	connect(t, a, callee.Addr())
}

// The end of the container, and no context of the caller, ends an attempt.
func TestConnectEndsWithTheContainer(t *testing.T) {
	for name, end := range map[string]func(*agent.Container) error{
		"close":    (*agent.Container).Close,
		"shutdown": func(c *agent.Container) error { return c.Shutdown(t.Context()) },
	} {
		begun, gate := make(chan struct{}, 1), make(chan struct{})
		a := newContainer(t, "tcp://127.0.0.1:0", dialler(begun, gate))
		ended := make(chan error)
		go func() {
			_, err := a.Connect(t.Context(), "tcp://127.0.0.1:1/0")
			ended <- err
		}()
		<-begun
		if err := end(a); err != nil {
			t.Error(name, err)
		}
		if err := <-ended; !errors.Is(err, aiomas.ErrClosed) || errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A container that has gone is forgotten, told of, and connected to again when
// it is back.
func TestLostConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := local.NewNetwork()
		type loss struct {
			peer agent.Addr
			err  error
		}
		lost := make(chan loss, 10)
		logger, logged := testlog.NewErrors()
		a := newContainer(t, "local://a", agent.WithNetwork(net), agent.WithLogger(logger),
			agent.WithLost(func(peer agent.Addr, err error) { lost <- loss{peer, err} }))
		b := newContainer(t, "local://b", agent.WithNetwork(net))
		callee := newCallee(t, b)
		old := connect(t, a, callee.Addr())
		_ = b.Close()
		if l := <-lost; l.peer.String() != "local://b/" || !errors.Is(l.err, aiomas.ErrConnection) {
			t.Errorf("lost %v: %v", l.peer, l.err)
		}
		if len(logged) != 1 || !errors.Is(<-logged, aiomas.ErrConnection) {
			t.Error("the loss was not logged")
		}
		if err := old.Sub("spam").Call(t.Context(), nil, 1); !errors.Is(err, aiomas.ErrConnection) {
			t.Errorf("call over a lost connection: %v", err)
		}
		if n := len(a.Clients()); n != 0 {
			t.Errorf("%d connections", n)
		}
		if _, err := a.Connect(t.Context(), callee.Addr()); !aiomas.IsUnavailable(err) {
			t.Errorf("connect to what has gone: %v", err)
		}
		b = newContainer(t, "local://b", agent.WithNetwork(net))
		newCallee(t, b)
		if p := connect(t, a, callee.Addr()); p.Equal(old) {
			t.Error("the old proxy came back")
		}
		// An end of one's own is no loss.
		shutdown(t, a)
		shutdown(t, b)
		synctest.Wait()
		if len(lost) > 0 {
			t.Errorf("lost %v", <-lost)
		}
	})
}

func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := local.NewNetwork()
		back := make(chan string, 10)
		var attempts []time.Duration
		start := time.Now()
		a := newContainer(t, "local://a", agent.WithNetwork(net), agent.WithReconnect(aiomas.ReconnectPolicy{
			First: 100 * time.Millisecond, Most: time.Second,
			Connected: func(peer string) {
				attempts = append(attempts, time.Since(start))
				back <- peer
			},
		}))
		b := newContainer(t, "local://b", agent.WithNetwork(net))
		url := newCallee(t, b).Addr()
		connect(t, a, url)
		_ = b.Close()
		time.Sleep(20 * time.Second) //nolint:forbidigo // of the bubble
		b = newContainer(t, "local://b", agent.WithNetwork(net))
		newCallee(t, b)
		if peer := <-back; peer != "local://b/" {
			t.Errorf("connected to %v", peer)
		}
		if d := attempts[0]; d < 20*time.Second || d > 21*time.Second {
			t.Errorf("back after %v", d)
		}
		if n := len(a.Clients()); n != 1 {
			t.Errorf("%d connections", n)
		}
		connect(t, a, url)
		_ = b.Close()
		time.Sleep(time.Second) //nolint:forbidigo // of the bubble
		shutdown(t, a)          // while it tries
	})
	for _, r := range []aiomas.ReconnectPolicy{{First: -1}, {First: 2, Most: 1}} {
		if c, err := agent.NewContainer(t.Context(), "local://x", agent.WithReconnect(r)); err == nil {
			t.Errorf("%+v was accepted", r)
			_ = c.Close()
		}
	}
}

// A function of WithLost may shut the container down.
func TestLostShutsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := local.NewNetwork()
		var a *agent.Container
		ended := make(chan error)
		a = newContainer(t, "local://a", agent.WithNetwork(net),
			agent.WithLost(func(agent.Addr, error) { ended <- a.Shutdown(t.Context()) }))
		b := newContainer(t, "local://b", agent.WithNetwork(net))
		connect(t, a, newCallee(t, b).Addr())
		_ = b.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A whole system of agents that call each other does the same in each run. They
// are connected before: callers that wait for the same connection go on at the
// same time.
func TestDeterministic(t *testing.T) {
	run := func() (journal []string) {
		synctest.Test(t, func(t *testing.T) {
			net := local.NewNetwork(local.OneByOne())
			var mu sync.Mutex
			var containers []*agent.Container
			var urls []string
			for _, name := range []string{"a", "b", "c"} {
				c := newContainer(t, "local://"+name, agent.WithNetwork(net))
				containers = append(containers, c)
				for range 3 {
					r := aiomas.NewRouter()
					var self *agent.Agent
					r.Expose("pass", func(ctx context.Context, from string, n int) error {
						mu.Lock()
						journal = append(journal, from+" → "+self.Addr())
						mu.Unlock()
						if n == 0 {
							return nil
						}
						for _, i := range []int{1, 4} {
							p, err := c.Connect(ctx, urls[(slices.Index(urls, self.Addr())+i*n)%len(urls)])
							if err != nil {
								return err
							}
							if err := p.Sub("pass").Call(ctx, nil, self.Addr(), n-1); err != nil {
								return err
							}
						}
						return nil
					})
					var err error
					if self, err = c.Register(r); err != nil {
						t.Fatal(err)
					}
					urls = append(urls, self.Addr())
				}
			}
			for _, c := range containers {
				for _, url := range urls {
					connect(t, c, url)
				}
			}
			var wg sync.WaitGroup
			for i, url := range urls {
				p := connect(t, containers[i%3], url)
				call := p.Sub("pass").Go(t.Context(), nil, "test", 3)
				wg.Go(func() {
					if err := call.Wait(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for _, c := range containers {
				shutdown(t, c)
			}
		})
		return journal
	}
	first := run()
	if len(first) != 9*15 {
		t.Fatalf("%d calls", len(first))
	}
	for range 20 {
		if again := run(); !slices.Equal(first, again) {
			t.Fatal("two runs differ")
		}
	}
}

package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// checkAll checks the proxies of addresses, in their order, by their names and by a call.
func checkAll(t *testing.T, urls []string, proxies []*aiomas.Proxy, err error, named bool) {
	t.Helper()
	if err != nil || len(proxies) != len(urls) {
		t.Fatalf("%d proxies for %d addresses: %v", len(proxies), len(urls), err)
	}
	calls, results := make([]*aiomas.Pending, len(urls)), make([]string, len(urls))
	for i, p := range proxies {
		if want := "CalleeProxy('" + urls[i] + "')"; named && p.String() != want {
			t.Errorf("got %v, want %s", p, want)
		}
		if _, id, _ := strings.Cut(urls[i][len("tcp://"):], "/"); !named && p.Path() != "agents/"+id[strings.LastIndexByte(id, '/')+1:] {
			t.Errorf("%s: %s", urls[i], p.Path())
		}
		calls[i] = p.Sub("spam").Go(t.Context(), &results[i], 1)
	}
	for i, c := range calls {
		if err := c.Wait(t.Context()); err != nil || results[i] != "spam" {
			t.Errorf("%s: %q, %v", urls[i], results[i], err)
		}
	}
}

// Agents of many containers on all kinds of addresses, with the caller's own container and with addresses
// that are there several times: each proxy is at the place of its address.
func TestConnectAll(t *testing.T) {
	home := newContainer(t, "tcp://127.0.0.1:0")
	containers := []*agent.Container{home, newContainer(t, "unix://"+socketPath(t, "all")), newContainer(t, "local://"+t.Name()), newContainer(t, "tcp://127.0.0.1:0")}
	var urls []string
	for range 50 {
		for _, c := range containers {
			urls = append(urls, newCallee(t, c).Addr())
		}
	}
	urls = append(urls, urls[:20]...)
	for range 2 { // unknown, and known ones
		proxies, err := home.ConnectAll(t.Context(), urls)
		checkAll(t, urls, proxies, err, true)
	}
	proxies, err := home.ConnectAll(t.Context(), urls, agent.Unchecked(), nil)
	checkAll(t, urls, proxies, err, false)
	if n := len(home.Clients()); n != len(containers)+1 { // both ends of its own
		t.Errorf("%d connections", n)
	}
	for _, none := range [][]string{nil, {}} {
		if proxies, err := home.ConnectAll(t.Context(), none); len(proxies) != 0 || err != nil {
			t.Error(proxies, err)
		}
	}
}

// An address that fails has an error that names it, and the others have their proxies.
func TestConnectAllErrors(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	nobody, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free in a moment
	if err != nil {
		t.Fatal(err)
	}
	free := "tcp://" + nobody.Addr().String() + "/0"
	_ = nobody.Close()
	good := newCallee(t, c).Addr()
	urls := []string{good, "nonsense", c.Addr() + "7", free, good, c.Addr(), c.Addr() + "a/b"}
	is := []error{nil, aiomas.ValueError, agent.ErrNoAgent, syscall.ECONNREFUSED, nil, aiomas.ValueError, agent.ErrNoAgent}
	proxies, err := c.ConnectAll(t.Context(), urls)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("got %v", err)
	}
	errs := joined.Unwrap()
	for i, url := range urls {
		if is[i] == nil {
			if proxies[i].String() != "CalleeProxy('"+good+"')" {
				t.Errorf("got %v", proxies[i])
			}
			continue
		}
		_, want := c.Connect(t.Context(), url)
		var failed *agent.ConnectError
		switch {
		case proxies[i] != nil || len(errs) == 0:
			t.Fatalf("%s: %v", url, err)
		case !errors.As(errs[0], &failed) || failed.URL != url || failed.Err.Error() != want.Error():
			t.Errorf("%s: %v, Connect says %v", url, errs[0], want)
		case !errors.Is(errs[0], is[i]), !errors.Is(err, is[i]):
			t.Errorf("%s: %v", url, err)
		}
		errs = errs[1:]
	}
	if len(errs) > 0 {
		t.Errorf("more errors: %v", errs)
	}
	// One error is not joined, and the text of very many has the first ones.
	var failed *agent.ConnectError
	if _, err := c.ConnectAll(t.Context(), urls[:2]); !errors.As(err, &failed) || err != error(failed) { //nolint:errorlint // not wrapped
		t.Errorf("one error: %v", err)
	}
	if _, err := c.ConnectAll(t.Context(), make([]string, 1000)); strings.Count(err.Error(), "\n") != 10 || !strings.HasSuffix(err.Error(), "and 990 more") {
		t.Errorf("many errors: %v", err)
	}
	shutdown(t, c)
	if _, err := c.ConnectAll(t.Context(), urls[:1]); !errors.Is(err, aiomas.ErrClosed) {
		t.Errorf("a closed container: %v", err)
	}
}

// Each container is asked about all its agents together, or by calls that do not wait for each other if it
// is one in Python; and about each agent once.
func TestConnectAllAsksTogether(t *testing.T) {
	for _, batches := range []bool{true, false} {
		a, b, c := newAsked(t, batches), newAsked(t, batches), newContainer(t, "tcp://127.0.0.1:0")
		close(a.first)
		close(b.first)
		var urls []string
		for i := range 500 {
			urls = append(urls, fmt.Sprint(a.url, i), fmt.Sprint(b.url, i), fmt.Sprint(a.url, i))
		}
		for range 2 {
			proxies, err := c.ConnectAll(t.Context(), urls)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range proxies {
				if p.String() != "HouseProxy('"+urls[i]+"')" {
					t.Fatalf("%v for %s", p, urls[i])
				}
			}
		}
		for _, asked := range []*asked{a, b} {
			want := int64(500)
			if batches {
				want = 1
			}
			if aids, calls := asked.aids.Load(), asked.calls.Load(); aids != 500 || calls > want {
				t.Errorf("%d calls about %d agents, want %d", calls, aids, want)
			}
		}
		proxies, err := c.ConnectAll(t.Context(), []string{a.url + "missing"}, agent.Unchecked())
		if err != nil || proxies[0].Path() != "agents/missing" || a.aids.Load() != 500 {
			t.Errorf("unchecked: %v, %v, asked about %d", proxies, err, a.aids.Load())
		}
	}
}

// What the first answer tells about others is not asked.
func TestConnectAllLearns(t *testing.T) {
	w, c := newTown(t, "tcp://127.0.0.1:0", 3500), newContainer(t, "tcp://127.0.0.1:0")
	var urls []string
	for i := range 3500 {
		urls = append(urls, fmt.Sprint(w.Addr(), i))
	}
	proxies, err := c.ConnectAll(t.Context(), urls)
	if err != nil || proxies[3499].String() != "CalleeProxy('"+urls[3499]+"')" {
		t.Errorf("%v, %v", proxies[3499], err)
	}
	if n := w.requests.Snapshot().RequestsTotal; n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

// When its context ends, addresses that are connected to have their proxies.
func TestConnectAllGivenUp(t *testing.T) {
	begun, gate := make(chan struct{}, 100), make(chan struct{})
	a, other := newContainer(t, "tcp://127.0.0.1:0"), newContainer(t, "tcp://127.0.0.1:0")
	held := newContainer(t, "tcp://127.0.0.1:0", dialler(begun, gate))
	close(gate)
	near := newCallee(t, a).Addr()
	connect(t, held, near)
	<-begun
	far := newAsked(t, true) // never answers
	defer close(far.first)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	urls := []string{near, far.url + "1", near, far.url + "2"}
	proxies, err := held.ConnectAll(ctx, urls)
	if !errors.Is(err, context.Canceled) || proxies[0] == nil || proxies[1] != nil || proxies[2] == nil || proxies[3] != nil {
		t.Errorf("%v, %v", proxies, err)
	}
	// A context that has ended is no reason to refuse what needs no message, as with Connect.
	if _, err := held.ConnectAll(ctx, urls[:1]); err != nil {
		t.Error(err)
	}
	if _, err := other.ConnectAll(ctx, urls[:1]); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// It tries again while nobody listens, for each container by itself.
func TestConnectAllRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := local.NewNetwork()
		a := newContainer(t, "local://a", agent.WithNetwork(net))
		time.AfterFunc(time.Minute, func() {
			b, err := agent.NewContainer(t.Context(), "local://b", agent.WithNetwork(net))
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = b.Close() })
			newCallee(t, b)
		})
		newCallee(t, a)
		proxies, err := a.ConnectAll(t.Context(), []string{"local://c/0", "local://b/0", "local://a/0"}, agent.WithRetry(time.Hour))
		if !aiomas.IsUnavailable(err) || proxies[0] != nil || proxies[1] == nil || proxies[2] == nil {
			t.Errorf("%v, %v", proxies, err)
		}
	})
}

// An agent that waits in ConnectAll has left its turn, and has it again afterwards.
func TestConnectAllLeavesTheTurn(t *testing.T) {
	far, c := newAsked(t, true), newContainer(t, "tcp://127.0.0.1:0")
	callee := newCallee(t, c)
	var inTurn int // protected by turns
	err := callee.Turn(t.Context(), func(ctx context.Context) error {
		ended := make(chan error)
		go func() {
			ended <- callee.Turn(t.Context(), func(context.Context) error {
				inTurn++
				close(far.first)
				return nil
			})
		}()
		inTurn++
		_, err := c.ConnectAll(ctx, []string{far.url + "0", callee.Addr()})
		inTurn++
		return errors.Join(err, <-ended)
	})
	if err != nil || inTurn != 3 {
		t.Errorf("%d, %v", inTurn, err)
	}
}

// Connect and ConnectAll of many goroutines at the same time share questions.
func TestConnectAllBesideConnect(t *testing.T) {
	for _, batches := range []bool{true, false} {
		a, c := newAsked(t, batches), newContainer(t, "tcp://127.0.0.1:0")
		var urls []string
		for i := range 200 {
			urls = append(urls, fmt.Sprint(a.url, i))
		}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if _, err := c.ConnectAll(t.Context(), urls[i:]); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := c.Connect(t.Context(), urls[i]); err != nil {
					t.Error(err)
				}
			})
		}
		close(a.first)
		wg.Wait()
		if n := a.aids.Load(); n != 200 {
			t.Errorf("asked about %d agents", n)
		}
	}
}

// 1,000 agents that are known, by ConnectAll, by Connect, and by a goroutine for each.
func BenchmarkConnectAll(b *testing.B) {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	urls := make([]string, 1000)
	for i := range urls {
		urls[i] = newCallee(b, c).Addr()
	}
	if _, err := c.ConnectAll(ctx, urls); err != nil {
		b.Fatal(err)
	}
	b.Run("ConnectAll", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.ConnectAll(ctx, urls); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one by one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, url := range urls {
				if _, err := c.Connect(ctx, url); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("goroutines", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var wg sync.WaitGroup
			for _, url := range urls {
				wg.Go(func() {
					if _, err := c.Connect(ctx, url); err != nil {
						b.Error(err)
					}
				})
			}
			wg.Wait()
		}
	})
}

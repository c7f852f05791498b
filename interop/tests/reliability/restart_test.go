package reliability

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// A server that restarts again and again, killed or ended, loses no call of a
// reconnecting client that may repeat its calls. Of one that may not, those under
// way fail with a ConnectionError, or are refused by a Go server that ends in order,
// and nothing else fails.
func TestRestartedServer(t *testing.T) {
	restarts := pick(2, 100)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		t.Helper()
		addr := freeAddress(t)
		args := []string{"--listen", addr, "--codec", c.Name()}
		peer := startPeer(t, language, args...)
		before := goroutines(t)

		policy := aiomas.ReconnectPolicy{First: time.Millisecond, Most: 100 * time.Millisecond}
		failing := startCallers(t, addr, policy, aiomas.WithCodec(c), recorded(t, language, c))
		policy.Repeat = func(path string) bool { return path == "add" }
		repeating := startCallers(t, addr, policy, aiomas.WithCodec(c), recorded(t, language, c))
		for i := range restarts {
			repeating.waitFor(t, 100)
			failing.waitFor(t, 100)
			if i%2 == 0 {
				peer.Kill()
			} else if err := peer.Stop(); err != nil {
				t.Error(err)
			}
			peer = startPeer(t, language, args...)
		}
		repeating.waitFor(t, 100)
		failing.waitFor(t, 100)
		repeating.finish(t)
		failing.finish(t)
		t.Logf("calls that may be repeated: %v; that may not: %v", &repeating.outcomes, &failing.outcomes)
		ledger.inject("restart", restarts)
		lost := []string{"lost"}
		if language == "go" {
			lost = append(lost, "refused")
		}
		ledger.judge(t, "calls that may be repeated", &repeating.outcomes)
		ledger.judge(t, "calls that may not be repeated", &failing.outcomes, lost...)
		if err := peer.Stop(); err != nil {
			t.Error(err)
		}
		checkLeaks(t, before)
	})
}

// freeAddress returns an address that is free, and that the system gives to nobody
// by itself.
func freeAddress(tb testing.TB) string {
	tb.Helper()
	for port := 21_000; port < 31_000; port++ {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = ln.Close()
			return fmt.Sprintf("tcp://127.0.0.1:%d", port)
		}
	}
	tb.Fatal("no free port")
	return ""
}

// callers call all the time through a reconnecting client.
type callers struct {
	client   *aiomas.Reconnector
	stop     chan struct{}
	running  sync.WaitGroup
	good     atomic.Int64
	mu       sync.Mutex
	outcomes outcomes
	changed  chan struct{} // a token after each good call, if there is room
}

func startCallers(tb testing.TB, addr string, policy aiomas.ReconnectPolicy, opts ...aiomas.DialOption) *callers {
	tb.Helper()
	client, err := aiomas.NewReconnector(addr, policy, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	c := &callers{client: client, stop: make(chan struct{}), changed: make(chan struct{}, 1)}
	for range 8 {
		c.running.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-c.stop:
					return
				default:
					c.call(i)
				}
			}
		})
	}
	return c
}

func (c *callers) call(i int) {
	ctx, cancel := context.WithTimeout(context.Background(), harmless)
	defer cancel()
	var sum int
	err := c.client.Call(ctx, &sum, "add", i, 1)
	how := outcome(err)
	if err == nil && sum != i+1 {
		how, err = "wrong", wrongResult(fmt.Sprintf("%d + 1 is %d", i, sum))
	}
	if err == nil {
		c.good.Add(1)
	}
	c.mu.Lock()
	c.outcomes.add(how, err)
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// waitFor waits for n more good calls.
func (c *callers) waitFor(t *testing.T, n int64) {
	t.Helper()
	for want := c.good.Load() + n; c.good.Load() < want; {
		within(t, harmless, "a call after a restart", c.changed)
	}
}

func (c *callers) finish(t *testing.T) {
	t.Helper()
	close(c.stop)
	ended := make(chan struct{})
	go func() { c.running.Wait(); close(ended) }()
	within(t, 2*harmless, "the last call", ended)
	if err := c.client.Close(); err != nil {
		t.Error(err)
	}
}

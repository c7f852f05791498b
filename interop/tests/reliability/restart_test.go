package reliability

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// A Python server that restarts again and again, killed or ended, loses no call of
// a reconnecting client that may repeat its calls. Of one that may not, those under
// way fail with a ConnectionError and nothing else fails. AIOMAS_RESTARTS says how
// often.
func TestRestartedServer(t *testing.T) {
	restarts := number(t, "AIOMAS_RESTARTS", 6)
	addr := freeAddress(t)
	args := []string{"--listen", addr, "--codec", "msgpack"}
	peer := startPeer(t, "python", args...)
	before := goleak.IgnoreCurrent()

	repeating := startCallers(t, addr, aiomas.ReconnectPolicy{First: time.Millisecond, Most: 100 * time.Millisecond,
		Repeat: func(path string) bool { return path == "add" }})
	failing := startCallers(t, addr, aiomas.ReconnectPolicy{First: time.Millisecond, Most: 100 * time.Millisecond})
	start := time.Now()
	for i := range restarts {
		repeating.waitFor(t, 100)
		failing.waitFor(t, 100)
		if i%2 == 0 {
			peer.Kill()
		} else if err := peer.Stop(); err != nil {
			t.Error(err)
		}
		peer = startPeer(t, "python", args...)
	}
	repeating.waitFor(t, 100)
	failing.waitFor(t, 100)
	took := time.Since(start)
	repeating.finish(t)
	failing.finish(t)
	t.Logf("%d restarts in %v: %d calls that may be repeated: %v; %d that may not: %v",
		restarts, took.Round(time.Millisecond), repeating.calls(), repeating.outcomes, failing.calls(), failing.outcomes)
	if !repeating.outcomes.only("ok") {
		t.Errorf("calls that may be repeated failed:\n%v", repeating.outcomes.notes)
	}
	if !failing.outcomes.only("ok", "lost") {
		t.Errorf("calls failed otherwise than by the connection:\n%v", failing.outcomes.notes)
	}
	if err := peer.Stop(); err != nil {
		t.Error(err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// freeAddress returns an address that is free, and that the system gives to nobody
// by itself.
func freeAddress(t testing.TB) string {
	t.Helper()
	for port := 21_000; port < 31_000; port++ {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = ln.Close()
			return fmt.Sprintf("tcp://127.0.0.1:%d", port)
		}
	}
	t.Fatal("no free port")
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

func startCallers(t *testing.T, addr string, policy aiomas.ReconnectPolicy) *callers {
	t.Helper()
	client, err := aiomas.NewReconnector(addr, policy, aiomas.WithCodec(msgpack.Codec))
	if err != nil {
		t.Fatal(err)
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
	var note any
	switch {
	case err == nil && sum != i+1:
		how, note = "wrong", sum
	case err == nil:
		c.good.Add(1)
	default:
		note = err
	}
	c.mu.Lock()
	c.outcomes.add(how, note)
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *callers) calls() (n int) {
	for _, k := range c.outcomes.counts {
		n += k
	}
	return n
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

package reliability

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/faultproxy"
)

const (
	harmless = time.Minute            // a call that takes that long hangs
	hopeless = 500 * time.Millisecond // where the network may swallow a call or its reply, its deadline is what ends it
)

// way is how the two ends of a connection that goes wrong meet.
type way struct {
	name string
	// start starts the ends and returns the server's address and what sends the
	// mixture through the proxy at an address.
	start func(t *testing.T, c codec.Codec) (server string, send func(addr string, timeout time.Duration) *outcomes)
}

var ways = []way{
	{"Go calls Python", func(t *testing.T, c codec.Codec) (string, func(string, time.Duration) *outcomes) {
		return startPeer(t, "python", "--listen", "tcp://127.0.0.1:0", "--codec", c.Name()).Addr, goSends(c)
	}},
	{"Python calls Go", func(t *testing.T, c codec.Codec) (string, func(string, time.Duration) *outcomes) {
		_, addr := startServer(t, conformance(), faultyOptions(c)...)
		return addr, startFaultyClient(t, c).send
	}},
	{"Go calls Go", func(t *testing.T, c codec.Codec) (string, func(string, time.Duration) *outcomes) {
		_, addr := startServer(t, conformance(), faultyOptions(c)...)
		return addr, goSends(c)
	}},
}

// faultyOptions are those of Go ends: they notice soon what is broken.
func faultyOptions(c codec.Codec) []aiomas.Option {
	return []aiomas.Option{aiomas.WithCodec(c), aiomas.WithLimits(aiomas.Limits{
		FrameTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
	})}
}

func goSends(c codec.Codec) func(string, time.Duration) *outcomes {
	return func(addr string, timeout time.Duration) *outcomes {
		o := &outcomes{}
		me := callbacks()
		client, err := aiomas.Dial(context.Background(), addr, append(faultyOptions(c), aiomas.WithService(me))...)
		if err != nil {
			o.add("lost", err) // a reset can come that early
			return o
		}
		for range 2 {
			run(client, me, timeout, o)
		}
		if timeout == harmless {
			_ = client.Close() // goodbye goes by the proxy too
		} else {
			go func() { _ = client.Close() }() // the proxy's end ends it
		}
		return o
	}
}

// allowed are the ways in which calls may end under a fault, beside their result.
var allowed = map[faultproxy.Kind][]string{
	faultproxy.Latency:   {},
	faultproxy.Bandwidth: {},
	faultproxy.Slicer:    {},
	faultproxy.Stall:     {},
	faultproxy.Cut:       {"lost"},
	faultproxy.Reset:     {"lost"},
	faultproxy.HalfOpen:  {"lost", "timeout"},
	// One bit may make any message of any other, and of a length any length.
	faultproxy.Flip: {"lost", "timeout", "remote", "unfit", "wrong"},
}

// TestFaults injects faults into connections between Go and Python and between Go
// ends. Every call ends in its result or a typed error, no other connection
// notices, and no goroutine is left. AIOMAS_FAULTS is the number of faults.
func TestFaults(t *testing.T) {
	each := number(t, "AIOMAS_FAULTS", 216) / (len(ways) * len(codecs))
	total := map[faultproxy.Kind]int{}
	ended := map[string]int{}
	for _, w := range ways {
		for _, c := range codecs {
			t.Run(w.name+"/"+c.Name(), func(t *testing.T) {
				if strings.Contains(w.name, "Python") {
					python(t)
				}
				injectAll(t, w, c, each, total, ended)
			})
		}
	}
	n := 0
	for _, k := range total {
		n += k
	}
	t.Logf("%d faults injected: %v; the calls ended: %v", n, total, ended)
}

func injectAll(t *testing.T, w way, c codec.Codec, n int, total map[faultproxy.Kind]int, ended map[string]int) {
	server, send := w.start(t, c)
	other := startBystander(t, server, c)
	before := goleak.IgnoreCurrent()

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	faults := make(chan faultproxy.Fault)
	var fired atomic.Int64 // some faults lie past the end of the traffic
	go func() {
		defer close(faults)
		for i := 0; i < 3*n && int(fired.Load()) < n; i++ {
			faults <- randomFault(rng, faultproxy.Kinds[i%len(faultproxy.Kinds)])
		}
	}()
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for f := range faults {
				k, o := inject(t, server, f, send)
				fired.Add(int64(k))
				mu.Lock()
				total[f.Kind] += k
				for how, n := range o.counts {
					ended[how] += n
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	other.finish(t)
	if err := goleak.Find(before); err != nil {
		t.Errorf("goroutines are left: %v", err)
	}
}

// inject sends the mixture through one fault.
func inject(t *testing.T, server string, f faultproxy.Fault, send func(string, time.Duration) *outcomes) (fired int, o *outcomes) {
	t.Helper()
	p, err := faultproxy.Start(server, f)
	if err != nil {
		t.Error(err)
		return 0, &outcomes{}
	}
	timeout := harmless
	if slices.Contains(allowed[f.Kind], "timeout") {
		timeout = hopeless
	}
	o = send(p.Addr, timeout)
	p.Close()
	if ok := append([]string{"ok"}, allowed[f.Kind]...); !o.only(ok...) || len(o.counts) == 0 {
		t.Errorf("%v: %v, want only %v:\n%s", f, o.counts, ok, strings.Join(o.notes, "\n"))
	}
	return p.Fired(), o
}

// randomFault returns a fault somewhere in the mixture: at its beginning, among
// its small messages, or anywhere.
func randomFault(rng *rand.Rand, k faultproxy.Kind) faultproxy.Fault {
	f := faultproxy.Fault{Kind: k, Dir: faultproxy.Up, After: rng.Int64N([]int64{20, 1000, 100_000}[rng.IntN(3)])}
	if rng.IntN(2) == 0 {
		f.Dir = faultproxy.Down
	}
	switch k {
	case faultproxy.Latency:
		f.Time = time.Duration(rng.IntN(10)) * time.Millisecond
	case faultproxy.Bandwidth:
		f.Size, f.Time = 1000+rng.IntN(10_000), time.Millisecond
	case faultproxy.Slicer:
		f.Size = 1 + rng.IntN(300)
	case faultproxy.Stall:
		f.Time = time.Duration(rng.IntN(200)) * time.Millisecond
	case faultproxy.Flip:
		f.Size = rng.IntN(8)
	}
	return f
}

func (o outcomes) String() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(o.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, o.counts[k]))
	}
	return strings.Join(parts, ", ")
}

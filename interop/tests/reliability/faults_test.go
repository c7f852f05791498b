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

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/faultproxy"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

const (
	harmless = time.Minute            // a call that takes that long hangs
	hopeless = 500 * time.Millisecond // where the network may swallow a call or its reply, its deadline is what ends it
)

// sender sends the mixture to an address.
type sender func(addr string, timeout time.Duration) *outcomes

// way is how the two ends of a connection that goes wrong meet.
type way struct {
	name string
	// start starts the ends and returns the server's address.
	start func(t *testing.T, c codec.Codec) (server string, send sender)
	// ours is Go's side of a connection with Python.
	python bool
	ours   recorder.Side
}

var ways = []way{
	{name: "Go calls Python", start: func(t *testing.T, c codec.Codec) (string, sender) {
		t.Helper()
		return startPeer(t, "python", listenArgs(c)...).Addr, goSends(c)
	}, python: true, ours: recorder.Dialler},
	{name: "Python calls Go", start: func(t *testing.T, c codec.Codec) (string, sender) {
		t.Helper()
		_, addr := startServer(t, conformance(), faultyOptions(c))
		return addr, startFaultyClient(t, "python", c).send
	}, python: true, ours: recorder.Listener},
	{name: "Go calls Go", start: func(t *testing.T, c codec.Codec) (string, sender) {
		t.Helper()
		_, addr := startServer(t, conformance(), faultyOptions(c))
		return addr, goSends(c)
	}},
}

// faultyOptions are those of Go ends: they notice soon what is broken.
func faultyOptions(c codec.Codec) aiomas.Option {
	return aiomas.WithOptions(aiomas.WithCodec(c), aiomas.WithLimits(aiomas.Limits{
		FrameTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
	}))
}

func goSends(c codec.Codec, opts ...aiomas.DialOption) sender {
	opts = append([]aiomas.DialOption{faultyOptions(c)}, opts...)
	return func(addr string, timeout time.Duration) *outcomes {
		o := &outcomes{}
		me := callbacks()
		client, err := aiomas.Dial(context.Background(), addr, append(slices.Clone(opts), aiomas.WithService(me))...)
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
// notices, no goroutine is left, and Go sends nothing that breaks a Python peer.
func TestFaults(t *testing.T) {
	each := pick(24, 600)
	total := 0
	for _, w := range ways {
		for _, c := range codecs {
			t.Run(w.name+"/"+c.Name(), func(t *testing.T) {
				n := injectAll(t, w, c, each)
				if n < each {
					t.Errorf("only %d faults came about", n)
				}
				total += n
			})
		}
	}
	if full && total < least {
		t.Errorf("only %d faults came about", total)
	}
}

// injectAll injects n faults at least, and returns how many came about.
func injectAll(t *testing.T, w way, c codec.Codec, n int) int {
	t.Helper()
	server, send := w.start(t, c)
	other := startBystander(t, server, c, w.python && w.ours == recorder.Dialler)

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	faults := make(chan faultproxy.Fault)
	var fired atomic.Int64 // some faults lie past the end of the traffic
	go func() {
		defer close(faults)
		rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // nothing secret
		for i := 0; i < 10*n && int(fired.Load()) < n; i++ {
			faults <- randomFault(rng, faultproxy.Kinds[i%len(faultproxy.Kinds)])
		}
	}()
	var workers sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for f := range faults {
				fired.Add(int64(inject(t, w, c, server, f, send)))
			}
		})
	}
	workers.Wait()
	other.finish(t)
	return int(fired.Load())
}

// inject sends the mixture through one fault, and returns how many faults came about.
func inject(t *testing.T, w way, c codec.Codec, server string, f faultproxy.Fault, send sender) int {
	t.Helper()
	// The recorder is beside the Go end: it knows what that has got.
	var opts []recorder.Option
	if len(allowed[f.Kind]) > 0 {
		opts = append(opts, recorder.MayAbort())
	}
	if w.python && w.ours == recorder.Listener {
		r := recorder.New(t, c, server, w.ours, opts...)
		defer r.Close()
		server = r.Addr
	}
	p, err := faultproxy.Start(server, f)
	if err != nil {
		t.Error(err)
		return 0
	}
	addr := p.Addr
	if w.python && w.ours == recorder.Dialler {
		r := recorder.New(t, c, addr, w.ours, opts...)
		defer r.Close()
		addr = r.Addr
	}
	timeout := harmless
	if slices.Contains(allowed[f.Kind], "timeout") {
		timeout = hopeless
	}
	o := send(addr, timeout)
	p.Close()
	ledger.inject(string(f.Kind), p.Fired())
	ledger.judge(t, f, o, allowed[f.Kind]...)
	return p.Fired()
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
	case faultproxy.Cut, faultproxy.Reset, faultproxy.HalfOpen:
	}
	return f
}

func (o *outcomes) String() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(o.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, o.counts[k]))
	}
	return strings.Join(parts, ", ")
}

//go:build !race

package reliability

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/faultproxy"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

// TestSoak is mixed load between Go and Python and between Go ends, with all codecs,
// for the time AIOMAS_SOAK: calls and calls back on connections that live long, and
// on ever new ones, calls that are given up, and beside them connections with
// injected faults. Outside these nothing fails, the memory does not grow, and no
// goroutine is left.
//
// The live heap is looked at twice while nothing is called but all long-lived
// connections are open: after a quarter of the time, and in the end. What the process
// has from the system, at most, goes up and down with the load, and is only told.
func TestSoak(t *testing.T) {
	d := 5 * time.Second
	if text := os.Getenv("AIOMAS_SOAK"); text != "" {
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	python(t) // it may have to be made
	before := goroutines(t)
	var s *soak
	var early, late peak
	var warm, end uint64
	t.Run("run", func(t *testing.T) {
		s = newSoak(t)
		early = s.run(d / 4)
		warm = testcost.LiveHeap()
		late = s.run(d - d/4)
		end = testcost.LiveHeap()
	})
	checkLeaks(t, before)
	growth := 100 * (float64(end)/float64(warm) - 1)
	note("soak of "+d.String()+": calls without an injected fault", "", "%s on long-lived connections, %s on %s others; besides, %s were given up",
		thousands(s.steady.ended["ok"]), thousands(s.churn.ended["ok"]), thousands(int(s.connections.Load())), thousands(s.steady.ended["given up"]))
	note("– failures of these", "0", "%d", s.steady.failures+s.churn.failures)
	note("– live heap after warm-up and in the end", "≤ +5 %", "%s KiB, %s KiB: %+.1f %%", thousands(int(warm>>10)), thousands(int(end>>10)), growth)
	note("– memory from the system, at most, before that and after it", "", "%d MiB, %d MiB", early.memory>>20, late.memory>>20)
	note("– goroutines before, at most, and after", "as before", "%d, %s, %d", before, thousands(max(early.goroutines, late.goroutines)), runtime.NumGoroutine())
	if growth > 5 && d >= time.Minute { // before that it is not warm
		t.Errorf("the memory grew from %d to %d bytes", warm, end)
	}
}

// soak is all that takes part.
type soak struct {
	t             *testing.T
	steady, churn *faultLedger // of long-lived connections, and of others
	connections   atomic.Int64
	work          []func(rng *rand.Rand) // each is done again and again
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	s := &soak{t: t, steady: newLedger(), churn: newLedger()}
	for _, c := range codecs {
		peer := startPeer(t, "python", listenArgs(c)...)
		_, addr := startServer(t, conformance(), faultyOptions(c))
		py := startFaultyClient(t, "python", c)
		at := recordedAt(t, "python", c, addr)

		s.callSteadily(peer.Addr, aiomas.WithCodec(c), recorded(t, "python", c, recorder.MayAbort()))
		s.callSteadily(addr, aiomas.WithCodec(c))
		s.callAnew(peer.Addr, goSends(c, recorded(t, "python", c)))
		s.callAnew(at, py.send)
		s.callAnew(addr, goSends(c))
		s.fail(way{python: true, ours: recorder.Dialler}, c, peer.Addr, goSends(c))
		s.fail(way{python: true, ours: recorder.Listener}, c, addr, py.send)
		s.fail(way{}, c, addr, goSends(c))
	}
	return s
}

// peak is what there was at most.
type peak struct {
	goroutines int
	memory     uint64 // what the process had from the system
}

func (p *peak) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.memory = max(p.memory, m.Sys-m.HeapReleased)
	p.goroutines = max(p.goroutines, runtime.NumGoroutine())
}

// run does all the work for a time.
func (s *soak) run(d time.Duration) (p peak) {
	s.t.Helper()
	end := time.Now().Add(d)
	var workers sync.WaitGroup
	for i, f := range s.work {
		workers.Go(func() {
			rng := rand.New(rand.NewPCG(rand.Uint64(), uint64(i))) //nolint:gosec // nothing secret
			for time.Now().Before(end) && !s.t.Failed() {
				f(rng)
			}
		})
	}
	ended := make(chan struct{})
	go func() { workers.Wait(); close(ended) }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		p.look()
		select {
		case <-ended:
			return p
		case <-tick.C:
		}
	}
}

// callSteadily calls on a connection that lives as long as the soak: the mixture, and
// calls that are given up beside others that are not.
func (s *soak) callSteadily(addr string, opts ...aiomas.DialOption) {
	me := callbacks()
	client := dial(s.t, addr, append(opts, aiomas.WithService(me))...)
	s.work = append(s.work, func(*rand.Rand) {
		var o outcomes
		run(client, me, harmless, &o)
		s.steady.judge(s.t, "the mixture", &o)
	}, func(rng *rand.Rand) {
		ctx, cancel := context.WithTimeout(context.Background(), harmless)
		defer cancel()
		doomed := rng.IntN(2) == 0
		var may []string
		if doomed {
			time.AfterFunc(time.Duration(rng.IntN(5000))*time.Microsecond, cancel)
			may = append(may, "given up")
		}
		var o outcomes
		err := one(ctx, client, me, rng.IntN(1000))
		o.add(outcome(err), err)
		s.steady.judge(s.t, "a call, to be given up: "+fmt.Sprint(doomed), &o, may...)
	})
}

// callAnew calls on one new connection after the other.
func (s *soak) callAnew(addr string, send sender) {
	s.work = append(s.work, func(*rand.Rand) {
		s.connections.Add(1)
		s.churn.judge(s.t, "the mixture on a new connection", send(addr, harmless))
	})
}

// fail injects faults.
func (s *soak) fail(w way, c codec.Codec, addr string, send sender) {
	s.work = append(s.work, func(rng *rand.Rand) {
		inject(s.t, w, c, addr, randomFault(rng, faultproxy.Kinds[rng.IntN(len(faultproxy.Kinds))]), send)
	})
}

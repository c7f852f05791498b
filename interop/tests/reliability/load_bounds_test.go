//go:build !race

package reliability

import (
	"errors"
	"fmt"
	"math"
	"net"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// A peer that asks for 500 MB and reads nothing costs no more than 128 MiB, twice
// what PendingOut allows, is closed after the write timeout, and nobody else notices.
// The full form has the default of that time.
//
// This is the first of the load tests (go test takes the files by name): the
// runtime keeps the records of 100,000 goroutines for ever.
func TestLoadPeerThatDoesNotRead(t *testing.T) {
	const most = 128 << 20
	limits := aiomas.Limits{WriteTimeout: time.Second}
	timeout := limits.WriteTimeout
	if full {
		limits, timeout = aiomas.Limits{}, 10*time.Second // the default
	}
	// Whatever else this machine does must not be taken for an effect on others:
	// a real one would be there each time.
	const attempts = 5
	var n nonReader
	ratios := []string{}
	best := math.Inf(1)
	for range attempts {
		n = tryNonReader(t, limits, timeout)
		ratios = append(ratios, fmt.Sprintf("%.2f", n.ratio()))
		var pe *aiomas.ProtocolError
		if !errors.As(n.cause, &pe) || !strings.Contains(pe.Reason, "accepted no data for") {
			t.Errorf("the connection ended with %v", n.cause)
		}
		if n.peak > most {
			t.Errorf("the heap grew to %d MiB", n.peak>>20)
		}
		if n.took < timeout {
			t.Errorf("the connection was closed after %v", n.took)
		}
		if best = min(best, n.ratio()); best < 2 {
			break
		}
	}
	if best >= 2 {
		t.Errorf("the others were slower by %v", ratios)
	}
	note("heap with a peer that asks for 500 × 1 MB and does not read", "≤ 128 MiB", "%d MiB, %d handlers begun", n.peak>>20, n.begun)
	// The system may take some data late, after which the time begins anew.
	note("– closed", fmt.Sprintf("not before the write timeout, %v", timeout), "after %.1f s", n.took.Seconds())
	note("– the others' 99th percentile", "< 2 × that without it", "%v, %.2f × %v; attempts: %d", n.beside, n.ratio(), n.alone, len(ratios))
}

// nonReader is what a peer that does not read brought about.
type nonReader struct {
	begun         int64 // handlers
	peak          uint64
	took          time.Duration
	cause         error
	alone, beside time.Duration // the others' 99th percentile
}

func (n nonReader) ratio() float64 { return float64(n.beside) / float64(n.alone) }

func tryNonReader(t *testing.T, limits aiomas.Limits, timeout time.Duration) (n nonReader) {
	t.Helper()
	var begun atomic.Int64
	r := conformance()
	r.Expose("million", func() string { begun.Add(1); return strings.Repeat("x", 1_000_000) })
	closed := make(chan struct{})
	srv, addr := startServer(t, r, aiomas.WithLimits(limits), aiomas.WithConnected(func(c *aiomas.Client) {
		c.OnConnectionReset(func(err error) { n.cause = err; close(closed) }) // only of the one that does not read
	}))
	other := dial(t, addr)
	memory() // of earlier tests nothing is left
	alone := latencies(t, other, timeout/2, func() {}, nil)

	raw := rawDial(t, addr)
	defer raw.Close()
	_ = raw.(*net.TCPConn).SetReadBuffer(64 << 10)
	start := time.Now()
	for i := range 500 {
		sendRaw(t, raw, fmt.Sprintf(`[0, %d, ["million", [], {}]]`, i))
	}
	beside := latencies(t, other, 10*timeout+harmless, func() { n.peak = max(n.peak, heapInUse()) }, closed)
	n.took = time.Since(start)
	within(t, harmless, "the end of the connection", closed)
	n.begun = begun.Load()
	alone = append(alone, latencies(t, other, timeout/2, func() {}, nil)...)
	n.alone, n.beside = percentile99(alone), percentile99(beside)
	_ = srv.Close()
	return n
}

// memory returns the bytes of heap and stacks in use after all has been collected
// that can be, pools included.
func memory() int64 {
	for range 3 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// heapInUse returns the bytes of objects on the heap, garbage that has not been
// collected yet included.
func heapInUse() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// latencies calls for the time d, or until stop is closed, and returns the times
// that the calls took.
func latencies(t *testing.T, c *aiomas.Client, d time.Duration, each func(), stop <-chan struct{}) (all []time.Duration) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		select {
		case <-stop:
			return all
		default:
		}
		start := time.Now()
		if err := c.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
			t.Fatal(err)
		}
		all = append(all, time.Since(start))
		each()
	}
	return all
}

func percentile99(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

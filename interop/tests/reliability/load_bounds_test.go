//go:build !race

package reliability

import (
	"errors"
	"fmt"
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
// AIOMAS_WRITE_TIMEOUT is that time in seconds; with it, the machine is taken to be
// quiet.
//
// This is the first of the load tests (go test takes the files by name): the
// runtime keeps the records of 100,000 goroutines for ever.
func TestLoadPeerThatDoesNotRead(t *testing.T) {
	const most = 128 << 20
	timeout := 2 * time.Second
	grace := 10 * time.Millisecond // for other processes on the machine
	if n := number(t, "AIOMAS_WRITE_TIMEOUT", 0); n > 0 {
		timeout, grace = time.Duration(n)*time.Second, 0
	}
	var begun atomic.Int64
	r := conformance()
	r.Expose("million", func() string { begun.Add(1); return strings.Repeat("x", 1_000_000) })
	closed := make(chan struct{})
	var cause error
	_, addr := startServer(t, r, aiomas.WithLimits(aiomas.Limits{WriteTimeout: timeout}), aiomas.WithConnected(func(c *aiomas.Client) {
		c.OnConnectionReset(func(err error) { cause = err; close(closed) }) // only of the one that does not read
	}))
	other := dial(t, addr)
	memory() // of earlier tests nothing is left
	alone := latencies(t, other, timeout, func() {}, nil)

	raw := rawDial(t, addr)
	defer raw.Close()
	_ = raw.(*net.TCPConn).SetReadBuffer(64 << 10)
	start := time.Now()
	for i := range 500 {
		sendRaw(t, raw, fmt.Sprintf(`[0, %d, ["million", [], {}]]`, i))
	}
	var peak uint64
	beside := latencies(t, other, 10*timeout+harmless, func() { peak = max(peak, heapInUse()) }, closed)
	took := time.Since(start)
	t.Logf("500 requests for 1 MB each by a peer that does not read: %d handlers begun, heap at most %d MiB, closed after %.1f s with a write timeout of %v; the others' p99 was %v before and %v beside it",
		begun.Load(), peak>>20, took.Seconds(), timeout, alone, beside)
	var pe *aiomas.ProtocolError
	if !errors.As(cause, &pe) || !strings.Contains(pe.Reason, "took no data for") {
		t.Errorf("the connection ended with %v", cause)
	}
	if peak > most {
		t.Errorf("the heap grew to %d MiB", peak>>20)
	}
	// The system may take some data late, after which the time begins anew.
	if took < timeout || took > 3*timeout+time.Second {
		t.Errorf("the connection was closed after %v", took)
	}
	if beside > 2*alone+grace {
		t.Errorf("the others were slower: p99 of %v, %v before", beside, alone)
	}
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

// latencies calls for the time d, or until stop is closed, and returns the 99th
// percentile of the times that the calls took.
func latencies(t *testing.T, c *aiomas.Client, d time.Duration, each func(), stop <-chan struct{}) time.Duration {
	t.Helper()
	var all []time.Duration
	for end := time.Now().Add(d); time.Now().Before(end); {
		select {
		case <-stop:
			end = time.Time{}
		default:
		}
		start := time.Now()
		if err := c.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
			t.Fatal(err)
		}
		all = append(all, time.Since(start))
		each()
	}
	slices.Sort(all)
	return all[len(all)*99/100]
}

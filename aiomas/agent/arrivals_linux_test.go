package agent_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// Containers that share Arrivals are read by one goroutine. The containers' own had replaced
// them without a word.
func TestContainersShareArrivals(t *testing.T) { // not parallel: it counts goroutines
	waitForLoops(t, 0) // of tests before
	shared := agent.WithConnection(aiomas.WithArrivals(new(aiomas.Arrivals)))
	a := newContainer(t, "tcp://127.0.0.1:0", shared)
	b := newContainer(t, "tcp://127.0.0.1:0", shared)
	for _, pair := range [][2]*agent.Container{{a, b}, {b, a}} {
		callee := newCallee(t, pair[0])
		if err := connect(t, pair[1], callee.Addr()).Sub("spam").Call(t.Context(), nil, 1); err != nil {
			t.Fatal(err)
		}
	}
	waitForLoops(t, 1)
}

// waitForLoops waits until n goroutines read several connections. While one hands over to
// another there is one more.
func waitForLoops(t *testing.T, n int) {
	t.Helper()
	buf := make([]byte, 1<<20)
	var loops int
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		loops = strings.Count(string(buf[:runtime.Stack(buf, true)]), "arrival.(*Loop).run(")
		if loops == n {
			return
		}
	}
	t.Fatalf("%d goroutines read several connections, want %d", loops, n)
}

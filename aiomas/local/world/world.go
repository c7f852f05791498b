package world

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// World is one simulated world: a network, the containers on it, and the choices
// determined by its seed. It is safe for concurrent use.
type World struct {
	test    string // its name
	options options
	network *local.Network
	ctx     context.Context
	cancel  context.CancelFunc
	wg      sync.WaitGroup // restarts

	mu       sync.Mutex
	choices  *choices
	left     Faults  // faults that may still happen
	nodes    []*Node // may be restarted
	all      []*Node
	failures []string
	stacks   string // of all goroutines, when the time limit was reached
	over     bool
}

// Context returns a context that ends with the world: when its function has
// returned, or has taken too long.
func (w *World) Context() context.Context { return w.ctx }

// Network returns the world's network with a name for the dialling end, for
// connections without a container.
func (w *World) Network(name string) *local.Network { return w.network.As(name) }

// Choose returns a number below n, chosen by the seed; 0 should be the plainest
// choice. what names the decision in the report of a failure. It panics if n < 1.
func (w *World) Choose(n int, what string) int {
	if n < 1 {
		panic("world: Choose from nothing")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var v int
	v = w.choices.choose(n, func() string { return fmt.Sprintf("%s: %d of %d", what, v, n) })
	return v
}

// Errorf records a failure of the world, which continues.
func (w *World) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over { // errors caused by the end of the world do not count
		w.failures = append(w.failures, fmt.Sprintf(format, args...))
	}
}

// Fatalf is Errorf followed by the end of the world's function. It must be
// called by the goroutine of that function.
func (w *World) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	panic(fatal{})
}

type fatal struct{}

// Failed reports whether the world has failed.
func (w *World) Failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.failures) > 0
}

// run runs f as the world's function, then ends the world.
func (w *World) run(f func(*World)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer w.recovered()
		f(w)
	}()
	limit := time.NewTimer(w.options.limit)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		w.hang()
	}
	w.end()
	<-done
}

// recovered records a panic of f as a failure.
func (w *World) recovered() {
	switch v := recover().(type) {
	case nil, fatal:
	default:
		buf := make([]byte, 16<<10)
		w.Errorf("panic: %v\n%s", v, buf[:runtime.Stack(buf, false)])
	}
}

func (w *World) hang() {
	w.Errorf("not over after %v", w.options.limit)
	buf := make([]byte, 256<<10)
	stacks := string(buf[:runtime.Stack(buf, true)])
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stacks = stacks
}

// end waits for restarts and closes all containers.
func (w *World) end() {
	w.mu.Lock()
	w.over = true
	nodes := w.all
	w.mu.Unlock()
	w.cancel()
	w.wg.Wait()
	for _, n := range nodes {
		n.close()
	}
	// Time stops when the bubble's function has returned, so a goroutine that
	// sleeps then would remain: the network's goroutine, for example, during a
	// delay.
	time.Sleep(2 * w.options.faults.MaxDelay) //nolint:forbidigo // in a bubble
}

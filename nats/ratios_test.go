package nats_test

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Ratios to TCP on this machine, from the best rounds of both, which take turns. The test
// is left out unless AIOMAS_NATS_RATIOS is set: on a machine that does other things its
// figures say little.
func TestRatios(t *testing.T) {
	if os.Getenv("AIOMAS_NATS_RATIOS") == "" {
		t.Skip("AIOMAS_NATS_RATIOS is not set")
	}
	list := ways(t)
	const rounds = 40
	one := func(dial func() *aiomas.Client, f func(c *aiomas.Client)) func() {
		c := dial()
		t.Cleanup(func() { _ = c.Close() })
		return func() { f(c) }
	}
	text := make([]byte, 1<<20)
	for _, m := range []struct {
		name string
		want float64
		run  func(dial func() *aiomas.Client) func()
	}{
		{"one at a time", 0.35, func(dial func() *aiomas.Client) func() {
			return one(dial, func(c *aiomas.Client) {
				for range 300 {
					add(t, c)
				}
			})
		}},
		{"100 in flight", 0.5, func(dial func() *aiomas.Client) func() {
			return one(dial, func(c *aiomas.Client) {
				var wg sync.WaitGroup
				for range 100 {
					wg.Go(func() {
						for range 30 {
							add(t, c)
						}
					})
				}
				wg.Wait()
			})
		}},
		{"echo of 1 MiB", 0.4, func(dial func() *aiomas.Client) func() {
			return one(dial, func(c *aiomas.Client) {
				for range 5 {
					echo(t, c, text)
				}
			})
		}},
		{"dial", 0.5, func(dial func() *aiomas.Client) func() {
			return func() {
				for range 30 {
					c := dial()
					add(t, c)
					_ = c.Close()
				}
			}
		}},
	} {
		best := map[string]time.Duration{}
		runs := map[string]func(){"tcp": m.run(list["tcp"]), "nats": m.run(list["nats"])}
		for range rounds {
			for _, way := range []string{"tcp", "nats"} {
				start := time.Now()
				runs[way]()
				if d := time.Since(start); best[way] == 0 || d < best[way] {
					best[way] = d
				}
			}
		}
		ratio := float64(best["tcp"]) / float64(best["nats"])
		t.Logf("%s: %.2f (TCP %v, NATS %v)", m.name, ratio, best["tcp"], best["nats"])
		if ratio < m.want {
			t.Errorf("%s: %.2f, want %.2f", m.name, ratio, m.want)
		}
	}
}

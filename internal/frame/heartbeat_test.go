//go:build linux && (amd64 || arm64) && !aiomas_plain && !aiomas_noheartbeat

package frame

import (
	"sync"
	"testing"
	"time"
)

// However many connections renew the beat, one timer runs, which ends when there is no
// traffic.
func TestRenewedBeatEnds(t *testing.T) {
	for !beats() {
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				beats()
				renewBeat()
			}
		})
	}
	wg.Wait()
	tick := time.NewTicker(beatTime)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for beating.Load() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the beat goes on without traffic, or its timer was lost")
		}
	}
	for i, timer := range beat.timers {
		if timer.Stop() && !beating.Load() {
			t.Errorf("timer %d runs without a beat", i)
		}
	}
}

//go:build !windows

package agent

import (
	"context"
	"os"
	"time"
)

// parentPoll is how often a process looks for its parent: there is no portable
// way to be told.
const parentPoll = 250 * time.Millisecond

// watchParent returns a channel that is closed when the process that started
// this one has ended, which then has another parent.
func watchParent(ctx context.Context) <-chan struct{} {
	parent := os.Getppid()
	gone := make(chan struct{})
	go func() {
		tick := time.NewTicker(parentPoll)
		defer tick.Stop()
		for os.Getppid() == parent {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
		close(gone)
	}()
	return gone
}

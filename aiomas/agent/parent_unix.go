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

// firstParent is who started this process. It is asked when the program begins: a
// parent that ended before Run was called left a container behind that took the
// process which inherits orphans for its parent, and lived on.
var firstParent = os.Getppid()

// watchParent returns a channel that is closed when the process that started
// this one has ended, which then has another parent.
func watchParent(ctx context.Context) <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		tick := time.NewTicker(parentPoll)
		defer tick.Stop()
		for os.Getppid() == firstParent {
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

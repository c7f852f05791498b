//go:build !windows

package agent

import (
	"context"
	"os"
	"time"
)

// parentPoll is the interval at which a process checks whether its parent has changed. There is no
// portable notification.
const parentPoll = 250 * time.Millisecond

// firstParent is the process that started this one. It is read at the start of the program: if it
// were read in Run, and the parent had ended before, the process that adopts orphans would be taken
// for the parent, and this process would never end.
var firstParent = os.Getppid()

// watchParent returns a channel that is closed when the process that started this one has ended,
// which is when the parent changes.
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

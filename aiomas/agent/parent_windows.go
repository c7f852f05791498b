package agent

import (
	"context"
	"os"
)

// watchParent returns a channel that is closed when the process that started this one has ended.
func watchParent(context.Context) <-chan struct{} {
	gone := make(chan struct{})
	parent, err := os.FindProcess(os.Getppid())
	if err != nil {
		close(gone) // it has already ended
		return gone
	}
	go func() { // ends with the parent or this process
		_, _ = parent.Wait()
		close(gone)
	}()
	return gone
}

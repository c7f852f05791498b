//go:build unix

package cli

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// onUSR1 calls f for each SIGUSR1 until stop is called.
func onUSR1(f func()) (stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	var ended sync.WaitGroup
	ended.Go(func() {
		for range c {
			f()
		}
	})
	return func() {
		signal.Stop(c)
		close(c)
		ended.Wait()
	}
}

// Package signals ends contexts on the signals that ask a program to terminate.
package signals

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Until returns a context that also ends when the process receives a termination
// signal. Signals that are ignored, as SIGHUP is under nohup, stay ignored.
func Until(ctx context.Context) (context.Context, context.CancelFunc) {
	var list []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			list = append(list, s)
		}
	}
	if len(list) == 0 { // signal.Notify without signals would mean all
		return context.WithCancel(ctx)
	}
	return signal.NotifyContext(ctx, list...)
}

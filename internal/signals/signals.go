// Package signals is how a program is asked to end.
package signals

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Until returns a context that also ends with a signal that asks for the end, but
// not with one that is ignored, as nohup does with SIGHUP.
func Until(ctx context.Context) (context.Context, context.CancelFunc) {
	var list []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			list = append(list, s)
		}
	}
	if len(list) == 0 { // signal.Notify without any would mean all
		return context.WithCancel(ctx)
	}
	return signal.NotifyContext(ctx, list...)
}

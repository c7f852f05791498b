//go:build unix

package nats_test

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
)

// A call to a process that is killed, or stopped, fails with the error for it after the
// keep-alive. NATS knows that a killed process has no subscription, but not that a stopped
// one does not read.
func TestProcessIsKilled(t *testing.T) {
	const timeout = 3 * time.Second
	for name, signal := range map[string]os.Signal{"killed": syscall.SIGKILL, "stopped": syscall.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, embedded.Options{})
			a := connect(t, s.URL(), nats.Options{Timeout: timeout})
			peer := startProcess(t, serverOf+"="+s.URL())
			c, err := aiomas.Dial(t.Context(), "nats://"+peerName, aiomas.WithTransport("nats", a))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			add(t, c)
			var never any
			hangs := c.Remote("hang").Go(t.Context(), &never)
			add(t, c) // so that the call before has arrived
			if err := peer.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			if err := hangs.Wait(t.Context()); !errors.Is(err, nats.ErrPeerGone) || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the call ended with %v", err)
			}
			t.Logf("noticed after %v, with a timeout of %v", time.Since(begun), timeout)
			await(t, "the stream to be forgotten", func() bool { return a.Counters().Streams == 0 })
			switch _, err := a.Dial(t.Context(), peerName); {
			case name == "killed" && !errors.Is(err, syscall.ECONNREFUSED), name == "stopped" && !errors.Is(err, nats.ErrNoAnswer):
				t.Errorf("dial of the process: %v", err)
			}
		})
	}
}

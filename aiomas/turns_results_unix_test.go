//go:build unix

package aiomas_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// hasArrived tells whether there is something to read from p now. It reads it.
func (p rawPeer) hasArrived() bool {
	p.t.Helper()
	raw, err := p.conn.(syscall.Conn).SyscallConn()
	if err != nil {
		p.t.Fatal(err)
	}
	n := 0
	b := make([]byte, 1<<10)
	if err := raw.Read(func(fd uintptr) bool {
		n, _ = syscall.Read(int(fd), b)
		return true
	}); err != nil {
		p.t.Fatal(err)
	}
	return n > 0
}

// Results are delayed, so that many leave together, but not until after what a later
// turn sends to somebody else: who has both connections sees them in the order in
// which they were made, as with Python.
func TestResultsLeaveBeforeCallsOfLaterTurns(t *testing.T) {
	for name, inline := range map[string]aiomas.Option{"goroutines": nil, "the goroutine that reads": aiomas.WithInline()} {
		for send, call := range map[string]func(context.Context, *aiomas.Proxy) error{
			"Call": func(ctx context.Context, p *aiomas.Proxy) error { return p.Call(ctx, nil) },
			"Go":   func(ctx context.Context, p *aiomas.Proxy) error { return p.Go(ctx, nil).Wait(ctx) },
		} {
			t.Run(name+" "+send, func(t *testing.T) {
				router := newInlineService().router
				router.TakeTurns()
				arrivals := aiomas.WithArrivals(new(aiomas.Arrivals))
				other, otherPeer := newRawClient(t, router, arrivals)
				router.Expose("tell", func(ctx context.Context) error { return call(ctx, other.Remote("hear")) })
				for n := range 100 {
					_, p := newRawClient(t, router, arrivals, inline)
					p.batch(request(0, "add", 1, n), request(1, "tell"))
					otherPeer.recv()
					if !p.hasArrived() {
						t.Errorf("round %d: the call has come, and not the result of the turn before", n)
					}
					otherPeer.send(fmt.Sprintf("[1, %d, null]", n))
					p.expect("[1, 1, null]")
				}
			})
		}
	}
}

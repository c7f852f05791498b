package aiomas

import (
	"context"

	"github.com/aiomas-go/aiomas-go/internal/conversation"
)

// Pending is a call in progress, started by [Proxy.Go] or [Channel.Go]. It corresponds to
// the future that Python's Channel.send returns, and is safe for concurrent use.
//
// The call ends when its reply arrives, when it is given up, or when the connection
// ends. It is given up when the context of Go ends, [Limits].CallTimeout after Go if that
// context has no deadline, when the context of a Wait ends, or by Cancel; it does not
// matter whether there are interceptors, or whether a goroutine waits. The peer may still
// handle a call that was given up; its late reply is discarded.
type Pending struct {
	p conversation.Pending
}

// Done returns a channel that is closed when the call has ended: Wait then does not block.
func (p *Pending) Done() <-chan struct{} { return p.p.Done() }

// Wait waits for the end of the call, and decodes the reply into the result passed to Go.
// If ctx ends first, the call is given up. Its errors are those of [Proxy.Call]. Further
// calls of Wait return the same error.
func (p *Pending) Wait(ctx context.Context) error { return p.p.Wait(ctx) }

// Cancel gives the call up if it has not ended: Wait then returns an error that matches
// [context.Canceled].
func (p *Pending) Cancel() { p.p.Cancel() }

package aiomas

import (
	"context"

	"github.com/aiomas-go/aiomas-go/internal/conversation"
)

// Pending is a call under way, started by [Proxy.Go] or [Channel.Go]. It takes the
// place of the future that Python's Channel.send returns, and is safe for
// concurrent use.
//
// The call is over when its reply has come, when it was given up, or when the
// connection has ended. It is given up, with interceptors or without, when the
// context of Go ends, [Limits].CallTimeout after Go if that context has no
// deadline, when the context of a Wait ends, or by Cancel; that also holds if
// nobody waits. A call that was given up may still be handled by the peer; its
// late reply is dropped.
type Pending struct {
	p conversation.Pending
}

// Done is closed when the call is over: Wait then returns at once.
func (p *Pending) Done() <-chan struct{} { return p.p.Done() }

// Wait waits until the call is over, and decodes the reply into the result that
// was given to Go. When ctx ends first, the call is given up. Its errors are those
// of [Proxy.Call]. Further calls of Wait return the same.
func (p *Pending) Wait(ctx context.Context) error { return p.p.Wait(ctx) }

// Cancel gives the call up, unless it is over: Wait then returns an error that
// matches [context.Canceled].
func (p *Pending) Cancel() { p.p.Cancel() }

package aiomas

import (
	"context"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/conversation"
)

// Outgoing describes a call that this end makes, for a [CallInterceptor].
type Outgoing struct {
	Client *Client
	Path   string
	Args   []any // as passed to Call, a final Kwargs included; not to be changed
	Passed bool  // by a Proxy that the peer passed: the peer has chosen the path
}

// Incoming describes a call that the peer makes, for a [HandlerInterceptor].
type Incoming struct {
	Client  *Client
	Path    string // as sent; it need not exist
	Exposed bool   // there is a function at Path
}

// A CallInterceptor wraps the calls that this end makes with [Proxy.Call] or
// [Proxy.Go]. next makes the call and waits for its end; its error, or another, is
// to be returned. An interceptor may call next again, and may return before next
// has: the arguments and the result are the caller's again then, next drops the
// reply and returns [ErrLateNext], as it does when it is called later.
//
// It runs in the goroutine that called Call, which returns when the interceptor
// does, or in one of its own with Go. The deadline of [Limits].CallTimeout is in
// its context.
type CallInterceptor func(ctx context.Context, call Outgoing, next func(context.Context) error) error

// A HandlerInterceptor wraps the peer's calls, from the request's arrival at a
// handler's goroutine until its result is known and before it is encoded. next
// resolves the path, decodes the arguments and calls the function. What the
// interceptor returns is what the peer gets. It may call next again, which calls
// the function again, and may return before next has, which then goes on in vain.
// A next that is called later returns [ErrLateNext].
type HandlerInterceptor func(ctx context.Context, call Incoming, next func(context.Context) (any, error)) (any, error)

// WithCallInterceptors adds interceptors around outgoing calls, the first one
// outermost.
func WithCallInterceptors(i ...CallInterceptor) Option {
	return setting(func(cfg *config) { cfg.calls = append(cfg.calls, i...) })
}

// WithHandlerInterceptors adds interceptors around the peer's calls, the first
// one outermost.
func WithHandlerInterceptors(i ...HandlerInterceptor) Option {
	return setting(func(cfg *config) { cfg.handlers = append(cfg.handlers, i...) })
}

// WithAuthorize sets a function that decides for each call of the peer, before
// its path is resolved, whether it may be made: nil lets it pass, an error is
// what the peer gets. Return a [PermissionError] unless there is reason to say
// more. The protocol has no authentication of its own; with TLS,
//
//	client.Channel().NetConn().(*tls.Conn).ConnectionState().PeerCertificates
//
// are the certificates that the peer proved to own.
func WithAuthorize(allow func(ctx context.Context, client *Client, path string) error) Option {
	return setting(func(cfg *config) { cfg.authorize = allow })
}

// WithHiddenNames answers a call of something that is there but not exposed as if
// it were not there. The default are Python's texts, which tell the two apart.
func WithHiddenNames() Option { return setting(func(cfg *config) { cfg.hideNames = true }) }

// passage is the way on from one interceptor, for as long as that has not returned.
type passage struct {
	mu     sync.Mutex
	closed bool
}

// enter lets somebody pass; first is called before the passage can be closed.
func (p *passage) enter(first func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrLateNext
	}
	if first != nil {
		first()
	}
	return nil
}

func (p *passage) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}

// intercepted runs f inside the interceptors.
func intercepted(ctx context.Context, list []CallInterceptor, call Outgoing, f func(context.Context) error) error {
	if len(list) == 0 {
		return f(ctx)
	}
	var p passage
	defer p.close()
	return list[0](ctx, call, func(ctx context.Context) error {
		if err := p.enter(nil); err != nil {
			return err
		}
		return intercepted(ctx, list[1:], call, f)
	})
}

// interceptedHandler runs f inside the interceptors. Each next holds the request,
// which is done with else when the interceptor has returned.
func interceptedHandler(ctx context.Context, list []HandlerInterceptor, call Incoming, r *conversation.Request, f func(context.Context) (any, error)) (any, error) {
	if len(list) == 0 {
		return f(ctx)
	}
	var p passage
	defer p.close()
	return list[0](ctx, call, func(ctx context.Context) (any, error) {
		if err := p.enter(r.Retain); err != nil {
			return nil, err
		}
		defer r.Free()
		return interceptedHandler(ctx, list[1:], call, r, f)
	})
}

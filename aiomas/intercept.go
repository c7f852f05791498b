package aiomas

import (
	"context"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/conversation"
)

// Outgoing describes a call made by this end; see [CallInterceptor].
type Outgoing struct {
	Client *Client
	Path   string
	Args   []any // as passed to Call, including a final Kwargs; must not be modified
	Passed bool  // the Proxy was received from the peer, which has chosen the path
}

// Incoming describes a call made by the peer; see [HandlerInterceptor].
type Incoming struct {
	Client  *Client
	Path    string // as received; it need not exist
	Exposed bool   // Path is the path of a function
}

// A CallInterceptor wraps calls made by [Proxy.Call] and [Proxy.Go]. next makes the call
// and waits for it; the interceptor should return its error or another one. It may call
// next several times. If it returns before next has returned, the caller regains its
// arguments and result: next then discards the reply and returns [ErrLateNext], as does
// any later call of next.
//
// The interceptor runs in the goroutine that called Call, or for Go in one of its own.
// Its context has the deadline of [Limits].CallTimeout.
type CallInterceptor func(ctx context.Context, call Outgoing, next func(context.Context) error) error

// A HandlerInterceptor wraps calls made by the peer, in the goroutine of the handler and
// until the result is known; the result is encoded afterwards. next resolves the path,
// decodes the arguments and calls the function. The peer receives what the interceptor
// returns. It may call next several times, which calls the function each time. If it
// returns before next has returned, the result of next is lost; any later call of next
// returns [ErrLateNext].
type HandlerInterceptor func(ctx context.Context, call Incoming, next func(context.Context) (any, error)) (any, error)

// WithCallInterceptors adds interceptors of outgoing calls. The first one is the
// outermost.
func WithCallInterceptors(i ...CallInterceptor) Option {
	return setting(func(cfg *config) { cfg.calls = append(cfg.calls, i...) })
}

// WithHandlerInterceptors adds interceptors of the peer's calls. The first one is the
// outermost.
func WithHandlerInterceptors(i ...HandlerInterceptor) Option {
	return setting(func(cfg *config) { cfg.handlers = append(cfg.handlers, i...) })
}

// WithAuthorize sets a function that is called for each call of the peer, before its path
// is resolved. If allow returns an error, the call is refused and the peer receives the
// error; [PermissionError] is a good choice, since it reveals nothing. The protocol has
// no authentication of its own. With TLS, the verified certificates of the peer are
//
//	client.Channel().NetConn().(*tls.Conn).ConnectionState().PeerCertificates
func WithAuthorize(allow func(ctx context.Context, client *Client, path string) error) Option {
	return setting(func(cfg *config) { cfg.authorize = allow })
}

// WithHiddenNames answers calls of names that exist but are not exposed as if they did
// not exist. By default peers receive Python's texts, which distinguish the two.
func WithHiddenNames() Option { return setting(func(cfg *config) { cfg.hideNames = true }) }

// passage guards the next function of an interceptor until the interceptor has returned.
type passage struct {
	mu     sync.Mutex
	closed bool
}

// enter returns an error if the passage is closed. It calls first, if not nil, under the
// lock, before the passage can be closed.
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

// intercepted calls f inside the interceptors.
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

// interceptedHandler calls f inside the interceptors. Each next retains the request,
// which otherwise returns to its pool when the interceptor has returned.
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

package aiomas

import "context"

// Outgoing describes a call that this end makes, for a [CallInterceptor].
type Outgoing struct {
	Client *Client
	Path   string
	Args   []any // as passed to Call, a final Kwargs included; not to be changed
}

// Incoming describes a call that the peer makes, for a [HandlerInterceptor].
type Incoming struct {
	Client *Client
	Path   string // as sent; it need not exist
}

// A CallInterceptor wraps the calls that this end makes with [Proxy.Call] or
// [Proxy.Go]. next makes the call and waits for its end; it must be called at
// most once, and its error, or another, be returned.
type CallInterceptor func(ctx context.Context, call Outgoing, next func(context.Context) error) error

// A HandlerInterceptor wraps the peer's calls, from the request's arrival at a
// handler's goroutine until its result is known and before it is encoded. next
// resolves the path, decodes the arguments and calls the function; it must be
// called at most once. What the interceptor returns is what the peer gets.
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

// intercepted runs f inside the interceptors.
func intercepted(ctx context.Context, list []CallInterceptor, call Outgoing, f func(context.Context) error) error {
	if len(list) == 0 {
		return f(ctx)
	}
	return list[0](ctx, call, func(ctx context.Context) error {
		return intercepted(ctx, list[1:], call, f)
	})
}

func interceptedHandler(ctx context.Context, list []HandlerInterceptor, call Incoming, f func(context.Context) (any, error)) (any, error) {
	if len(list) == 0 {
		return f(ctx)
	}
	return list[0](ctx, call, func(ctx context.Context) (any, error) {
		return interceptedHandler(ctx, list[1:], call, f)
	})
}

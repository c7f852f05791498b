package aiomas

import (
	"context"
	"fmt"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/callback"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Client is one end of a connection with remote calls: it calls the functions
// that the peer exposes and, if it has a service, answers the peer's calls.
// Both the side that dialled and the server have one per connection. It
// mirrors aiomas.rpc.RpcClient and is safe for concurrent use.
type Client struct {
	ch     *Channel       // nil: of Reconnector.Remote
	via    *Reconnector   // that has the channels instead
	root   *Router        // the service's router; nil: this end serves nothing
	server *Server        // that it is of; nil: none
	ctx    handlerContext // of handlers

	callbacks callback.Queue

	mu      sync.Mutex
	onReset func(error)
	onLost  func(error) // of a Reconnector
}

// Dial connects to addr ("tcp://host:port", "host:port" for short,
// "tcp+tls://host:port" or "unix:///path") for remote calls. With [WithService] the peer can call back.
// It mirrors aiomas.rpc.open_connection.
func Dial(ctx context.Context, addr string, opts ...DialOption) (*Client, error) {
	cfg, err := dialConfig(opts)
	if err != nil {
		return nil, err
	}
	conn, err := cfg.dialAwaited(ctx, addr)
	if err != nil {
		return nil, err
	}
	ch := newChannel(context.Background(), conn, cfg)
	c := newClient(ch, cfg.service)
	ch.conv.Start()
	return c, nil
}

// NewClient puts remote calls on a channel, which it takes over. service may be
// nil: requests are then answered with an exception. One without a router is a
// mistake of the program, for which NewClient panics. Requests that wait for Recv
// are answered too. It mirrors the constructor of RpcClient.
func NewClient(ch *Channel, service Service) *Client {
	if service != nil {
		if err := checkService(service); err != nil {
			panic(fmt.Errorf("aiomas: NewClient: %w", err))
		}
	}
	return newClient(ch, service)
}

// handlerContext is context.WithValue(ch.ctx, clientKey{}, client), as a part of
// the client.
type handlerContext struct {
	context.Context
	client *Client
	turn   *turn.Turn // of one request; nil: it has none
}

func (c *handlerContext) Value(key any) any {
	switch key {
	case any(clientKey{}):
		return c.client
	case turn.Key: // not that of somebody whose context Serve was given
		return c.turn
	}
	return c.Context.Value(key)
}

type clientKey struct{}

func newClient(ch *Channel, service Service) *Client {
	c := &Client{ch: ch}
	if service != nil {
		c.root = service.Router()
	}
	c.ctx = handlerContext{ch.conv.Context(), c, nil}
	ch.conv.Handle(rpcHandler{c}, ch.cfg.objects.Bind(c))
	return c
}

// Ended implements [conversation.Handler].
func (h rpcHandler) Ended() {
	c := h.Client
	if c.server != nil {
		c.server.forget(c)
	}
	c.connectionReset()
}

// ClientFrom returns the client whose peer made the call that a handler's
// context belongs to, or nil.
func ClientFrom(ctx context.Context) *Client {
	c, _ := ctx.Value(clientKey{}).(*Client)
	return c
}

// Channel returns the channel below. It mirrors RpcClient.channel.
func (c *Client) Channel() *Channel { return c.ch }

// ServiceRouter returns the router of the service that this end serves, nil if
// none. RpcClient.service is something else, the task that serves it; see Done for
// its end.
func (c *Client) ServiceRouter() *Router { return c.root }

// Remote returns a proxy of the peer's root service, or of what lies at the path
// that the names make: Remote("math", "add") or Remote("math/add"). Nothing is
// sent. It mirrors RpcClient.remote.
func (c *Client) Remote(names ...string) *Proxy {
	return (&Proxy{client: c}).Sub(names...)
}

// Metrics returns what the connection counts into: those of [WithMetrics], the
// server's, or its own.
func (c *Client) Metrics() *Metrics { return c.ch.cfg.metrics }

// Done is closed when the connection is gone.
func (c *Client) Done() <-chan struct{} { return c.ch.Done() }

// Err returns nil while the connection lives, and then the *[ConnectionError]
// that calls get.
func (c *Client) Err() error { return c.ch.Err() }

// OnConnectionReset sets the function that is called once if the connection ends
// otherwise than by this end's Close or Shutdown, with the *[ConnectionError].
// It replaces the one set before; nil removes it. If that has already happened,
// f is called at once. It is called in a goroutine for which nothing waits, after
// WithConnected has returned: f may take its time, and may close or shut down the
// server. It mirrors RpcClient.on_connection_reset.
func (c *Client) OnConnectionReset(f func(error)) {
	c.setCallback(&c.onReset, f)
}

// setCallback sets one of the functions that hear of the end. It has it called if
// that has come.
func (c *Client) setCallback(at *func(error), f func(error)) {
	c.mu.Lock()
	*at = f
	c.mu.Unlock()
	if c.ch.conv.Gone() {
		c.connectionReset()
	}
}

// connectionReset has the callbacks run, each at most once, if this end did not
// close.
func (c *Client) connectionReset() {
	err := c.ch.Err()
	if isClosedHere(err) {
		return
	}
	c.mu.Lock()
	reset, lost := c.onReset, c.onLost
	c.onReset, c.onLost = nil, nil
	c.mu.Unlock()
	if reset != nil {
		c.callbacks.Run(&c.ch.conv.Log, "OnConnectionReset", func() { reset(err) })
	}
	if lost != nil {
		c.callbacks.Run(&c.ch.conv.Log, "Lost", func() { lost(err) })
	}
}

// Close ends the connection; see [Channel.Close]. It mirrors RpcClient.close.
func (c *Client) Close() error { return c.ch.Close() }

// Shutdown lets running handlers finish and closes; see [Channel.Shutdown].
func (c *Client) Shutdown(ctx context.Context) error { return c.ch.Shutdown(ctx) }

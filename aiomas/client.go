package aiomas

import (
	"context"
	"fmt"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/callback"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Client is one end of a connection with remote calls: it calls functions exposed by the
// peer and, if it has a service, answers the peer's calls. Both the dialling side and
// the server have one Client per connection. It mirrors aiomas.rpc.RpcClient and is
// safe for concurrent use.
type Client struct {
	ch     *Channel       // nil: see via
	via    *Reconnector   // makes the channels of a client without one, for Reconnector.Remote
	root   *Router        // the service's router; nil: this end serves nothing
	server *Server        // that accepted the connection; nil: dialled
	ctx    handlerContext // base of the contexts of handlers

	callbacks callback.Queue

	mu      sync.Mutex
	onReset func(error)
	onLost  func(error) // set by a Reconnector
}

// Dial connects to addr ("tcp://host:port", "host:port" for short,
// "tcp+tls://host:port" or "unix:///path") for remote calls. With [WithService] the peer
// can call functions of this end, too. It mirrors aiomas.rpc.open_connection.
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

// NewClient puts remote calls on top of ch, which it takes over; requests that already
// wait for Recv are answered, too. If service is nil, the peer's calls are answered with
// an exception. A service without a router is a programming error: NewClient panics. It
// mirrors the constructor of RpcClient.
func NewClient(ch *Channel, service Service) *Client {
	if service != nil {
		if err := checkService(service); err != nil {
			panic(fmt.Errorf("aiomas: NewClient: %w", err))
		}
	}
	return newClient(ch, service)
}

// handlerContext is context.WithValue(ch.ctx, clientKey{}, client) without an
// allocation for each call.
type handlerContext struct {
	context.Context
	client *Client
	turn   *turn.Turn // of the request's handler; nil: none
}

func (c *handlerContext) Value(key any) any {
	switch key {
	case any(clientKey{}):
		return c.client
	case turn.Key: // not the turn of the goroutine whose context was passed to Serve
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

// ClientFrom returns the client whose peer made the call that is being handled with
// ctx, or nil.
func ClientFrom(ctx context.Context) *Client {
	c, _ := ctx.Value(clientKey{}).(*Client)
	return c
}

// Channel returns the underlying channel. It mirrors RpcClient.channel.
func (c *Client) Channel() *Channel { return c.ch }

// ServiceRouter returns the router of the service that this end offers, or nil. It is
// not RpcClient.service, which is the task that serves it; for the end of that see Done.
func (c *Client) ServiceRouter() *Router { return c.root }

// Remote returns a proxy of the peer's root service, or of the service or function at
// the path made of names: Remote("math", "add") or Remote("math/add"). It sends
// nothing. It mirrors RpcClient.remote.
func (c *Client) Remote(names ...string) *Proxy {
	return (&Proxy{client: c}).Sub(names...)
}

// Metrics returns the metrics of the connection: those set by [WithMetrics], the
// server's, or its own.
func (c *Client) Metrics() *Metrics { return c.ch.cfg.metrics }

// Done returns a channel that is closed when the connection has ended.
func (c *Client) Done() <-chan struct{} { return c.ch.Done() }

// Err returns nil while the connection is open, and afterwards the *[ConnectionError]
// that calls return.
func (c *Client) Err() error { return c.ch.Err() }

// OnConnectionReset sets the function that is called once, with the *[ConnectionError],
// if the connection ends for any reason but Close or Shutdown of this end. It replaces
// the function set before; nil removes it. If the connection has already ended like
// this, f is called at once. f runs in a goroutine of its own, after the function of
// WithConnected has returned; it may block, and may close or shut down the server. It
// mirrors RpcClient.on_connection_reset.
func (c *Client) OnConnectionReset(f func(error)) {
	c.setCallback(&c.onReset, f)
}

// setCallback sets the callback at, and calls it if the connection has already ended.
func (c *Client) setCallback(at *func(error), f func(error)) {
	c.mu.Lock()
	*at = f
	c.mu.Unlock()
	if c.ch.conv.Gone() {
		c.connectionReset()
	}
}

// connectionReset calls the callbacks, each at most once, unless this end has closed the
// connection.
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

// Shutdown waits for running handlers and then closes; see [Channel.Shutdown].
func (c *Client) Shutdown(ctx context.Context) error { return c.ch.Shutdown(ctx) }

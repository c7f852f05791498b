package aiomas

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Proxy stands for a service or function of the peer of one connection. It is
// made by [Client.Remote], or arrives as an argument or result when the peer
// passes a service. It mirrors aiomas.rpc.Proxy, is immutable and safe for
// concurrent use.
type Proxy struct { // half a cache line: there may be many thousands
	client *Client
	path   string
	text   *string // what String returns; nil: the default
}

// Path returns the path on the peer, empty for its root service.
func (p *Proxy) Path() string { return p.path }

// Client returns the client of the connection that the proxy belongs to.
func (p *Proxy) Client() *Client { return p.client }

// Sub returns the proxy of what lies below p. Names may contain slashes.
func (p *Proxy) Sub(names ...string) *Proxy {
	path := strings.Join(names, "/")
	if p.path != "" && path != "" {
		path = p.path + "/" + path
	} else if path == "" {
		path = p.path
	}
	return &Proxy{client: p.client, path: path}
}

// Equal tells whether both stand for the same path of the same connection. It
// mirrors Proxy.__eq__.
func (p *Proxy) Equal(q *Proxy) bool {
	return p == q || p != nil && q != nil && p.client == q.client && p.path == q.path
}

// Named returns p with another String, for example the name of what it stands
// for. It mirrors Proxy._str, which agent containers set.
func (p *Proxy) Named(text string) *Proxy {
	return &Proxy{client: p.client, path: p.path, text: &text}
}

// String describes the proxy like Python does: Proxy(address, path), unless it
// was Named.
func (p *Proxy) String() string {
	if p.text != nil && *p.text != "" {
		return *p.text
	}
	return fmt.Sprintf("Proxy(%q, %q)", p.client.ch.peer, p.path)
}

// Call calls the function that p stands for and decodes what it returns into
// result, a non-nil pointer, or drops it if result is nil. A last argument of
// type [Kwargs] holds keyword arguments. Services among the arguments arrive as
// proxies at the peer.
//
// The error is a *[RemoteError] when the function raised, a *[ConnectionError]
// when the connection ended, an *[EncodeError] when an argument cannot be sent,
// a *[DecodeError] when what came does not fit result, or it wraps the error of
// ctx. A call given up by ctx goes on at the peer; its late reply is dropped.
func (p *Proxy) Call(ctx context.Context, result any, args ...any) error {
	if cfg := p.client.ch.cfg; cfg.intercepting {
		return intercepted(ctx, cfg.calls, Outgoing{p.client, p.path, args}, func(ctx context.Context) error {
			return p.call(ctx, result, args)
		})
	}
	return p.call(ctx, result, args)
}

func (p *Proxy) call(ctx context.Context, result any, args []any) error {
	content, err := p.content(result, args)
	if err != nil {
		return err
	}
	err = p.client.ch.roundTrip(ctx, content, p.path, result)
	freeContent(content)
	return err
}

// Go is like Call but does not wait: [Pending.Wait] does. Many calls can so be
// under way without a goroutine for each.
func (p *Proxy) Go(ctx context.Context, result any, args ...any) *Pending {
	pend := &Pending{ch: p.client.ch, path: p.path, result: result}
	if cfg := p.client.ch.cfg; cfg.intercepting {
		pend.intercept(ctx, cfg.calls, Outgoing{p.client, p.path, args}, func(ctx context.Context) error {
			return p.call(ctx, result, args)
		})
		return pend
	}
	content, err := p.content(result, args)
	if err != nil {
		pend.err = err
		return pend
	}
	if d := p.client.ch.cfg.callTimeout; d > 0 {
		pend.limit = time.Now().Add(d)
	}
	pend.call, pend.err = p.client.ch.start(ctx, content, p.path, true)
	freeContent(content)
	return pend
}

// Call calls the function that p stands for and returns what it returned as a
// T. It is [Proxy.Call] for a result without a variable.
func Call[T any](ctx context.Context, p *Proxy, args ...any) (T, error) {
	var result T
	err := p.Call(ctx, &result, args...)
	return result, err
}

var contents = sync.Pool{New: func() any { return new(codec.Call) }}

// content makes the content of a request.
func (p *Proxy) content(result any, args []any) (*codec.Call, error) {
	if p.path == "" {
		return nil, errNoFunction
	}
	if err := checkTarget(result); err != nil {
		return nil, err
	}
	c := contents.Get().(*codec.Call)
	c.Path, c.Args = p.path, args
	if n := len(args) - 1; n >= 0 {
		if kw, ok := args[n].(Kwargs); ok {
			c.Args, c.Kwargs = args[:n], kw
		}
	}
	return c, nil
}

func freeContent(c *codec.Call) {
	*c = codec.Call{}
	contents.Put(c)
}

// Python raises an AttributeError with these words.
var errNoFunction = errors.New("aiomas: No RPC function name specified.") //nolint:staticcheck // Python's words

// checkTarget refuses a result that nothing can be decoded into before the call
// is made, since afterwards its effect could not be undone.
func checkTarget(target any) error {
	if target == nil {
		return nil
	}
	if v := reflect.ValueOf(target); v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("aiomas: the result must be a non-nil pointer or nil, not %T", target)
	}
	return nil
}

package aiomas

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
)

// Proxy represents a service or function of the peer of one connection. [Client.Remote]
// returns one, and a service passed by the peer, as an argument or result, arrives as
// one. It mirrors aiomas.rpc.Proxy, is immutable and safe for concurrent use.
type Proxy struct { // half a cache line: there may be many thousands
	client *Client
	path   string
	note   *proxyNote // nil: an empty one
}

// proxyNote has the fields that few proxies need.
type proxyNote struct {
	name   fmt.Stringer // what String returns; nil: the default
	passed bool         // received from the peer
}

var passedNote = proxyNote{passed: true}

func (p *Proxy) passed() bool { return p.note != nil && p.note.passed }

func (p *Proxy) outgoing(args []any) Outgoing {
	return Outgoing{Client: p.client, Path: p.path, Args: args, Passed: p.passed()}
}

// Path returns the path of the service or function on the peer; it is empty for the root
// service.
func (p *Proxy) Path() string { return p.path }

// Client returns the client of the proxy's connection, or nil for a proxy of
// [Reconnector.Remote].
func (p *Proxy) Client() *Client {
	if p.client.via != nil {
		return nil
	}
	return p.client
}

// Sub returns the proxy of the service or function at a path relative to p. Names may
// contain slashes.
func (p *Proxy) Sub(names ...string) *Proxy {
	path := strings.Join(names, "/")
	if p.path != "" && path != "" {
		path = p.path + "/" + path
	} else if path == "" {
		path = p.path
	}
	sub := &Proxy{client: p.client, path: path}
	if p.passed() {
		sub.note = &passedNote
	}
	return sub
}

// Equal reports whether p and q have the same path and connection. It mirrors
// Proxy.__eq__.
func (p *Proxy) Equal(q *Proxy) bool {
	return p == q || p != nil && q != nil && p.client == q.client && p.path == q.path
}

// Named returns a copy of p with another String, for example the name of the agent it
// represents. It mirrors Proxy._str, which agent containers set.
func (p *Proxy) Named(text string) *Proxy {
	if text == "" {
		return p.NamedBy(nil)
	}
	return p.NamedBy(proxyName(text))
}

// NamedBy is like Named, for a text that is only made when it is needed. A nil name stands
// for the default. The String method of name may be called by several goroutines at once.
func (p *Proxy) NamedBy(name fmt.Stringer) *Proxy {
	named := &struct { // one allocation: both live as long
		Proxy
		note proxyNote
	}{Proxy{client: p.client, path: p.path}, proxyNote{name, p.passed()}}
	named.Proxy.note = &named.note
	return &named.Proxy
}

type proxyName string

func (n proxyName) String() string { return string(n) }

// String describes the proxy as Python does, Proxy(address, path), unless it was Named.
func (p *Proxy) String() string {
	if p.note != nil && p.note.name != nil {
		return p.note.name.String()
	}
	peer := ""
	if r := p.client.via; r != nil {
		peer = r.addr
	} else {
		peer = p.client.ch.conv.Peer()
	}
	return fmt.Sprintf("Proxy(%q, %q)", peer, p.path)
}

// Call calls the function that p represents and decodes its result into result, a non-nil
// pointer; if result is nil, the result is discarded. A last argument of type [Kwargs]
// has the keyword arguments. Services among the arguments arrive as proxies at the peer.
//
// The error is a *[RemoteError] if the function raised an exception, a *[ConnectionError]
// if the connection ended, an *[EncodeError] if an argument cannot be encoded, or a
// *[DecodeError] if the received value does not fit result; or it wraps the error of ctx.
// When ctx ends, the peer still completes the call; its late reply is discarded.
func (p *Proxy) Call(ctx context.Context, result any, args ...any) error {
	switch ch := p.client.ch; {
	case ch == nil:
		return p.client.via.Call(ctx, result, p.path, slices.Clone(args)...) // see keepArgs
	case ch.cfg.intercepting:
		lent := new(conversation.Loan)
		defer lent.End()
		return p.callIntercepted(ctx, lent, result, slices.Clone(args))
	}
	x, err := p.exchange(result, args)
	if err != nil {
		return err
	}
	err = p.client.ch.conv.Call(ctx, &x)
	freeContent(x.Content)
	return err
}

// callIntercepted is Call with interceptors.
func (p *Proxy) callIntercepted(ctx context.Context, lent *conversation.Loan, result any, args []any) error {
	ch := p.client.ch
	ctx, cancel := ch.conv.Limited(ctx)
	if cancel != nil {
		defer cancel()
	}
	return intercepted(ctx, ch.cfg.calls, p.outgoing(args), p.lend(lent, result, args))
}

// lend returns a function that makes the call with the arguments and result lent by the
// caller.
func (p *Proxy) lend(lent *conversation.Loan, result any, args []any) func(context.Context) error {
	return func(ctx context.Context) error {
		// The caller's values, including the list args, are used only inside lent.Use.
		var x conversation.Exchange
		err := lent.Use(func() (err error) {
			x, err = p.exchange(result, args)
			return err
		})
		if err != nil {
			return err
		}
		x.Lent = lent
		err = p.client.ch.conv.Call(ctx, &x)
		freeContent(x.Content)
		return err
	}
}

// Go is like Call but does not wait for the reply; [Pending.Wait] does. It allows many
// calls in flight without a goroutine for each. Without interceptors, the arguments are
// encoded before Go returns, and result is set by Wait. With interceptors, arguments and
// result belong to the library until the call has ended; see [Pending] for when it is
// given up.
func (p *Proxy) Go(ctx context.Context, result any, args ...any) *Pending {
	ch, pend := p.client.ch, new(Pending)
	if r := p.client.via; r != nil {
		args := slices.Clone(args) // see keepArgs
		lent := new(conversation.Loan)
		pend.p.Exchange = conversation.Exchange{Label: p.path, Lent: lent}
		pend.p.Run(ctx, nil, connErrors{}.Panicked, func(ctx context.Context) error { return r.call(ctx, lent, result, p.path, args) })
		return pend
	}
	if ch.cfg.intercepting {
		args := slices.Clone(args)
		lent := new(conversation.Loan)
		pend.p.Exchange = conversation.Exchange{Label: p.path, Lent: lent}
		f := p.lend(lent, result, args)
		pend.p.Run(ctx, ch.conv, connErrors{}.Panicked, func(ctx context.Context) error {
			return intercepted(ctx, ch.cfg.calls, p.outgoing(args), f)
		})
		return pend
	}
	var err error
	if pend.p.Exchange, err = p.exchange(result, args); err != nil {
		pend.p.Fail(err)
		return pend
	}
	pend.p.Start(ctx, ch.conv)
	freeContent(pend.p.Content)
	pend.p.Content = nil
	return pend
}

// Call calls the function that p represents and returns its result as a T. It is
// [Proxy.Call] without a result variable.
func Call[T any](ctx context.Context, p *Proxy, args ...any) (T, error) {
	if ch := p.client.ch; ch == nil || ch.cfg.intercepting { // result belongs to others, too
		var result T
		err := p.Call(ctx, &result, args...)
		return result, err
	}
	c := typedCalls.Get().(*typedCall)
	result := resultOf[T](c)
	x, err := p.exchangeIn(&c.content, result, args)
	if err == nil {
		err = p.client.ch.conv.Call(ctx, &x)
	}
	var none T
	v := *result
	*result = none
	clearContent(&c.content)
	typedCalls.Put(c)
	return v, err
}

// typedCall has what a Call needs until it returns, also its result if that is of a
// frequent type.
type typedCall struct {
	content codec.Call
	number  int
	long    int64
	float   float64
	truth   bool
	text    string
	value   any
}

var typedCalls = sync.Pool{New: func() any { return new(typedCall) }}

// resultOf returns the place for the result of c.
func resultOf[T any](c *typedCall) *T {
	var at any
	switch any((*T)(nil)).(type) {
	case *int:
		at = &c.number
	case *int64:
		at = &c.long
	case *float64:
		at = &c.float
	case *bool:
		at = &c.truth
	case *string:
		at = &c.text
	case *any:
		at = &c.value
	default:
		return new(T)
	}
	return at.(*T)
}

var contents = sync.Pool{New: func() any { return new(codec.Call) }}

// exchange makes a request; the caller must pass its content to freeContent.
func (p *Proxy) exchange(result any, args []any) (conversation.Exchange, error) {
	c := contents.Get().(*codec.Call)
	x, err := p.exchangeIn(c, result, args)
	if err != nil {
		freeContent(c)
	}
	return x, err
}

// exchangeIn makes a request with the content c.
func (p *Proxy) exchangeIn(c *codec.Call, result any, args []any) (conversation.Exchange, error) {
	if p.path == "" {
		return conversation.Exchange{}, errNoFunction
	}
	if err := checkTarget(result); err != nil {
		return conversation.Exchange{}, err
	}
	args, kwargs, err := splitArgs(args)
	if err != nil {
		return conversation.Exchange{}, fmt.Errorf("aiomas: call of %s: %w", p.path, err)
	}
	keepArgs(c, args)
	c.Path, c.Kwargs = p.path, kwargs
	return conversation.Exchange{Content: c, Label: p.path, Target: result}, nil
}

var errKwargsLast = errors.New("keyword arguments must be a single Kwargs, as the last argument")

// splitArgs separates the keyword arguments from args.
func splitArgs(args []any) ([]any, map[string]any, error) {
	var kwargs map[string]any
	n := len(args)
	if n > 0 {
		switch kw := args[n-1].(type) {
		case Kwargs:
			n, kwargs = n-1, kw
		case RawKwargs:
			n, kwargs = n-1, make(map[string]any, len(kw))
			for name, v := range kw {
				kwargs[name] = v
			}
		}
	}
	for _, a := range args[:n] {
		switch a.(type) {
		case Kwargs, RawKwargs, *Kwargs, *RawKwargs:
			return nil, nil, errKwargsLast
		}
	}
	return args[:n], kwargs, nil
}

// keepArgs copies args into c, whose memory for it is used again. So the list that the compiler makes
// of the arguments of a call stays on the stack of the caller, unless there are interceptors or a
// reconnector, which get a copy of their own.
func keepArgs(c *codec.Call, args []any) { c.Args = append(c.Args[:0], args...) }

// A pooled content keeps room for this many arguments at most.
const maxArgsKept = 16

func freeContent(content any) {
	c := content.(*codec.Call)
	clearContent(c)
	contents.Put(c)
}

func clearContent(c *codec.Call) {
	room := c.Args[:0]
	if clear(c.Args); cap(room) > maxArgsKept {
		room = nil
	}
	*c = codec.Call{Args: room}
}

// Python raises an AttributeError with this text.
var errNoFunction = errors.New("aiomas: No RPC function name specified.") //nolint:staticcheck // Python's words

// checkTarget refuses a result that cannot be decoded into before the call is made,
// because afterwards its effect could not be undone.
func checkTarget(target any) error {
	if target == nil {
		return nil
	}
	if v := reflect.ValueOf(target); v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("aiomas: the result must be a non-nil pointer or nil, not %T", target)
	}
	return nil
}

package aiomas

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/function"
)

// errNoService is sent to a peer that calls an end without a service. A Python end would
// not answer.
var errNoService = RuntimeError.New("No RPC service running for this side of the connection: it was made without WithService.")

// sending is the context for sending answers. It is not the handler's, because answers
// are still sent after that has ended, in Shutdown. The end of the connection ends the
// wait.
var sending = context.Background()

// rpcHandler answers the requests of a client's peer.
type rpcHandler struct{ *Client }

// Handle implements [conversation.Handler]. The peer receives exactly one answer
// whatever the function does, because a Python caller without an answer waits for ever.
func (c rpcHandler) Handle(r *conversation.Request) {
	returned := false
	defer func() {
		if v := recover(); (v != nil || !returned) && !r.Answered() {
			c.crashed(r, v)
		}
	}()
	c.answer(r)
	returned = true
}

func (c rpcHandler) answer(r *conversation.Request) {
	result, err := c.call(r)
	if err == nil {
		err = r.Answer(sending, result.Value)
		release(result.Value)
		result.Free()
		if err == nil || !isEncodeError(err) {
			c.unheard(r, err)
			return
		}
		c.ch.conv.Log.Warn("result cannot be sent", "path", c.pathOf(r), "err", err)
	}
	if why := (*hint)(nil); errors.As(err, &why) {
		c.ch.conv.Log.Warn("call refused", "path", c.pathOf(r), "err", err, "hint", why.text)
	}
	c.unheard(r, r.Refuse(sending, c.pathOf(r), err))
}

// release ends the loans of a result that was encoded.
func release(result any) {
	switch result := result.(type) {
	case nil, bool, int, float64, string: // the most frequent ones
	case codec.Lent:
		result.Release()
	case codec.Tuple:
		for _, v := range result {
			release(v)
		}
	}
}

// crashed answers the request of a function, or of an encoding method of its result,
// that panicked or called runtime.Goexit.
func (c rpcHandler) crashed(r *conversation.Request, v any) {
	p := &PanicError{Value: v, Stack: debug.Stack()}
	path := c.pathOf(r)
	c.ch.conv.Log.Warn("handler panicked", "path", path, "panic", p.Error(), "stack", string(p.Stack))
	c.unheard(r, r.Refuse(sending, path, p))
}

// unheard logs an answer that was not sent because the connection has ended.
func (c rpcHandler) unheard(r *conversation.Request, err error) {
	if err != nil {
		c.ch.conv.Log.Debug("reply not sent", "id", r.ID(), "err", err)
	}
}

// call answers the request [path, args, kwargs].
func (c rpcHandler) call(r *conversation.Request) (function.Result, error) {
	if c.root == nil {
		return function.Result{}, errNoService
	}
	if k := r.TakeKept(); k.Decoder != nil {
		defer r.FreeDecoder(k.Decoder)
		if k.Version == c.root.removals.Load() {
			return c.run(r, k.Found.(*Function), k.Decoder)
		}
	}
	d := r.Decoder()
	defer r.FreeDecoder(d)
	path, err := c.readPath(d)
	if err != nil {
		return function.Result{}, err
	}
	if cfg := c.ch.cfg; cfg.direct() {
		f, err := c.root.resolve(path, cfg.hideNames)
		if err != nil {
			return function.Result{}, err
		}
		return c.run(r, f, d)
	}
	v, err := c.guarded(r, d, path)
	return function.Result{Value: v}, err
}

// guarded calls the function at path, with interceptors and WithAuthorize. d is positioned
// at its arguments.
func (c rpcHandler) guarded(r *conversation.Request, d codec.Decoder, path []byte) (any, error) {
	cfg := c.ch.cfg
	ctx := c.contextOf(r)
	if len(cfg.handlers) == 0 {
		return c.authorized(ctx, d, path)
	}
	_, err := c.root.resolve(path, true)
	in := Incoming{Client: c.Client, Path: string(path), Exposed: err == nil}
	r.Share()
	return interceptedHandler(ctx, cfg.handlers, in, r, func(ctx context.Context) (any, error) {
		// next may be called several times and outlive this function.
		d := r.Decoder()
		defer r.FreeDecoder(d)
		path, err := c.readPath(d)
		if err != nil {
			return nil, err
		}
		return c.authorized(ctx, d, path)
	})
}

// direct reports whether calls are neither intercepted nor authorized.
func (c *config) direct() bool { return len(c.handlers) == 0 && c.authorize == nil }

// run calls f with the arguments that d is positioned at.
func (c rpcHandler) run(r *conversation.Request, f *Function, d codec.Decoder) (result function.Result, err error) {
	args, err := f.fn.Bind(d)
	if err != nil {
		return result, wrongCall(err)
	}
	ctx := &c.ctx
	if f.fn.TakesContext() {
		ctx = c.contextOf(r)
	}
	if r.KeepsNothing() {
		return f.fn.InvokeLent(ctx, args)
	}
	result.Value, err = f.fn.Invoke(ctx, args)
	return result, err
}

// contextOf returns the context of the handler of r.
func (c rpcHandler) contextOf(r *conversation.Request) *handlerContext {
	if t := r.Turn(); t != nil {
		return &handlerContext{c.ctx.Context, c.Client, t}
	}
	return &c.ctx
}

// authorized checks the call with WithAuthorize before invoke.
func (c *Client) authorized(ctx context.Context, d codec.Decoder, path []byte) (any, error) {
	if allow := c.ch.cfg.authorize; allow != nil {
		if err := allow(ctx, c, string(path)); err != nil {
			return nil, err
		}
	}
	return c.invoke(ctx, d, path)
}

// invoke resolves path, decodes the arguments, at which d is positioned, and calls the
// function.
func (c *Client) invoke(ctx context.Context, d codec.Decoder, path []byte) (any, error) {
	f, err := c.root.resolve(path, c.ch.cfg.hideNames)
	if err != nil {
		return nil, err
	}
	args, err := f.fn.Bind(d)
	if err != nil {
		return nil, wrongCall(err)
	}
	return f.fn.Invoke(ctx, args)
}

// readPath enters the request's list and returns its path, which may alias the memory of the
// decoder. The error is an exception for the peer.
func (c *Client) readPath(d codec.Decoder) ([]byte, error) {
	path, err := readPath(d)
	if err != nil {
		return nil, badContent(err)
	}
	if most := c.ch.cfg.limits.Path; len(path) > most {
		return nil, ValueError.Errorf("path of %d bytes exceeds the limit of %d", len(path), most)
	}
	return path, nil
}

// readPath is the method readPath without its limit and its exception.
func readPath(d codec.Decoder) ([]byte, error) {
	if _, err := d.List(); err != nil {
		return nil, err
	}
	if !d.More() {
		return nil, codec.NewDecodeError("no path")
	}
	return d.StrBytes()
}

// pathOf returns the path of a request for error messages; successful calls do not need
// it as a string.
func (c rpcHandler) pathOf(r *conversation.Request) string {
	d := r.Decoder()
	defer r.FreeDecoder(d)
	path, err := readPath(d)
	if err != nil {
		return "?"
	}
	return shorten(string(path))
}

// badContent returns the error for a request that is not [path, args, kwargs]. Python
// does not answer such requests.
func badContent(err error) error {
	return TypeError.Errorf("the request is not [path, args, kwargs]: %w", err)
}

func isEncodeError(err error) bool {
	var e *EncodeError
	return errors.As(err, &e)
}

func isClosedHere(err error) bool { return errors.Is(err, ErrClosed) }

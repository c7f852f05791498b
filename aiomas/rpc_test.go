package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

type options struct {
	Speed float64 `aiomas:"speed"`
	Name  string  `aiomas:"name,required"`
}

// calculator is a service of methods.
type calculator struct{ router *aiomas.Router }

func newCalculator() *calculator {
	c := &calculator{}
	c.router = aiomas.NewObjectRouter(c)
	c.router.ExposeMethods("Double")
	return c
}

func (c *calculator) Router() *aiomas.Router { return c.router }
func (c *calculator) Double(x int) int       { return 2 * x }
func (c *calculator) GetSecret() string      { return "secret" }

func newService(tb testing.TB) *aiomas.Router {
	tb.Helper()
	r := aiomas.NewRouter()
	r.Expose("nothing", func() {})
	r.Expose("add", func(a, b int) int { return a + b }, aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 10}))
	r.Expose("unnamed", func(a int) int { return a })
	r.Expose("three", func(a, b, c int) int { return a + b + c }, aiomas.Params("a", "b", "c"))
	r.Expose("sum", func(_ context.Context, xs ...float64) (s float64) {
		for _, x := range xs {
			s += x
		}
		return s
	})
	r.Expose("kw", func(a int, kw aiomas.Kwargs) aiomas.Kwargs { kw["a"] = a; return kw }, aiomas.Params("a"))
	r.Expose("all", func(a int, kw aiomas.Kwargs, rest ...string) []any { return []any{a, kw, rest} }, aiomas.Params("a"))
	r.Expose("opts", func(a int, o options) string { return fmt.Sprintf("%d %g %s", a, o.Speed, o.Name) }, aiomas.Params("a"), aiomas.KeywordStruct())
	r.Expose("pair", func() (int, string, error) { return 1, "two", nil })
	r.Expose("small", func(x uint8) uint8 { return x }, aiomas.Params("x"))
	r.Expose("later", func(v codec.Value) (string, error) {
		var s string
		return s, v.Decode(&s)
	})
	r.Expose("fail", func() error { return fmt.Errorf("outer: %w", aiomas.KeyError.New("'k'")) })
	r.Expose("plain", func() error { return errors.New("went wrong") })
	r.Expose("panics", func() { var m map[string]int; m["x"] = 1 }) //nolint:staticcheck // that is the point
	r.Expose("exits", func() { runtime.Goexit() })
	r.Expose("chan", func() any { return make(chan int) })
	r.Expose("nilError", func() error { return nil })
	if err := r.Add("calc", newCalculator()); err != nil {
		tb.Fatal(err)
	}
	return r
}

// Requests and replies as they are on the wire. Wrong calls get Python's words.
func TestRPCOnTheWire(t *testing.T) {
	for _, c := range []struct{ request, reply string }{
		{`["nothing", [], {}]`, `null`},
		{`["add", [1, 2], {}]`, `3`},
		{`["add", [1], {"b": 2}]`, `3`},
		{`["add", [1], {}]`, `11`},
		{`["add", [], {"b": 2, "a": 1}]`, `3`},
		{`["sum", [], {}]`, `0.0`},
		{`["sum", [1.5, 2], {}]`, `3.5`},
		{`["kw", [1], {"x": [null]}]`, `{"a": 1, "x": [null]}`},
		{`["all", [1, "x", "y"], {"k": 2}]`, `[1, {"k": 2}, ["x", "y"]]`},
		{`["opts", [1], {"name": "n", "speed": 2.5}]`, `"1 2.5 n"`},
		{`["opts", [1], {"name": "n"}]`, `"1 0 n"`},
		{`["pair", [], {}]`, `[1, "two"]`},
		{`["calc/double", [21], {}]`, `42`},
		{`["nilError", [], {}]`, `null`},
		{`["add"  ,[ 1,2],{}]`, `3`},

		{`["add", [], {}]`, `TypeError: add() missing 1 required positional argument: 'a'`},
		{`["three", [], {}]`, `TypeError: three() missing 3 required positional arguments: 'a', 'b', and 'c'`},
		{`["three", [], {"b": 1}]`, `TypeError: three() missing 2 required positional arguments: 'a' and 'c'`},
		{`["add", [1, 2, 3], {}]`, `TypeError: add() takes from 1 to 2 positional arguments but 3 were given`},
		{`["three", [1, 2, 3, 4], {}]`, `TypeError: three() takes 3 positional arguments but 4 were given`},
		{`["nothing", [1], {}]`, `TypeError: nothing() takes 0 positional arguments but 1 was given`},
		{`["small", [1, 2], {}]`, `TypeError: small() takes 1 positional argument but 2 were given`},
		{`["calc/double", [1, 2], {}]`, `TypeError: double() takes 2 positional arguments but 3 were given`},
		{`["add", [1], {"a": 1}]`, `TypeError: add() got multiple values for argument 'a'`},
		{`["add", [1], {"c": 1}]`, `TypeError: add() got an unexpected keyword argument 'c'`},
		{`["unnamed", [], {"arg0": 1}]`, `TypeError: unnamed() got an unexpected keyword argument 'arg0'`},
		{`["opts", [1], {}]`, `TypeError: opts() missing 1 required keyword-only argument: 'name'`},
		{`["add", ["1"], {}]`, `TypeError: add() argument 'a': `},
		{`["add", [1], {"b": 1.5}]`, `TypeError: add() argument 'b': `},
		{`["small", [300], {}]`, `TypeError: small() argument 'x': `},
		{`["sum", [1, "x"], {}]`, `TypeError: sum() argument 'args[1]': `},

		{`["x", [], {}]`, `LookupError: Name "x" not found in ""`},
		{`["", [], {}]`, `LookupError: Name "" not found in ""`},
		{`["calc/x", [], {}]`, `LookupError: Name "x" not found in "calc"`},
		{`["calc/x/y", [], {}]`, `LookupError: Name "x" not found in "calc"`},
		{`["calc/double/x", [], {}]`, `LookupError: Name "x" not found in "calc/double"`},
		{`["add/__globals__", [], {}]`, `LookupError: Name "__globals__" not found in "add"`},
		{`["calc/get_secret", [], {}]`, `LookupError: "aiomas_test.calculator.get_secret" is not exposed`},
		{`["calc/router", [], {}]`, `LookupError: "aiomas_test.calculator.router" is not exposed`},
		{`["calc", [], {}]`, `TypeError: 'calculator' object is not callable`},

		{`["fail", [], {}]`, `KeyError: outer: KeyError: 'k'`},
		{`["plain", [], {}]`, `RuntimeError: went wrong`},
		{`["panics", [], {}]`, `RuntimeError: panic: assignment to entry in nil map`},
		{`["exits", [], {}]`, `RuntimeError: panic: the handler called runtime.Goexit`},
		{`["chan", [], {}]`, `aiomas.exceptions.SerializationError: `},

		{`"add"`, `TypeError: the request is not [path, args, kwargs]`},
		{`[]`, `TypeError: the request is not [path, args, kwargs]`},
		{`["add"]`, `TypeError: the request is not [path, args, kwargs]`},
		{`["add", [1, 2]]`, `TypeError: the request is not [path, args, kwargs]`},
		{`["add", {}, []]`, `TypeError: the request is not [path, args, kwargs]`},
		{`["add", [1, 2], {}, 4]`, `TypeError: the request is not [path, args, kwargs]`},
		{`[7, [], {}]`, `TypeError: the request is not [path, args, kwargs]`},
		{`["` + strings.Repeat("x", 5000) + `", [], {}]`, `ValueError: path of 5000 bytes exceeds the limit of 4096`},
		{`["add", [{"__type__": [5, 1]}], {}]`, `TypeError: add() argument 'a': `},
	} {
		t.Run(c.request[:min(40, len(c.request))], func(t *testing.T) {
			_, raw := newRawClient(t, newService(t))
			raw.send(`[0, 7, ` + c.request + `]`)
			got := raw.recv()
			if want := `[1, 7, ` + c.reply + `]`; got == want {
				return
			}
			// The last line of the traceback.
			lines := strings.Split(strings.TrimSuffix(got, `\n"]`), `\n`)
			last := strings.ReplaceAll(lines[len(lines)-1], `\"`, `"`)
			if !strings.HasPrefix(got, `[2, 7, "Traceback (most recent call last):\n`) || !strings.HasPrefix(last, c.reply) {
				t.Errorf("got  %s\nwant %s", got, c.reply)
			}
			raw.send(`[0, 8, ["add", [1, 2], {}]]`)
			raw.expect(`[1, 8, 3]`)
		})
	}
}

func TestRPCPanicTellsWhere(t *testing.T) {
	_, raw := newRawClient(t, newService(t), aiomas.WithStacks(true))
	raw.send(`[0, 0, ["panics", [], {}]]`)
	got := raw.recv()
	if !strings.Contains(got, `rpc_test.go`) || strings.Contains(got, `/rpc_test.go`) {
		t.Errorf("want the file without its directory in %s", got)
	}
	if strings.Contains(got, "internal/function") {
		t.Errorf("want no frames of the library in %s", got)
	}
	_, raw = newRawClient(t, newService(t)) // the default
	raw.send(`[0, 0, ["panics", [], {}]]`)
	if got := raw.recv(); strings.Contains(got, `rpc_test.go`) {
		t.Errorf("want no stack in %s", got)
	}
}

func TestRPCNoService(t *testing.T) {
	_, raw := newRawClient(t, nil)
	raw.send(`[0, 0, ["add", [], {}]]`)
	if got := raw.recv(); !strings.Contains(got, "RuntimeError: No RPC service running") {
		t.Error(got)
	}
}

func TestRPCCallsOnTheWire(t *testing.T) {
	me := newCalculator()
	c, raw := newRawClient(t, me)
	for i, tc := range []struct {
		call *aiomas.Proxy
		args []any
		want string
	}{
		{c.Remote("f"), nil, `["f", [], {}]`},
		{c.Remote("a", "b"), []any{1, "x", nil, 1.0, []int{1}, map[string]int{"k": 1}}, `["a/b", [1, "x", null, 1.0, [1], {"k": 1}], {}]`},
		{c.Remote("a/b").Sub("c"), []any{aiomas.Kwargs{"z": 1, "y": 2}}, `["a/b/c", [], {"y": 2, "z": 1}]`},
		{c.Remote("f"), []any{me}, `["f", [{"__type__": [0, ""]}], {}]`},
		{c.Remote("f"), []any{aiomas.Kwargs{"me": []any{me}}}, `["f", [], {"me": [{"__type__": [0, ""]}]}]`},
	} {
		done := make(chan error)
		go func() { done <- tc.call.Call(t.Context(), nil, tc.args...) }()
		raw.expect(fmt.Sprintf(`[0, %d, %s]`, i, tc.want))
		raw.send(fmt.Sprintf(`[1, %d, null]`, i))
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := c.Remote().Call(t.Context(), nil); err == nil {
		t.Error("a call of the root has no error")
	}
	if err := c.Remote("f").Call(t.Context(), 5); err == nil {
		t.Error("a result that is no pointer has no error")
	}
}

func TestRPCServicesTravel(t *testing.T) {
	root := aiomas.NewRouter()
	inner := newCalculator()
	if err := root.Add("inner", inner); err != nil {
		t.Fatal(err)
	}
	stranger := newCalculator()
	root.Expose("get_inner", func() *calculator { return inner })
	root.Expose("get_stranger", func() *calculator { return stranger })
	root.Expose("call_me", func(ctx context.Context, who *aiomas.Proxy, n int) (int, error) {
		if aiomas.ClientFrom(ctx) != who.Client() {
			return 0, errors.New("the proxy belongs to another connection")
		}
		return aiomas.Call[int](ctx, who.Sub("double"), n)
	})
	root.Expose("back", func(p *aiomas.Proxy) *aiomas.Proxy { return p })
	_, addr := startServer(t, root)
	me := newCalculator()
	c := dial(t, addr, aiomas.WithService(me))

	p, err := aiomas.Call[*aiomas.Proxy](t.Context(), c.Remote("get_inner"))
	if err != nil || p.Path() != "inner" || !p.Equal(c.Remote("inner")) || p.Equal(c.Remote("x")) {
		t.Fatalf("%v, %v", p, err)
	}
	if n, err := aiomas.Call[int](t.Context(), p.Sub("double"), 4); err != nil || n != 8 {
		t.Errorf("%d, %v", n, err)
	}
	var anything any
	if err := c.Remote("get_inner").Call(t.Context(), &anything); err != nil || !p.Equal(anything.(*aiomas.Proxy)) {
		t.Errorf("%v, %v", anything, err)
	}
	if n, err := aiomas.Call[int](t.Context(), c.Remote("call_me"), me, 5); err != nil || n != 10 {
		t.Errorf("called back: %d, %v", n, err)
	}
	// What this connection does not serve cannot be sent.
	if err := c.Remote("get_stranger").Call(t.Context(), nil); !errors.Is(err, aiomas.SerializationError) {
		t.Errorf("stranger: %v", err)
	}
	var ee *aiomas.EncodeError
	for what, v := range map[string]any{"a stranger": stranger, "a proxy": p} {
		if err := c.Remote("call_me").Call(t.Context(), nil, v, 1); !errors.As(err, &ee) || ee.Where != "args[0]" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := c.Remote("back").Call(t.Context(), nil, me); !errors.Is(err, aiomas.SerializationError) {
		t.Errorf("a proxy sent back: %v", err)
	}
	plain := dial(t, addr)
	if err := plain.Remote("call_me").Call(t.Context(), nil, me, 1); !errors.As(err, &ee) {
		t.Errorf("without a service: %v", err)
	}
	if _, err := aiomas.Call[int](t.Context(), c.Remote("get_inner")); err == nil {
		t.Error("a proxy decodes into an int")
	}
}

func TestRPCSerializersMoveTheProxyID(t *testing.T) {
	big1 := codec.NewSerializer(func(c complex128) ([2]float64, error) { return [2]float64{real(c), imag(c)}, nil },
		func(a [2]float64) (complex128, error) { return complex(a[0], a[1]), nil })
	root := aiomas.NewRouter()
	root.Expose("turn", func(c complex128) complex128 { return c * 1i })
	root.Expose("me", func() *aiomas.Router { return root })
	_, raw := newRawClient(t, root, aiomas.WithSerializers(big1))
	raw.send(`[0, 0, ["turn", [{"__type__": [0, [1.0, 2.0]]}], {}]]`)
	raw.expect(`[1, 0, {"__type__": [0, [-2.0, 1.0]]}]`)
	raw.send(`[0, 1, ["me", [], {}]]`)
	raw.expect(`[1, 1, {"__type__": [1, ""]}]`)
	if _, err := aiomas.Dial(t.Context(), "tcp://127.0.0.1:1", aiomas.WithSerializers(big1, big1)); err == nil {
		t.Error("a type registered twice is no error")
	}
}

// A limit of one handler keeps the order of arrival, and a handler's end makes
// room whatever way it ends.
func TestRPCConcurrencyOne(t *testing.T) {
	var order []int
	var running atomic.Int32
	r := aiomas.NewRouter()
	r.Expose("step", func(i int) int {
		if running.Add(1) != 1 {
			t.Error("two at once")
		}
		defer running.Add(-1)
		order = append(order, i)
		switch i % 10 {
		case 3:
			panic("three")
		case 5:
			runtime.Goexit()
		}
		return i
	})
	_, raw := newRawClient(t, r, aiomas.WithConcurrency(1))
	const n = 100
	go func() {
		for i := range n {
			raw.send(fmt.Sprintf(`[0, %d, ["step", [%d], {}]]`, i, i))
		}
	}()
	for i := range n {
		if got := raw.recv(); !strings.HasPrefix(got, fmt.Sprintf("[1, %d, ", i)) && !strings.HasPrefix(got, fmt.Sprintf("[2, %d, ", i)) {
			t.Fatalf("reply %d is %s", i, got)
		}
	}
	for i, got := range order {
		if i != got {
			t.Fatalf("step %d was %d", i, got)
		}
	}
}

// A slow request does not hold up the next, and replies come as they are ready.
func TestRPCHandlersRunAtOnce(t *testing.T) {
	release := make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("wait", func(ctx context.Context) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	r.Expose("go", func() { close(release) })
	_, raw := newRawClient(t, r)
	raw.send(`[0, 0, ["wait", [], {}]]`, `[0, 1, ["go", [], {}]]`)
	got := map[string]bool{raw.recv(): true, raw.recv(): true}
	if !got[`[1, 0, null]`] || !got[`[1, 1, null]`] {
		t.Error(got)
	}
}

func TestRPCHandlerContextEndsWithTheConnection(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	r := aiomas.NewRouter()
	r.Expose("wait", func(ctx context.Context) {
		close(started)
		<-ctx.Done()
		ended <- context.Cause(ctx)
	})
	_, raw := newRawClient(t, r)
	raw.send(`[0, 0, ["wait", [], {}]]`)
	<-started
	raw.conn.Close()
	if err := <-ended; !errors.Is(err, aiomas.ErrConnection) {
		t.Error(err)
	}
}

func TestRPCOnConnectionReset(t *testing.T) {
	c, raw := newRawClient(t, nil)
	var times atomic.Int32
	got := make(chan error, 2)
	c.OnConnectionReset(func(error) { t.Error("the replaced callback ran") })
	c.OnConnectionReset(func(err error) { times.Add(1); got <- err })
	raw.conn.Close()
	if err := <-got; !errors.Is(err, aiomas.ErrConnection) {
		t.Error(err)
	}
	<-c.Done()
	if err := c.Close(); err != nil || times.Load() != 1 {
		t.Errorf("%v, called %d times", err, times.Load())
	}
	c.OnConnectionReset(func(error) { got <- nil }) // set too late: called at once
	<-got

	c, raw = newRawClient(t, nil)
	c.OnConnectionReset(func(error) { t.Error("called although this end closed") })
	go func() {
		raw.expectClosed()
		_ = raw.conn.Close()
	}()
	_ = c.Close()
	<-c.Done()
}

func TestRPCServerShutdownLetsHandlersFinish(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("slow", func() string { close(started); <-release; return "done" })
	srv, addr := startServer(t, r)
	c := dial(t, addr)
	result := make(chan error, 1)
	var got string
	go func() { result <- c.Remote("slow").Call(context.Background(), &got) }()
	<-started
	down := make(chan error, 1)
	go func() { down <- srv.Shutdown(context.Background()) }()
	for { // until the shutdown has begun, new requests are answered otherwise
		err := c.Remote("other").Call(t.Context(), nil)
		if errors.Is(err, aiomas.ExceptionType("ConnectionError")) {
			break
		}
		if !errors.Is(err, aiomas.LookupError) {
			t.Fatal(err)
		}
	}
	close(release)
	if err := <-result; err != nil || got != "done" {
		t.Errorf("the running call: %q, %v", got, err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
	if _, err := aiomas.Dial(t.Context(), addr); err == nil {
		t.Error("still listening")
	}
}

func TestRPCShutdownGivesUpWithItsContext(t *testing.T) {
	started := make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("stuck", func(ctx context.Context) { close(started); <-ctx.Done() })
	srv, addr := startServer(t, r)
	c := dial(t, addr)
	p := c.Remote("stuck").Go(t.Context(), nil)
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := srv.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := p.Wait(t.Context()); !errors.Is(err, aiomas.ErrConnection) {
		t.Error(err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ln, err := aiomas.Listen(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- aiomas.NewServer(newService(t)).Serve(ctx, ln) }()
	c := dial(t, aiomas.FormatAddress(ln.Addr()))
	if err := c.Remote("nothing").Call(t.Context(), nil); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-served; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-c.Done()
}

func TestServerConnectedCallback(t *testing.T) {
	met := make(chan *aiomas.Client, 1)
	srv, addr := startServer(t, newService(t), aiomas.WithConnected(func(c *aiomas.Client) { met <- c }))
	c := dial(t, addr, aiomas.WithService(newCalculator()))
	back := <-met
	if n, err := aiomas.Call[int](t.Context(), back.Remote("double"), 4); err != nil || n != 8 {
		t.Errorf("%d, %v", n, err)
	}
	if n := len(srv.Clients()); n != 1 {
		t.Errorf("%d clients", n)
	}
	_ = c.Close()
	<-back.Done()
}

func TestDialRetries(t *testing.T) {
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := aiomas.FormatAddress(ln.Addr())
	_ = ln.Close()
	if _, err := aiomas.Dial(t.Context(), addr); err == nil {
		t.Fatal("connected to nobody")
	}
	if _, err := aiomas.Dial(t.Context(), addr, aiomas.WithRetry(50*time.Millisecond)); err == nil {
		t.Fatal("connected to nobody")
	}
	dialled := make(chan error)
	go func() {
		c, err := aiomas.Dial(t.Context(), addr, aiomas.WithRetry(-1))
		if err == nil {
			err = c.Close()
		}
		dialled <- err
	}()
	srv := aiomas.NewServer(newService(t))
	served := make(chan error)
	go func() { served <- srv.ListenAndServe(context.Background(), addr) }()
	if err := <-dialled; err != nil {
		t.Error(err)
	}
	_ = srv.Close()
	<-served
}

func TestReplyDeadline(t *testing.T) {
	r := aiomas.NewRouter()
	release := make(chan struct{})
	r.Expose("slow", func() { <-release })
	r.Expose("quick", func() {})
	_, raw := newRawClient(t, r, aiomas.WithReplyDeadline(time.Nanosecond))
	raw.send(`[0, 0, ["slow", [], {}]]`)
	close(release)
	raw.send(`[0, 1, ["quick", [], {}]]`)
	raw.conn.(interface{ CloseWrite() error }).CloseWrite()
	raw.expectClosed() // neither was in time
}

// Callbacks while both sides call: each call needs another in the opposite
// direction, nested several deep.
func TestRPCNestedCallbacks(t *testing.T) {
	var root *aiomas.Router
	newEnd := func() *aiomas.Router {
		r := aiomas.NewRouter()
		r.Expose("down", func(ctx context.Context, depth int) (int, error) {
			if depth == 0 {
				return 0, nil
			}
			n, err := aiomas.Call[int](ctx, aiomas.ClientFrom(ctx).Remote("down"), depth-1)
			return n + 1, err
		})
		return r
	}
	root = newEnd()
	_, addr := startServer(t, root)
	c := dial(t, addr, aiomas.WithService(newEnd()))
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if n, err := aiomas.Call[int](t.Context(), c.Remote("down"), 10); err != nil || n != 10 {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	wg.Wait()
}

func TestRPCValues(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("same", func(x any) any { return x })
	_, addr := startServer(t, r)
	c := dial(t, addr)
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	for _, v := range []any{nil, true, int64(-1), uint64(1 << 63), huge, 1.0, "é\x00", []any{}, map[string]any{"k": []any{1.5}}} {
		got, err := aiomas.Call[any](t.Context(), c.Remote("same"), v)
		if err != nil || fmt.Sprintf("%T %v", got, got) != fmt.Sprintf("%T %v", v, v) {
			t.Errorf("%T %v came back as %T %v, %v", v, v, got, got, err)
		}
	}
}

func TestRouterTree(t *testing.T) {
	root, mid, leaf := aiomas.NewRouter(), aiomas.NewRouter(), newCalculator()
	if err := mid.Add("leaf", leaf); err != nil {
		t.Fatal(err)
	}
	if err := root.SetSubRouter(mid, "mid"); err != nil {
		t.Fatal(err)
	}
	l := leaf.Router()
	if l.Path() != "mid/leaf" || l.Name() != "leaf" || l.Parent() != mid || l.Object() != leaf || root.Path() != "" {
		t.Errorf("%q %q", l.Path(), l.Name())
	}
	f, err := root.Resolve("mid/leaf/double")
	if err != nil || f.Name() != "double" || f.Func().(func(int) int)(4) != 8 {
		t.Errorf("%v, %v", f, err)
	}
	for what, err := range map[string]error{
		"two parents": root.SetSubRouter(l, "again"),
		"taken":       root.Add("mid", newCalculator()),
		"circle":      mid.SetSubRouter(root, "up"),
		"itself":      root.SetSubRouter(root, "me"),
		"nil":         root.SetSubRouter(nil, "x"),
		"nil service": root.Add("x", nil),
		"slash":       root.Add("a/b", newCalculator()),
		"no name":     root.Add("", newCalculator()),
	} {
		if err == nil {
			t.Error(what, "is no error")
		}
	}
}

func TestExposeRefuses(t *testing.T) {
	for name, expose := range map[string]func(r *aiomas.Router){
		"not a function": func(r *aiomas.Router) { r.Expose("x", 1) },
		"nil":            func(r *aiomas.Router) { r.Expose("x", (func())(nil)) },
		"slash":          func(r *aiomas.Router) { r.Expose("a/b", func() {}) },
		"empty":          func(r *aiomas.Router) { r.Expose("", func() {}) },
		"twice":          func(r *aiomas.Router) { r.Expose("x", func() {}); r.Expose("x", func() {}) },
		"names":          func(r *aiomas.Router) { r.Expose("x", func(int) {}, aiomas.Params("a", "b")) },
		"same name":      func(r *aiomas.Router) { r.Expose("x", func(a, b int) {}, aiomas.Params("a", "a")) },
		"default": func(r *aiomas.Router) {
			r.Expose("x", func(int) {}, aiomas.Params("a"), aiomas.Defaults(aiomas.Kwargs{"b": 1}))
		},
		"default type": func(r *aiomas.Router) {
			r.Expose("x", func(int) {}, aiomas.Params("a"), aiomas.Defaults(aiomas.Kwargs{"a": "1"}))
		},
		"default order": func(r *aiomas.Router) {
			r.Expose("x", func(a, b int) {}, aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"a": 1}))
		},
		"late context":   func(r *aiomas.Router) { r.Expose("x", func(int, context.Context) {}) },
		"keyword struct": func(r *aiomas.Router) { r.Expose("x", func(int) {}, aiomas.KeywordStruct()) },
		"no method":      func(r *aiomas.Router) { r.ExposeMethod("Nope") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), "aiomas: ") {
					t.Errorf("panic %v", err)
				}
			}()
			expose(aiomas.NewRouter())
		})
	}
}

func TestAddressesAreChecked(t *testing.T) {
	for _, addr := range []string{"", "127.0.0.1", "tcp://", "tcp://host", "tcp:host:1", "udp://h:1", "unix://", "tcp://h:1/0", "tcp+tls://h:1", "ipc://path"} {
		if _, err := aiomas.Dial(t.Context(), addr); err == nil || !strings.Contains(err.Error(), "aiomas: address") {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

package tests

import (
	"context"
	"errors"
	"math"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

// row is one call of the conformance service. A wrong call has an error: the
// exception's type, and a part of its message.
type row struct {
	name    string
	path    string
	args    []any
	want    any
	errType string
	errText string
	only    string // codec
}

func kw(pairs ...any) aiomas.Kwargs {
	k := aiomas.Kwargs{}
	for i := 0; i < len(pairs); i += 2 {
		k[pairs[i].(string)] = pairs[i+1]
	}
	return k
}

var huge, _ = new(big.Int).SetString("-123456789012345678901234567890", 10)

var rows = []row{
	{name: "add ints", path: "add", args: []any{1, 2}, want: int64(3)},
	{name: "add default", path: "add", args: []any{1}, want: int64(1)},
	{name: "add keyword", path: "add", args: []any{1, kw("b", 2)}, want: int64(3)},
	{name: "add keywords", path: "add", args: []any{kw("b", 2, "a", 1)}, want: int64(3)},
	{name: "add floats", path: "add", args: []any{1.5, 2.0}, want: 3.5},
	{name: "add int and float", path: "add", args: []any{1, 2.0}, want: 3.0},
	{name: "add strings", path: "add", args: []any{"a", "é☃😀"}, want: "aé☃😀"},
	{name: "add past int64", path: "add", args: []any{math.MaxInt64, 1}, want: uint64(1 << 63)},
	{name: "add huge", path: "add", args: []any{huge, -1}, want: new(big.Int).Sub(huge, big.NewInt(1)), only: "json"},

	{name: "echo", path: "echo", args: []any{1, "x", nil, kw("k", []any{true})},
		want: []any{[]any{int64(1), "x", nil}, map[string]any{"k": []any{true}}}},
	{name: "echo nothing", path: "echo", want: []any{[]any{}, map[string]any{}}},

	{name: "identity none", path: "identity", args: []any{nil}, want: nil},
	{name: "identity inf", path: "identity", args: []any{math.Inf(-1)}, want: math.Inf(-1)},
	{name: "identity float 1.0", path: "identity", args: []any{1.0}, want: 1.0},
	{name: "identity uint64", path: "identity", args: []any{uint64(math.MaxUint64)}, want: uint64(math.MaxUint64)},
	{name: "identity nested", path: "identity", args: []any{map[string]any{"a": []any{1.5, map[string]any{}}}},
		want: map[string]any{"a": []any{1.5, map[string]any{}}}},
	{name: "identity bytes", path: "identity", args: []any{[]byte{0, 255}}, want: []byte{0, 255}, only: "msgpack"},
	{name: "identity int keys", path: "identity", args: []any{map[int]string{1: "x"}}, want: map[any]any{int64(1): "x"}, only: "msgpack"},
	{name: "identity int keys as text", path: "identity", args: []any{map[int]string{1: "x"}}, want: map[string]any{"1": "x"}, only: "json"},
	{name: "identity surrogate", path: "identity", args: []any{"\xed\xa0\x80"}, want: "\xed\xa0\x80", only: "json"},

	{name: "typename int", path: "typename", args: []any{1}, want: "int"},
	{name: "typename float", path: "typename", args: []any{1.0}, want: "float"},
	{name: "typename str", path: "typename", args: []any{"s"}, want: "str"},
	{name: "typename bool", path: "typename", args: []any{true}, want: "bool"},
	{name: "typename None", path: "typename", args: []any{nil}, want: "NoneType"},
	{name: "typename dict", path: "typename", args: []any{map[string]int{}}, want: "dict"},
	{name: "typename list", path: "typename", args: []any{[]int{}}, want: "list", only: "json"},
	{name: "typename tuple", path: "typename", args: []any{[]int{}}, want: "tuple", only: "msgpack"},
	{name: "typename bytes", path: "typename", args: []any{[]byte{1}}, want: "bytes", only: "msgpack"},

	{name: "sleep", path: "sleep", args: []any{0.01, "late"}, want: "late"},
	{name: "sleep default", path: "sleep", args: []any{0}, want: nil},
	{name: "payload", path: "payload", args: []any{300_000}, want: strings.Repeat("x", 300_000)},
	{name: "payload empty", path: "payload", args: []any{0}, want: ""},
	{name: "peers", path: "peers", want: int64(1)},
	{name: "sub", path: "sub/name", want: "sub"},
	{name: "sub deep", path: "sub/deep/name", want: "sub/deep"},

	{name: "fail", path: "fail", args: []any{"ValueError", "no"}, errType: "ValueError", errText: "no"},
	{name: "fail KeyError", path: "fail", args: []any{"KeyError", "k"}, errType: "KeyError", errText: "'k'"},
	{name: "fail RuntimeError", path: "fail", args: []any{"RuntimeError", "several\nlines: of text"}, errType: "RuntimeError", errText: "several\nlines: of text"},
	{name: "fail own", path: "fail", args: []any{"MyError", "mine"}, errType: "MyError", errText: "mine"},
	{name: "fail empty", path: "fail", args: []any{"ValueError", ""}, errType: "ValueError"},
	{name: "unserializable", path: "unserializable", errType: "SerializationError", errText: "No serializer found for type"},
	{name: "private", path: "private", errType: "LookupError", errText: `.private" is not exposed`},
	{name: "not there", path: "sub/nope", errType: "LookupError", errText: `Name "nope" not found in "sub"`},
	{name: "not there at all", path: "nope/x", errType: "LookupError", errText: `Name "nope" not found in ""`},
	{name: "no argument", path: "add", errType: "TypeError", errText: "add() missing 1 required positional argument: 'a'"},
	{name: "too many", path: "add", args: []any{1, 2, 3}, errType: "TypeError", errText: "add() takes from 2 to 3 positional arguments but 4 were given"},
	{name: "unknown keyword", path: "add", args: []any{1, kw("c", 1)}, errType: "TypeError", errText: "add() got an unexpected keyword argument 'c'"},
	{name: "twice", path: "add", args: []any{1, kw("a", 1)}, errType: "TypeError", errText: "add() got multiple values for argument 'a'"},
	{name: "not callable", path: "sub", errType: "TypeError", errText: "object is not callable"},
}

var bigs = cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })

// Every row of the conformance service, called from Go: Python's answers are
// the expected ones, and the Go peer gives the same. TestMatrix has all Pythons and
// transports.
func TestGoCalls(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		for side, addr := range map[string]string{"python": c.startPython(t).Addr, "go": c.startGo(t).Addr} {
			conn, me := c.dial(t, addr)
			for _, r := range rows {
				if r.only == "" || r.only == c.codec.Name() {
					checkRow(t, side, conn, r)
				}
			}
			checkServices(t, side, conn, me)
		}
	})
}

func checkRow(t *testing.T, side string, conn *aiomas.Client, r row) {
	got, err := aiomas.Call[any](t.Context(), conn.Remote(r.path), r.args...)
	if r.errType == "" {
		if diff := cmp.Diff(r.want, got, bigs); err != nil || diff != "" {
			t.Errorf("%s: %s: error %v, result (-want +got):\n%s", side, r.name, err, diff)
		}
		return
	}
	var remote *aiomas.RemoteError
	if !errors.As(err, &remote) {
		t.Errorf("%s: %s: %v, %v; want %s", side, r.name, got, err, r.errType)
		return
	}
	if !errors.Is(err, aiomas.ExceptionType(r.errType)) || !strings.Contains(remote.Message, strings.TrimPrefix(r.errText, "add()")) {
		t.Errorf("%s: %s: got %s: %q, want %s: %q", side, r.name, remote.Type, remote.Message, r.errType, r.errText)
	}
	if !strings.HasPrefix(remote.Traceback, "Traceback (most recent call last):\n") || remote.Origin == "" || remote.Path != r.path {
		t.Errorf("%s: %s: %#v", side, r.name, remote)
	}
}

// checkServices passes services both ways and calls back.
func checkServices(t *testing.T, side string, conn *aiomas.Client, me aiomas.Service) {
	ctx := t.Context()
	sub, err := aiomas.Call[*aiomas.Proxy](ctx, conn.Remote("get_sub"))
	if err != nil || !sub.Equal(conn.Remote("sub")) {
		t.Fatalf("%s: get_sub: %v, %v", side, sub, err)
	}
	if name, err := aiomas.Call[string](ctx, sub.Sub("deep", "name")); err != nil || name != "sub/deep" {
		t.Errorf("%s: name of what came: %q, %v", side, name, err)
	}
	if name, err := aiomas.Call[string](ctx, conn.Remote("typename"), me); err != nil || name != "Proxy" {
		t.Errorf("%s: typename of a service: %q, %v", side, name, err)
	}
	got, err := aiomas.Call[[]int](ctx, conn.Remote("call_back"), me, 100)
	want := make([]int, 100)
	for i := range want {
		want[i] = 2 * i
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: call_back: %v\n%s", side, err, diff)
	}
	saw, err := aiomas.Call[[]string](ctx, conn.Remote("call_back_fail"), me)
	if diff := cmp.Diff([]string{"ValueError", "boom"}, saw); err != nil || diff != "" {
		t.Errorf("%s: call_back_fail: %v\n%s", side, err, diff)
	}
	// A proxy of theirs cannot be sent back: nothing is written, nobody harmed.
	var refused *aiomas.EncodeError
	if err := conn.Remote("identity").Call(ctx, nil, sub); !errors.As(err, &refused) {
		t.Errorf("%s: a proxy sent back: %v", side, err)
	}
	if err := conn.Remote("identity").Call(ctx, nil, map[string]any{codec.TypeKey: 1}); !errors.As(err, &refused) {
		t.Errorf("%s: a dict with __type__: %v", side, err)
	}
	if conn.Err() != nil {
		t.Errorf("%s: the connection ended: %v", side, conn.Err())
	}
}

// 5,000 calls in flight on one connection, each way.
func TestManyInFlight(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		conn, _ := c.dial(t, c.startPython(t).Addr)
		const n = 5000
		results := make([]int, n)
		calls := make([]*aiomas.Pending, n)
		for i := range calls {
			calls[i] = conn.Remote("add").Go(t.Context(), &results[i], i, i)
		}
		for i, p := range calls {
			if err := p.Wait(t.Context()); err != nil || results[i] != 2*i {
				t.Fatalf("call %d: %d, %v", i, results[i], err)
			}
		}
		c.python.RunClient(t, "--connect", c.startGo(t).Addr, "--codec", c.codec.Name(), "--rows", "flight", "--flight", "5000")
	})
}

// 200 connections at once.
func TestManyConnections(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		addr := recorder.Start(t, c.codec, c.startPython(t).Addr, recorder.Dialler)
		var wg sync.WaitGroup
		conns := make([]*aiomas.Client, 200)
		for i := range conns {
			wg.Go(func() {
				conn, err := aiomas.Dial(t.Context(), addr, aiomas.WithCodec(c.codec))
				if err != nil {
					t.Error(err)
					return
				}
				conns[i] = conn
				if n, err := aiomas.Call[int](t.Context(), conn.Remote("add"), i, 1); err != nil || n != i+1 {
					t.Errorf("connection %d: %d, %v", i, n, err)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		if n, err := aiomas.Call[int](t.Context(), conns[0].Remote("peers")); err != nil || n != len(conns) {
			t.Errorf("Python counts %d connections, %v", n, err)
		}
		for _, conn := range conns {
			wg.Go(func() { _ = conn.Close() })
		}
		wg.Wait()
	})
}

// Both sides call each other at once, and each call is called back meanwhile.
func TestCallbacksWhileBothCall(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		conn, me := c.dial(t, c.startPython(t).Addr)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				got, err := aiomas.Call[[]int](t.Context(), conn.Remote("call_back"), me, 20)
				if err != nil || len(got) != 20 || got[19] != 38 {
					t.Errorf("%v, %v", got, err)
				}
			})
			wg.Go(func() {
				if n, err := aiomas.Call[int](t.Context(), conn.Remote("add"), 20, 22); err != nil || n != 42 {
					t.Errorf("%d, %v", n, err)
				}
			})
		}
		wg.Wait()
	})
}

// Calls that their callers give up hurt neither their neighbours nor Python,
// whose late replies are dropped.
func TestAbandonedCalls(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		conn, _ := c.dial(t, c.startPython(t).Addr)
		ctx, cancel := context.WithCancel(t.Context())
		var abandoned, others sync.WaitGroup
		for range 100 {
			abandoned.Go(func() {
				if err := conn.Remote("sleep").Call(ctx, nil, 0.2, "late"); !errors.Is(err, context.Canceled) {
					t.Errorf("an abandoned call: %v", err)
				}
			})
			others.Go(func() {
				if got, err := aiomas.Call[string](t.Context(), conn.Remote("sleep"), 0.3, "ok"); err != nil || got != "ok" {
					t.Errorf("its neighbour: %q, %v", got, err)
				}
			})
		}
		// Give up once Python has them all: it answers the requests of a
		// connection in order of their sleeps.
		if err := conn.Remote("add").Call(t.Context(), nil, 1); err != nil {
			t.Error(err)
		}
		cancel()
		abandoned.Wait()
		others.Wait()
		if n, err := aiomas.Call[int](t.Context(), conn.Remote("add"), 1, 1); err != nil || n != 2 {
			t.Errorf("after all: %d, %v", n, err)
		}
	})
}

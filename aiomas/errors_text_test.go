package aiomas_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// What a Python peer reads of a call that does not fit is in Python's words.
func TestWordsForPeers(t *testing.T) {
	type point struct{ X float64 }
	r := aiomas.NewRouter()
	r.Expose("two", func(a int, p []point) int { return a })
	r.Expose("named", func(a int, p []point) int { return a }, aiomas.Params("a", "points"))
	r.Expose("kw", func(o struct{ Speed int }) {}, aiomas.KeywordStruct())
	r.Expose("rest", func(rest ...int) {})
	r.Expose("deep", func() any { return []any{map[string]any{"x": make(chan int)}} })
	r.Expose("chan", func() any { return make(chan int) })
	r.Expose("wraps", func() error { return aiomas.ErrConnection })
	_, raw := newRawClient(t, r)
	for _, c := range []struct{ request, want string }{
		{`["two", ["x", []], {}]`, `TypeError: two() argument 1: str does not fit int`},
		{`["two", [1, [{"x": "y"}]], {}]`, `TypeError: two() argument 2: [0].x: str does not fit float64`},
		{`["two", [], {}]`, `TypeError: two() missing 2 required positional arguments`},
		{`["two", [1], {}]`, `TypeError: two() missing 1 required positional argument`},
		{`["two", [], {"a": 1}]`, `TypeError: two() got an unexpected keyword argument 'a'`},
		{`["named", [1, [{"x": "y"}]], {}]`, `TypeError: named() argument 'points': [0].x: str does not fit float64`},
		{`["named", [], {"a": "x"}]`, `TypeError: named() argument 'a': str does not fit int`},
		{`["named", [], {}]`, `TypeError: named() missing 2 required positional arguments: 'a' and 'points'`},
		{`["kw", [], {"speed": "x"}]`, `TypeError: kw() argument 'speed': str does not fit int`},
		{`["kw", [1], {}]`, `TypeError: kw() takes 0 positional arguments but 1 was given`},
		{`["kw", [1], {"speed": 1}]`, `TypeError: kw() takes 0 positional arguments but 1 positional argument (and 1 keyword-only argument) were given`},
		{`["kw", [1, 2], {"speed": 1}]`, `TypeError: kw() takes 0 positional arguments but 2 positional arguments (and 1 keyword-only argument) were given`},
		{`["named", [1, [], 3], {"c": 1}]`, `TypeError: named() got an unexpected keyword argument 'c'`},
		{`["named", [1, [], 3], {}]`, `TypeError: named() takes 2 positional arguments but 3 were given`},
		{`["rest", [1, "x"], {}]`, `TypeError: rest() argument 'args[1]': str does not fit int`},
		{`["chan", [], {}]`, `aiomas.exceptions.SerializationError: No serializer found for type \"chan int\"`},
		{`["deep", [], {}]`, `aiomas.exceptions.SerializationError: cannot encode [0].x: No serializer found for type \"chan int\"`},
		{`["wraps", [], {}]`, `ConnectionError: connection error`},
		{`["two"]`, `TypeError: the request is not [path, args, kwargs]: no args`},
		{`["Two", [], {}]`, `LookupError: Name \"Two\" not found in \"\"`},
	} {
		raw.send(`[0, 0, ` + c.request + `]`)
		if got := raw.recv(); !strings.HasSuffix(got, `\n`+c.want+`\n"]`) || strings.Contains(got, "aiomas: ") {
			t.Errorf("%s\ngot  %s\nwant %s", c.request, got, c.want)
		}
	}
}

// lockedLog collects lines of a logger.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// What the peer is not told, because Python does not say it, is in the log of
// whoever can mend it.
func TestHintsInTheLog(t *testing.T) {
	for _, c := range []struct {
		request string
		want    []string
	}{
		{`["sub/Get_Name", [], {}]`, []string{"call refused", "path=sub/Get_Name", `did you mean \"get_name\"?`, "peer=tcp://"}},
		{`["SUB/get_name", [], {}]`, []string{`did you mean \"sub\"?`}},
		{`["sub/getname", [], {}]`, []string{`did you mean \"get_name\"?`}},
		{`["sub/get_names", [], {}]`, nil},
		{`["unnamed", [], {"n": 1}]`, []string{`the argument \"n\" was passed by keyword, and unnamed was exposed without Params`}},
		{`["named", [], {"m": 1}]`, nil},
		{`["none", [], {"m": 1}]`, nil},
		{`["chan", [], {}]`, []string{"result cannot be sent", "path=chan", `No serializer found for type`}},
	} {
		sub, r := aiomas.NewRouter(), aiomas.NewRouter()
		sub.Expose("get_name", func() string { return "" })
		if err := r.Add("sub", sub); err != nil {
			t.Fatal(err)
		}
		r.Expose("unnamed", func(int) {})
		r.Expose("none", func() {})
		r.Expose("named", func(int) {}, aiomas.Params("n"))
		r.Expose("chan", func() any { return make(chan int) })
		var log lockedLog
		_, raw := newRawClient(t, r, aiomas.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		raw.send(`[0, 0, ` + c.request + `]`)
		raw.recv()
		if got := log.String(); len(c.want) == 0 && got != "" {
			t.Errorf("%s: logged %s", c.request, got)
		}
		for _, w := range c.want {
			if got := log.String(); !strings.Contains(got, w) {
				t.Errorf("%s: logged %q, want %q", c.request, got, w)
			}
		}
	}
}

// Errors of calls say which function of which peer they are of.
func TestErrorsNameTheCall(t *testing.T) {
	client, raw := newRawClient(t, nil)
	other := aiomas.NewRouter()
	served, _ := newRawClient(t, aiomas.NewRouter())
	at := client.Channel().RemoteAddr().String()
	call := func(result any, reply string) error {
		p := client.Remote("units", "get").Go(t.Context(), result)
		m := raw.recv()
		raw.send(strings.Replace(reply, "ID", m[4:strings.IndexByte(m[4:], ',')+4], 1))
		return p.Wait(t.Context())
	}
	var n int
	for name, c := range map[string]struct {
		err  error
		want string
		as   any
	}{
		"an argument": {
			client.Remote("units/set").Call(t.Context(), nil, 1, []any{make(chan int)}),
			"aiomas: call of units/set at tcp://" + at + `: cannot encode args[1][0]: No serializer found for type "chan int"`, new(*aiomas.EncodeError),
		},
		"a result": {
			call(&n, `[1, ID, "x"]`), "aiomas: call of units/get at tcp://" + at + ": cannot decode result: str does not fit int", new(*aiomas.DecodeError),
		},
		"a plain request": {
			client.Channel().Send(t.Context(), make(chan int), nil),
			"aiomas: request at tcp://" + at + `: cannot encode: No serializer found for type "chan int"`, new(*aiomas.EncodeError),
		},
		"a service of a side without one": {
			client.Remote("f").Call(t.Context(), nil, other), "WithService", new(*aiomas.EncodeError),
		},
		"a service that hangs nowhere": {
			served.Remote("f").Call(t.Context(), nil, other), "Router.Add", new(*aiomas.EncodeError),
		},
		"a name as in Go": {
			call(nil, `[2, ID, "LookupError: Name \"get\" not found in \"units\"\n"]`), `not found in "units"`, new(*aiomas.RemoteError),
		},
		"keywords first": {
			client.Remote("f").Call(t.Context(), nil, aiomas.Kwargs{"a": 1}, 2), "aiomas: call of f: keyword arguments must be a single Kwargs, as the last argument", nil,
		},
		"keywords twice": {
			client.Remote("f").Go(t.Context(), nil, aiomas.RawKwargs{}, aiomas.Kwargs{"a": 1}).Wait(t.Context()), "keyword arguments must be a single Kwargs, as the last argument", nil,
		},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || strings.Count(c.err.Error(), "aiomas: ") != 1 {
			t.Errorf("%s:\ngot  %v\nwant %s", name, c.err, c.want)
		}
		if c.as != nil && !errors.As(c.err, c.as) {
			t.Errorf("%s: %v is no %T", name, c.err, c.as)
		}
	}
	p := client.Remote("units/GetName").Go(t.Context(), nil)
	m := raw.recv()
	raw.send(`[2, ` + m[4:strings.IndexByte(m[4:], ',')+4] + `, "Traceback (most recent call last):\nLookupError: Name \"GetName\" not found in \"units\"\n"]`)
	if err := p.Wait(t.Context()); err == nil || !strings.HasSuffix(err.Error(), `not found in "units" (did you mean "get_name"?)`) {
		t.Error(err)
	}
}

func TestRawKwargsArePassedOn(t *testing.T) {
	var v codec.Value
	client, raw := newRawClient(t, nil)
	p := client.Remote("f").Go(t.Context(), nil, 1, aiomas.RawKwargs{"b": v})
	raw.expect(`[0, 0, ["f", [1], {"b": null}]]`)
	raw.send(`[1, 0, null]`)
	if err := p.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

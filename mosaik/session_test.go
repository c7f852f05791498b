package mosaik_test

import (
	"context"
	"errors"
	"io"
	"math"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

func TestTheCallsOfARun(t *testing.T) {
	var got []any
	sim := &fake{meta: mosaik.Meta{Type: mosaik.Hybrid, Models: map[string]mosaik.ModelMeta{
		"M": {Params: []string{"p"}, Attrs: []string{"a", "b"}, Trigger: []string{"a"}, NonPersistent: []string{}},
		"C": {Private: true, AnyInputs: true},
	}}}
	sim.setupDone = func(context.Context) error { got = append(got, "setup done"); return nil }
	sim.create = func(_ context.Context, num int, model string, p mosaik.Params) ([]mosaik.Entity, error) {
		v, err := p.Get("p").Any()
		got = append(got, num, model, v, err)
		return []mosaik.Entity{{EID: "e.1", Type: "M", Rel: []string{"x"}, Extra: "info", Children: []mosaik.Entity{{EID: "c", Type: "C"}}}}, nil
	}
	sim.step = func(_ context.Context, time int64, in mosaik.Inputs, maxAdvance int64) (int64, error) {
		got = append(got, time, maxAdvance)
		for eid := range in.Entities() {
			for attr := range in.Attrs(eid) {
				for _, v := range in.All(eid, attr) {
					x, err := v.Value.Any()
					got = append(got, eid, attr, v.Source, x, err)
				}
			}
		}
		if time == 1 {
			return mosaik.NoStep, nil
		}
		return math.MaxInt64, nil
	}
	sim.getData = func(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
		var out mosaik.Output
		for eid, attr := range want.All() {
			out.Set(eid, attr, map[string]any{"x": math.Inf(1)})
		}
		out.SetTime(7)
		return out, nil
	}
	d := drive(t, sim)
	ctx := t.Context()
	meta, err := d.Init(ctx, "S-0", 0.5, nil)
	want := mosaik.Meta{APIVersion: "3.0", Type: mosaik.Hybrid, ExtraMethods: []string{}, Models: map[string]mosaik.ModelMeta{
		"M": {Params: []string{"p"}, Attrs: []string{"a", "b"}, Trigger: []string{"a"}, NonPersistent: []string{}},
		"C": {Private: true, Params: []string{}, Attrs: []string{}, AnyInputs: true},
	}}
	if diff := cmp.Diff(want, meta); diff != "" || err != nil {
		t.Errorf("Init: %v %s", err, diff)
	}
	entities, err := d.Create(ctx, 1, "M", map[string]any{"p": 420.0})
	if diff := cmp.Diff([]mosaik.Entity{{EID: "e.1", Type: "M", Rel: []string{"x"}, Extra: "info",
		Children: []mosaik.Entity{{EID: "c", Type: "C", Rel: []string{}}}}}, entities); diff != "" || err != nil {
		t.Errorf("Create: %v %s", err, diff)
	}
	if err := d.SetupDone(ctx); err != nil {
		t.Error(err)
	}
	var in mosaik.Inputs
	in.Add("e.1", "b", "Z.9", 1.0)
	in.Add("e.1", "b", "A.1", 1)
	in.Add("e.1", "a", "A.1", new(big.Int).Lsh(big.NewInt(1), 70))
	in.Add("c", "any", "A.1", nil)
	if next, err := d.Step(ctx, 0, in, -1); next != math.MaxInt64 || err != nil {
		t.Errorf("Step: %v, %v", next, err)
	}
	if next, err := d.Step(ctx, 1, mosaik.Inputs{}, 99); next != mosaik.NoStep || err != nil {
		t.Errorf("Step: %v, %v", next, err)
	}
	out, err := d.GetData(ctx, mosaik.Outputs{{EID: "e.1", Attrs: []string{"a", "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	v, ok := out.Get("e.1", "a")
	x, err := v.Any()
	if diff := cmp.Diff(map[string]any{"x": math.Inf(1)}, x); diff != "" || !ok || err != nil {
		t.Errorf("GetData: %v %v %s", ok, err, diff)
	}
	if time, ok := out.Time(); time != 7 || !ok {
		t.Errorf("the time of the output: %d, %v", time, ok)
	}
	big70 := new(big.Int).Lsh(big.NewInt(1), 70)
	if diff := cmp.Diff([]any{
		1, "M", 420.0, nil, "setup done", int64(0), int64(-1),
		"e.1", "b", "Z.9", 1.0, nil, "e.1", "b", "A.1", int64(1), nil, "e.1", "a", "A.1", big70, nil, "c", "any", "A.1", nil, nil,
		int64(1), int64(99),
	}, got, cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })); diff != "" {
		t.Errorf("what the simulator saw: %s", diff)
	}
}

func TestFailuresNameSimulatorEntityAndMethod(t *testing.T) {
	oops := aiomas.ValueError.New("oops")
	tests := []struct {
		name      string
		err       error
		typ, text string
	}{
		{"plain", errors.New("oops"), "RuntimeError", "S-0: step(time=5): oops"},
		{"with a type", oops, "ValueError", "S-0: step(time=5): oops"},
		{"of an entity", mosaik.At("b.1", oops), "ValueError", "S-0.b.1: step(time=5): oops"},
		{"of an entity twice", mosaik.At("outer", mosaik.At("b.1", oops)), "ValueError", "S-0.b.1: step(time=5): oops"},
		{"a type with a module", aiomas.ExceptionType("pkg.Bad").New("oops"), "Bad", "S-0: step(time=5): oops"},
		{"one letter", aiomas.ExceptionType("E").New("x"), "E", "S-0: step(time=5): x"},
		{"invalid UTF-8", errors.New("\xff"), "RuntimeError", "S-0: step(time=5): \uFFFD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := driveInit(t, &fake{step: func(context.Context, int64, mosaik.Inputs, int64) (int64, error) { return 0, tt.err }})
			_, err := d.Step(t.Context(), 5, mosaik.Inputs{}, 9)
			e := remote(t, err)
			if e.Type != tt.typ || e.Message != tt.text {
				t.Errorf("%s: %s", e.Type, e.Message)
			}
			if !strings.HasPrefix(e.Traceback, "Traceback (most recent call last):\n  Go simulator S-0") || !strings.HasSuffix(e.Traceback, tt.typ+": "+tt.text+"\n") {
				t.Errorf("trace: %s", e.Traceback)
			}
			if next, err := d.Step(t.Context(), 6, mosaik.Inputs{}, 9); err == nil {
				t.Errorf("Step after a failure: %d", next)
			}
			if _, err := d.GetData(t.Context(), nil); err != nil {
				t.Errorf("it does not go on serving: %v", err)
			}
		})
	}
}

func TestPanicsShowWhereTheyHappened(t *testing.T) {
	d := driveInit(t, &fake{step: func(context.Context, int64, mosaik.Inputs, int64) (int64, error) { return crash() }})
	_, err := d.Step(t.Context(), 5, mosaik.Inputs{}, 9)
	e := remote(t, err)
	if e.Type != "RuntimeError" || e.Message != "S-0: step(time=5): panic: I am done" {
		t.Errorf("%s: %s", e.Type, e.Message)
	}
	if !strings.Contains(e.Traceback, `  File "session_test.go", line `) || !strings.Contains(e.Traceback, "in github.com/aiomas-go/aiomas-go/mosaik_test.crash\n") ||
		strings.Contains(e.Traceback, "reflect") || strings.Contains(e.Traceback, "session)") {
		t.Errorf("trace:\n%s", e.Traceback)
	}
}

func crash() (int64, error) { panic("I am done") }

func TestWhatFailsBeforeMosaikSeesIt(t *testing.T) {
	two := func(a, b mosaik.Entity) func(context.Context, int, string, mosaik.Params) ([]mosaik.Entity, error) {
		return func(context.Context, int, string, mosaik.Params) ([]mosaik.Entity, error) {
			return []mosaik.Entity{a, b}, nil
		}
	}
	step := func(next int64) func(context.Context, int64, mosaik.Inputs, int64) (int64, error) {
		return func(context.Context, int64, mosaik.Inputs, int64) (int64, error) { return next, nil }
	}
	create := func(d *mosaik.Driver, params map[string]any) error {
		_, err := d.Create(context.Background(), 2, "M", params)
		return err
	}
	doStep := func(d *mosaik.Driver, _ map[string]any) error {
		_, err := d.Step(context.Background(), 5, mosaik.Inputs{}, 9)
		return err
	}
	doGet := func(d *mosaik.Driver, _ map[string]any) error {
		_, err := d.GetData(context.Background(), mosaik.Outputs{{EID: "e", Attrs: []string{"a"}}})
		return err
	}
	tests := []struct {
		name   string
		sim    *fake
		do     func(*mosaik.Driver, map[string]any) error
		params map[string]any
		want   string
	}{
		{"too few", &fake{create: func(context.Context, int, string, mosaik.Params) ([]mosaik.Entity, error) { return nil, nil }}, create, nil, "ValueError: S-0: create: 2 entities of M were requested, 0 created"},
		{"same id", &fake{create: two(mosaik.Entity{EID: "x", Type: "M"}, mosaik.Entity{EID: "x", Type: "M"})}, create, nil, "ValueError: S-0.x: create: there is another entity with this id"},
		{"same id of a child", &fake{create: two(mosaik.Entity{EID: "x", Type: "M"}, mosaik.Entity{EID: "y", Type: "M", Children: []mosaik.Entity{{EID: "x", Type: "M"}}})}, create, nil, "ValueError: S-0.x: create: there is another entity with this id"},
		{"other model", &fake{create: two(mosaik.Entity{EID: "x", Type: "N"}, mosaik.Entity{EID: "y", Type: "M"})}, create, nil, `ValueError: S-0.x: create: is a "N", a "M" was requested`},
		{"child of no model", &fake{create: two(mosaik.Entity{EID: "x", Type: "M", Children: []mosaik.Entity{{EID: "c", Type: "N"}}}, mosaik.Entity{EID: "y", Type: "M"})}, create, nil, `ValueError: S-0.c: create: is a "N", which is no model of the simulator`},
		{"parameter", &fake{}, create, map[string]any{"q": 1}, "TypeError: S-0: create: create() got an unexpected keyword argument 'q'"},
		{"next step now", &fake{step: step(5)}, doStep, nil, "ValueError: S-0: step(time=5): the next step is to be at 5, which is not after 5"},
		{"next step before", &fake{step: step(-3)}, doStep, nil, "ValueError: S-0: step(time=5): the next step is to be at -3, which is not after 5"},
		{"time-based without next step", &fake{step: step(mosaik.NoStep)}, doStep, nil, "ValueError: S-0: step(time=5): a time-based simulator must say when its next step is"},
		{"unencodable", &fake{getData: func(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
			return want.Fill(func(string, string) (any, bool) { return make(chan int), true }), nil
		}}, doGet, nil, "SerializationError: S-0: get_data: "},
		{"output before its step", &fake{getData: func(context.Context, mosaik.Outputs) (out mosaik.Output, err error) {
			out.SetTime(-1)
			return out, nil
		}}, doGet, nil, "ValueError: S-0: get_data: the output is for time -1, before the step at 0"},
		{"unknown call", &fake{}, func(d *mosaik.Driver, _ map[string]any) error { return d.Call(context.Background(), nil, "nothing") }, nil,
			`LookupError: S-0: nothing: Name "nothing" not found in ""`},
		{"unknown model", &fake{}, func(d *mosaik.Driver, _ map[string]any) error {
			_, err := d.Create(context.Background(), 1, "X", nil)
			return err
		}, nil, `ValueError: S-0: create: there is no model "X"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := driveInit(t, tt.sim)
			e := remote(t, tt.do(d, tt.params))
			if got := e.Type + ": " + e.Message; !strings.HasPrefix(got, tt.want) || !strings.HasSuffix(tt.want, " ") && got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCallsBeforeInitAreRefused(t *testing.T) {
	d := drive(t, &fake{})
	_, err := d.Step(t.Context(), 0, mosaik.Inputs{}, 0)
	if e := remote(t, err); e.Type != "RuntimeError" || e.Message != "the simulator: step: called before init" {
		t.Errorf("%s: %s", e.Type, e.Message)
	}
}

func TestInitRefusesBadMeta(t *testing.T) {
	d := drive(t, &fake{meta: mosaik.Meta{Models: map[string]mosaik.ModelMeta{"M": {Attrs: []string{"a"}, Trigger: []string{"a"}}}}})
	_, err := d.Init(t.Context(), "S-0", 1, nil)
	if e := remote(t, err); e.Type != "ValueError" || !strings.Contains(e.Message, `model "M", attribute "a": is in trigger, which a time-based simulator cannot have`) {
		t.Errorf("%s: %s", e.Type, e.Message)
	}
}

func TestExtraMethods(t *testing.T) {
	sim := &fake{extra: []mosaik.ExtraMethod{
		mosaik.Extra("add", func(ctx context.Context, a, b int) (int, error) {
			if mosaik.WorldFrom(ctx) == nil {
				return 0, errors.New("no way to mosaik")
			}
			return a + b, nil
		}, aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 1})),
		mosaik.Extra("fail", func() error { return aiomas.KeyError.New("k") }),
	}}
	d := drive(t, sim)
	meta, err := d.Init(t.Context(), "S-0", 1, nil)
	if diff := cmp.Diff([]string{"add", "fail"}, meta.ExtraMethods); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for _, args := range [][]any{{1, 2}, {2}, {aiomas.Kwargs{"a": 2, "b": 1}}} {
		var sum int
		if err := d.Call(t.Context(), &sum, "add", args...); sum != 3 || err != nil {
			t.Errorf("add%v = %d, %v", args, sum, err)
		}
	}
	if e := remote(t, d.Call(t.Context(), nil, "fail")); e.Type != "KeyError" || e.Message != "S-0: fail: k" {
		t.Errorf("%s: %s", e.Type, e.Message)
	}
}

func TestExtraMethodNamedLikeACall(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := mosaik.Serve(t.Context(), ln, &fake{extra: []mosaik.ExtraMethod{mosaik.Extra("step", func() {})}}); err == nil {
		t.Error("it is served")
	}
}

func TestFinalizeRunsOnceWhateverEndsIt(t *testing.T) {
	ends := map[string]struct {
		end  func(s *served, d *mosaik.Driver)
		want error
	}{
		"stop":            {func(_ *served, d *mosaik.Driver) { _ = d.Stop(context.Background()) }, nil},
		"lost connection": {func(_ *served, d *mosaik.Driver) { d.Kill() }, io.EOF},
		"its context":     {func(s *served, _ *mosaik.Driver) { s.cancel() }, context.Canceled},
		"stop, then its context": {func(s *served, d *mosaik.Driver) {
			_ = d.Stop(context.Background())
			s.cancel()
		}, nil},
	}
	for name, tt := range ends {
		t.Run(name, func(t *testing.T) {
			sim := &fake{}
			s := serve(t, sim)
			d, err := mosaik.Connect(t.Context(), s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Kill()
			if _, err := d.Init(t.Context(), "S-0", 1, nil); err != nil {
				t.Fatal(err)
			}
			tt.end(s, d)
			if err := s.end(t); !errors.Is(err, tt.want) {
				t.Errorf("Serve: %v", err)
			}
			if n := sim.finalized.Load(); n != 1 {
				t.Errorf("Finalize was called %d times", n)
			}
		})
	}
}

func TestTheEndOfTheConnectionEndsAStep(t *testing.T) {
	stepping := make(chan struct{})
	sim := &fake{}
	sim.step = func(ctx context.Context, _ int64, _ mosaik.Inputs, _ int64) (int64, error) {
		close(stepping)
		<-ctx.Done()
		if sim.finalized.Load() != 0 {
			t.Error("Finalize was called while Step was running")
		}
		return 0, ctx.Err()
	}
	s := serve(t, sim)
	d, err := mosaik.Connect(t.Context(), s.addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Init(t.Context(), "S-0", 1, nil); err != nil {
		t.Fatal(err)
	}
	stepped := make(chan error, 1)
	go func() {
		_, err := d.Step(context.Background(), 0, mosaik.Inputs{}, 0)
		stepped <- err
	}()
	<-stepping
	d.Kill()
	if err := <-stepped; !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("Step: %v", err)
	}
	if err := s.end(t); !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("Serve: %v", err)
	}
	if n := sim.finalized.Load(); n != 1 {
		t.Errorf("Finalize was called %d times", n)
	}
}

func TestAStepThatDoesNotEndIsNotWaitedForForEver(t *testing.T) {
	stepping, release := make(chan struct{}), make(chan struct{})
	sim := &fake{step: func(context.Context, int64, mosaik.Inputs, int64) (int64, error) {
		close(stepping)
		<-release
		return 1, nil
	}}
	s := serve(t, sim, mosaik.WithGrace(time.Millisecond))
	d, err := mosaik.Connect(t.Context(), s.addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Init(t.Context(), "S-0", 1, nil); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = d.Step(context.Background(), 0, mosaik.Inputs{}, 0) }()
	<-stepping
	s.cancel()
	_ = s.end(t)
	close(release)
	if n := sim.finalized.Load(); n != 1 {
		t.Errorf("Finalize was called %d times", n)
	}
}

func TestAFailureOfFinalizeIsNotMosaiks(t *testing.T) {
	for name, finalize := range map[string]func() error{
		"error": func() error { return errors.New("disk full") },
		"panic": func() error { panic("disk full") },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, &fake{finalize: finalize})
			d, err := mosaik.Connect(t.Context(), s.addr)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Stop(t.Context()); err != nil {
				t.Errorf("stop is answered with %v", err)
			}
			var final *mosaik.FinalizeError
			if err := s.end(t); !errors.As(err, &final) || !strings.Contains(err.Error(), "disk full") {
				t.Errorf("Serve: %v", err)
			}
		})
	}
}

func TestServeWaitsSoLongOnly(t *testing.T) {
	sim := &fake{}
	if err := serve(t, sim, mosaik.WithTimeout(time.Millisecond)).end(t); !errors.Is(err, mosaik.ErrNotConnected) {
		t.Errorf("Serve: %v", err)
	}
	if sim.finalized.Load() != 0 {
		t.Error("a simulator that never began was finalized")
	}
}

// The stream is ended before the socket is closed, and what mosaik has sent
// meanwhile is read: otherwise the system would reset the connection.
func TestTheEndIsNoReset(t *testing.T) {
	for _, unread := range []int{0, 1 << 20} {
		s := serve(t, &fake{})
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		send := func(id int64, content any) {
			b, err := json.Codec.AppendMessage(make([]byte, 4), 0, id, content, nil)
			if err != nil {
				t.Fatal(err)
			}
			n := len(b) - 4
			b[0], b[1], b[2], b[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
			if _, err := conn.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
		send(0, []any{"stop", []any{}, map[string]any{}})
		send(1, []any{"get_data", []any{strings.Repeat("x", unread)}, map[string]any{}})
		// No answer: one that comes when mosaik has just ceased to wait for it would hang it.
		if b, err := io.ReadAll(conn); err != nil || len(b) > 0 {
			t.Errorf("with %d bytes unread: %q, %v", unread, b, err)
		}
		_ = conn.Close()
		if err := s.end(t); err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
}

func TestLargeMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("a message of 70 MiB")
	}
	text := strings.Repeat("x", 70<<20)
	sim := &fake{}
	sim.step = func(_ context.Context, time int64, in mosaik.Inputs, _ int64) (int64, error) {
		v, err := in.One("e", "a")
		var s string
		if err == nil {
			err = v.Decode(&s)
		}
		if err != nil || s != text {
			t.Errorf("%d bytes came, %v", len(s), err)
		}
		return time + 1, nil
	}
	sim.getData = func(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
		return want.Fill(func(string, string) (any, bool) { return text, true }), nil
	}
	d := driveInit(t, sim)
	var in mosaik.Inputs
	in.Add("e", "a", "S.e", text)
	if _, err := d.Step(t.Context(), 0, in, 0); err != nil {
		t.Fatal(err)
	}
	out, err := d.GetData(t.Context(), mosaik.Outputs{{EID: "e", Attrs: []string{"a"}}})
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := out.Get("e", "a"); !ok || v != mosaik.ValueOf(text) {
		t.Error("another text came back")
	}
}

package mosaik_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// TestAskingMosaikInTheMiddleOfAStep has the driver answer as mosaik does; the tests
// against mosaik itself are in interop/tests/mosaik.
func TestAskingMosaikInTheMiddleOfAStep(t *testing.T) {
	g := mosaik.Graph{
		Nodes: []mosaik.Node{{ID: "B-0.x", SID: "B-0", Type: "B"}, {ID: "A-0.y.z", SID: "A-0", Type: "A"}, {ID: "A-0.a", SID: "A-0", Type: "A"}},
		Edges: [][2]string{{"B-0.x", "A-0.y.z"}, {"A-0.a", "B-0.x"}},
	}
	var settings []mosaik.Setting
	var event int64
	answers := mosaik.Answers{
		Progress: func(context.Context) (float64, error) { return 12.5, nil },
		Graph:    func(context.Context) (mosaik.Graph, error) { return g, nil },
		GetData: func(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
			return want.Fill(func(eid, attr string) (any, bool) { return eid + " " + attr, true }), nil
		},
		SetData:  func(_ context.Context, s []mosaik.Setting) error { settings = s; return nil },
		SetEvent: func(_ context.Context, t int64) error { event = t; return nil },
	}
	sim := &fake{}
	sim.step = func(ctx context.Context, time int64, _ mosaik.Inputs, _ int64) (int64, error) {
		w := mosaik.WorldFrom(ctx)
		p, err := w.Progress(ctx)
		if p != 12.5 || err != nil {
			t.Errorf("Progress: %v, %v", p, err)
		}
		all, err := w.Graph(ctx)
		if diff := cmp.Diff(g, all); diff != "" || err != nil {
			t.Errorf("Graph: %v %s", err, diff)
		}
		one, err := w.Related(ctx, "B-0.x")
		if diff := cmp.Diff([]mosaik.Node{g.Nodes[1], g.Nodes[2]}, one); diff != "" || err != nil {
			t.Errorf("Related: %v %s", err, diff)
		}
		many, err := w.RelatedTo(ctx, "A-0.a", "A-0.y.z")
		if diff := cmp.Diff(map[string][]mosaik.Node{"A-0.a": {g.Nodes[0]}, "A-0.y.z": {g.Nodes[0]}}, many); diff != "" || err != nil {
			t.Errorf("RelatedTo: %v %s", err, diff)
		}
		none, err := w.RelatedTo(ctx)
		if len(none) != 0 || err != nil {
			t.Errorf("RelatedTo nobody: %v, %v", none, err)
		}
		if _, err := w.Related(ctx, "C.c"); !errors.Is(err, mosaik.ErrUnknown) {
			t.Errorf("Related to what is not there: %v", err)
		}
		out, err := w.GetData(ctx, mosaik.Outputs{{EID: "A-0.y.z", Attrs: []string{"v"}}})
		if v, _ := out.Get("A-0.y.z", "v"); v != mosaik.ValueOf("A-0.y.z v") || err != nil {
			t.Errorf("GetData: %v, %v", v, err)
		}
		err = w.SetData(ctx, mosaik.Setting{Source: "S-0.e", Dest: "A-0.a", Attr: "p", Value: 1.0},
			mosaik.Setting{Source: "S-0.e", Dest: "A-0.a", Attr: "q", Value: nil}, mosaik.Setting{Source: "S-0.f", Dest: "A-0.a", Attr: "p", Value: 2})
		if err != nil {
			t.Errorf("SetData: %v", err)
		}
		if err := w.SetEvent(ctx, 99); err != nil {
			t.Errorf("SetEvent: %v", err)
		}
		return time + 1, nil
	}
	d := driveInit(t, sim, mosaik.WithAnswers(answers))
	if _, err := d.Step(t.Context(), 0, mosaik.Inputs{}, 1); err != nil {
		t.Fatal(err)
	}
	want := []mosaik.Setting{
		{Source: "S-0.e", Dest: "A-0.a", Attr: "p", Value: mosaik.ValueOf(1.0)},
		{Source: "S-0.e", Dest: "A-0.a", Attr: "q", Value: mosaik.Value{}},
		{Source: "S-0.f", Dest: "A-0.a", Attr: "p", Value: mosaik.ValueOf(int64(2))},
	}
	if diff := cmp.Diff(want, settings, cmp.Comparer(func(a, b mosaik.Value) bool { return a == b })); diff != "" || event != 99 {
		t.Errorf("what arrived: event %d, %s", event, diff)
	}
}

func TestRefusals(t *testing.T) {
	ask := map[string]func(context.Context, *mosaik.World) error{
		"get_data": func(ctx context.Context, w *mosaik.World) error {
			_, err := w.GetData(ctx, mosaik.Outputs{})
			return err
		},
		"set_data":  func(ctx context.Context, w *mosaik.World) error { return w.SetData(ctx) },
		"set_event": func(ctx context.Context, w *mosaik.World) error { return w.SetEvent(ctx, 1) },
	}
	all := []error{mosaik.ErrNotRealTime, mosaik.ErrNoAsyncRequests, mosaik.ErrNotInStep, mosaik.ErrUnknown}
	tests := []struct {
		method string
		typ    aiomas.ExceptionType
		want   error
	}{
		{"set_event", "SimulationError", mosaik.ErrNotRealTime},             // 3.6
		{"set_event", "EventInNonRealTimeModeError", mosaik.ErrNotRealTime}, // 3.7
		{"get_data", "ScenarioError", mosaik.ErrNoAsyncRequests},
		{"set_data", "AsyncRequestsNotEnabledError", mosaik.ErrNoAsyncRequests},
		{"set_data", "AsyncRequestsNotConnectedError", mosaik.ErrNoAsyncRequests},
		{"get_data", "AssertionError", mosaik.ErrNotInStep},
		{"set_data", "KeyError", mosaik.ErrUnknown},
		{"set_data", "ValueError", nil},
		{"get_data", "SimulationError", nil},
	}
	for _, tt := range tests {
		refuse := func() error { return tt.typ.New("no") }
		sim := &fake{}
		var got error
		sim.step = func(ctx context.Context, time int64, _ mosaik.Inputs, _ int64) (int64, error) {
			got = ask[tt.method](ctx, mosaik.WorldFrom(ctx))
			return time + 1, got
		}
		d := driveInit(t, sim, mosaik.WithAnswers(mosaik.Answers{
			GetData:  func(context.Context, mosaik.Outputs) (mosaik.Output, error) { return mosaik.Output{}, refuse() },
			SetData:  func(context.Context, []mosaik.Setting) error { return refuse() },
			SetEvent: func(context.Context, int64) error { return refuse() },
		}))
		_, err := d.Step(t.Context(), 0, mosaik.Inputs{}, 1)
		if e := remote(t, err); e.Type != "RemoteException" {
			t.Errorf("passed on as a %s", e.Type)
		}
		var refused *mosaik.RefusedError
		if !errors.As(got, &refused) || refused.Method != tt.method || !errors.Is(got, tt.typ) {
			t.Errorf("%s, %s: %v", tt.method, tt.typ, got)
		}
		for _, e := range all {
			if errors.Is(got, e) != (e == tt.want) { //nolint:errorlint // the sentinels themselves
				t.Errorf("%s, %s is %q: %v", tt.method, tt.typ, e, errors.Is(got, e))
			}
		}
	}
}

func TestWithoutAnswersTheDriverRefuses(t *testing.T) {
	sim := &fake{}
	sim.step = func(ctx context.Context, time int64, _ mosaik.Inputs, _ int64) (int64, error) {
		w := mosaik.WorldFrom(ctx)
		if p, err := w.Progress(ctx); p != 0 || err != nil {
			t.Errorf("Progress: %v, %v", p, err)
		}
		if err := w.SetEvent(ctx, 1); !errors.Is(err, mosaik.ErrNotRealTime) {
			t.Errorf("SetEvent: %v", err)
		}
		if err := w.SetData(ctx); !errors.Is(err, mosaik.ErrNoAsyncRequests) {
			t.Errorf("SetData: %v", err)
		}
		if _, err := w.GetData(ctx, nil); !errors.Is(err, mosaik.ErrNoAsyncRequests) {
			t.Errorf("GetData: %v", err)
		}
		if g, err := w.Graph(ctx); len(g.Nodes)+len(g.Edges) != 0 || err != nil {
			t.Errorf("Graph: %v, %v", g, err)
		}
		return time + 1, nil
	}
	if _, err := driveInit(t, sim).Step(t.Context(), 0, mosaik.Inputs{}, 1); err != nil {
		t.Error(err)
	}
	if mosaik.WorldFrom(t.Context()) != nil {
		t.Error("a world from nowhere")
	}
}

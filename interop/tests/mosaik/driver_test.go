package mosaik

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// driveExample starts mosaik's own example simulator.
func driveExample(t *testing.T, p pyenv.Python, module, class string, opts ...mosaik.DriverOption) *mosaik.Driver {
	t.Helper()
	code := "import sys, " + module + " as m\nsys.exit(m.main())"
	cmd := exec.Command(p.Path, "-W", "ignore", "-c", code, "%(addr)s")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	d, err := mosaik.Start(ctx, cmd, opts...)
	if err != nil {
		t.Fatal(class, err)
	}
	t.Cleanup(d.Kill)
	return d
}

func TestDrivingMosaiksExamples(t *testing.T) {
	for _, env := range []string{"mosaik", "mosaik-old"} {
		t.Run(env, func(t *testing.T) {
			eachMosaik(t, func(t *testing.T, p pyenv.Python) {
				if env == "mosaik-old" {
					if p.Version != "3.11" {
						t.Skip("mosaik-api 3.0.6 is tried on Python 3.11")
					}
					p = pyenv.RequireFor(t, pythonOf(t, p.Version), env)
				}
				t.Run("sim", func(t *testing.T) {
					driveSim(t, driveExample(t, p, "example_sim.mosaik", "ExampleSim"), env == "mosaik-old")
				})
				t.Run("mas", func(t *testing.T) { driveMas(t, p) })
			})
		})
	}
}

// pythonOf is the interpreter with aiomas, of which others are made.
func pythonOf(t *testing.T, version string) pyenv.Python {
	t.Helper()
	for _, p := range pyenv.Require(t) {
		if p.Version == version {
			return p
		}
	}
	t.Fatal("no Python", version)
	return pyenv.Python{}
}

// driveSim drives example_sim. In the older package an exception ends the process.
func driveSim(t *testing.T, d *mosaik.Driver, old bool) {
	t.Helper()
	ctx := t.Context()
	meta, err := d.Init(ctx, "E-0", 1, map[string]any{"step_size": 2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"init_val"}, meta.Models["A"].Params); diff != "" || !meta.Models["C"].Private || meta.ExtraMethods[0] != "example_method" {
		t.Errorf("%+v %s", meta, diff)
	}
	a, err := d.Create(ctx, 2, "A", map[string]any{"init_val": 0})
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.Create(ctx, 1, "B", map[string]any{"init_val": 5.5})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]mosaik.Entity{{EID: "0.0", Type: "A", Rel: []string{}}, {EID: "0.1", Type: "A", Rel: []string{}}}, a); diff != "" {
		t.Error(diff)
	}
	if err := d.SetupDone(ctx); err != nil {
		t.Error(err)
	}
	var in mosaik.Inputs
	in.Add(b[0].EID, "val_in", "X.1", 1.5)
	in.Add(b[0].EID, "val_in", "X.2", 2)
	if next, err := d.Step(ctx, 0, in, 10); next != 2 || err != nil {
		t.Errorf("Step: %d, %v", next, err)
	}
	out, err := d.GetData(ctx, mosaik.Outputs{{EID: a[1].EID, Attrs: []string{"val_out"}}, {EID: b[0].EID, Attrs: []string{"val_out"}}})
	if err != nil {
		t.Fatal(err)
	}
	for eid, want := range map[string]any{a[1].EID: int64(2), b[0].EID: 3.5} {
		if v, ok := out.Get(eid, "val_out"); !ok || v != mosaik.ValueOf(want) {
			t.Errorf("%s: %v, want %v", eid, v, want)
		}
	}
	var got int
	if err := d.Call(ctx, &got, "example_method", aiomas.Kwargs{"value": 23}); got != 23 || err != nil {
		t.Errorf("example_method: %d, %v", got, err)
	}
	_, err = d.Create(ctx, 1, "A", map[string]any{"wrong": 1})
	if old {
		if !errors.Is(err, aiomas.ErrConnection) {
			t.Errorf("a failure: %v", err)
		}
		return
	}
	var failed *aiomas.RemoteError
	if !errors.As(err, &failed) || failed.Type != "TypeError" || !strings.Contains(failed.Message, "unexpected keyword argument 'wrong'") || !strings.Contains(failed.Traceback, "Traceback") {
		t.Errorf("a failure: %#v", err)
	}
	if err := d.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func driveMas(t *testing.T, p pyenv.Python) {
	t.Helper()
	var settings []mosaik.Setting
	g := mosaik.Graph{
		Nodes: []mosaik.Node{{ID: "M-0.0", SID: "M-0", Type: "Agent"}, {ID: "E-0.x", SID: "E-0", Type: "B"}},
		Edges: [][2]string{{"M-0.0", "E-0.x"}},
	}
	d := driveExample(t, p, "example_mas.mosaik", "ExampleMas", mosaik.WithAnswers(mosaik.Answers{
		Progress: func(context.Context) (float64, error) { return 50, nil },
		Graph:    func(context.Context) (mosaik.Graph, error) { return g, nil },
		GetData: func(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
			return want.Fill(func(string, string) (any, bool) { return 1.0, true }), nil
		},
		SetData: func(_ context.Context, s []mosaik.Setting) error { settings = s; return nil },
	}))
	ctx := t.Context()
	if _, err := d.Init(ctx, "M-0", 1, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Create(ctx, 1, "Agent", nil); err != nil {
		t.Fatal(err)
	}
	if next, err := d.Step(ctx, 0, mosaik.Inputs{}, 10); next != 1 || err != nil {
		t.Errorf("Step: %d, %v", next, err)
	}
	want := []mosaik.Setting{{Source: "M-0.0", Dest: "E-0.x", Attr: "val_in", Value: mosaik.ValueOf(int64(23))}}
	if diff := cmp.Diff(want, settings, cmp.Comparer(func(a, b mosaik.Value) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if err := d.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

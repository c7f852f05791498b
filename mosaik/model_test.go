package mosaik_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

type battery struct {
	Capacity float64 `mosaik:"capacity,required"`
	Charge   float64 `mosaik:"soc,param,out"`
	Power    float64 `mosaik:"p,in"`
}

func (b *battery) Step(_ context.Context, s *mosaik.Step) error {
	b.Charge += b.Power * float64(s.Since) * s.TimeResolution / b.Capacity
	if b.Charge > 1 {
		return aiomas.ValueError.New("too full")
	}
	return nil
}

type controller struct {
	Charge map[string]float64 `mosaik:"soc,trigger"`
	Power  *float64           `mosaik:"p,event"`
	steps  int
}

func (c *controller) Step(_ context.Context, s *mosaik.Step) error {
	c.steps++
	for _, soc := range c.Charge {
		if soc > 0.9 {
			c.Power = new(float64)
			s.OutputAt(s.Time + 1)
		}
	}
	if c.Charge == nil {
		s.Next(s.Time + 10)
	}
	return nil
}

// driveModel serves any simulator until the test ends.
func driveModel(t *testing.T, sim mosaik.Simulator, params map[string]any) (*mosaik.Driver, mosaik.Meta) {
	t.Helper()
	s := serve(t, sim)
	d, err := mosaik.Connect(t.Context(), s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(d.Stop(context.Background()), s.end(t)); err != nil {
			t.Error(err)
		}
	})
	meta, err := d.Init(t.Context(), "S-0", 1, params)
	if err != nil {
		t.Fatal(err)
	}
	return d, meta
}

func TestATimeBasedModel(t *testing.T) {
	d, meta := driveModel(t, mosaik.Model[battery]("Battery", mosaik.Prototype(battery{Charge: 0.5}), mosaik.StepSize(60)), nil)
	want := mosaik.Meta{APIVersion: "3.0", Type: mosaik.TimeBased, ExtraMethods: []string{}, Models: map[string]mosaik.ModelMeta{
		"Battery": {Params: []string{"capacity", "soc"}, Attrs: []string{"soc", "p"}},
	}}
	if diff := cmp.Diff(want, meta); diff != "" {
		t.Error(diff)
	}
	ctx := t.Context()
	for _, params := range []map[string]any{{"capacity": 600.0}, {"capacity": 600, "soc": 0.25}} {
		if _, err := d.Create(ctx, 1, "Battery", params); err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.Create(ctx, 1, "Battery", nil)
	if e := remote(t, err); e.Message != "S-0.Battery_2: create: create() missing 1 required positional argument: 'capacity'" {
		t.Error(e.Message)
	}
	var in mosaik.Inputs
	in.Add("Battery_1", "p", "A.1", 1)
	in.Add("Battery_1", "p", "A.2", 0.5)
	for _, time := range []int64{0, 60} {
		if next, err := d.Step(ctx, time, in, 600); next != time+60 || err != nil {
			t.Errorf("Step: %v, %v", next, err)
		}
	}
	soc := mosaik.Outputs{{EID: "Battery_0", Attrs: []string{"soc"}}, {EID: "Battery_1", Attrs: []string{"soc", "p"}}}
	out, err := d.GetData(ctx, soc)
	a, _ := out.Get("Battery_0", "soc")
	b, _ := out.Get("Battery_1", "soc")
	if _, ok := out.Get("Battery_1", "p"); ok || err != nil || a != mosaik.ValueOf(0.5) || b != mosaik.ValueOf(0.4) {
		t.Errorf("soc %v and %v, p is put out: %v, %v", a, b, ok, err)
	}
	if _, err = d.Step(ctx, 6000, in, 6000); err == nil {
		t.Fatal("it is not full")
	}
	if e := remote(t, err); e.Type != "ValueError" || e.Message != "S-0.Battery_1: step(time=6000): too full" {
		t.Errorf("%s: %s", e.Type, e.Message)
	}
	if _, err := d.GetData(ctx, mosaik.Outputs{{EID: "x", Attrs: []string{"soc"}}}); !strings.Contains(remote(t, err).Message, "there is no such entity") {
		t.Error(err)
	}
}

func TestTheStepSizeIsAParameter(t *testing.T) {
	d, _ := driveModel(t, mosaik.Model[battery]("Battery"), map[string]any{"step_size": 5, "eid_prefix": "b."})
	entities, err := d.Create(t.Context(), 1, "Battery", map[string]any{"capacity": 1})
	if err != nil || entities[0].EID != "b.0" {
		t.Error(entities, err)
	}
	if next, err := d.Step(t.Context(), 0, mosaik.Inputs{}, 600); next != 5 || err != nil {
		t.Error(next, err)
	}
}

func TestAnEventBasedModel(t *testing.T) {
	d, meta := driveModel(t, mosaik.Model[controller]("Controller"), nil)
	want := mosaik.Meta{APIVersion: "3.0", Type: mosaik.EventBased, ExtraMethods: []string{}, Models: map[string]mosaik.ModelMeta{
		"Controller": {Params: []string{}, Attrs: []string{"soc", "p"}},
	}}
	if diff := cmp.Diff(want, meta); diff != "" {
		t.Error(diff)
	}
	ctx := t.Context()
	if _, err := d.Create(ctx, 2, "Controller", nil); err != nil {
		t.Fatal(err)
	}
	step := func(time int64, soc float64, wantNext int64, wantEvent bool) {
		t.Helper()
		var in mosaik.Inputs
		if soc > 0 {
			in.Add("Controller_1", "soc", "B.1", soc)
		}
		if next, err := d.Step(ctx, time, in, 99); next != wantNext || err != nil {
			t.Errorf("Step(%d) = %v, %v, want %v", time, next, err, wantNext)
		}
		out, err := d.GetData(ctx, mosaik.Outputs{{EID: "Controller_0", Attrs: []string{"p"}}, {EID: "Controller_1", Attrs: []string{"p"}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := out.Get("Controller_0", "p"); ok {
			t.Error("an event of an entity that was not stepped")
		}
		_, ok := out.Get("Controller_1", "p")
		at, timed := out.Time()
		if ok != wantEvent || timed != wantEvent || timed && at != time+1 {
			t.Errorf("at %d: event %v, its time %v, %v", time, ok, at, timed)
		}
	}
	step(0, 0.95, mosaik.NoStep, true)
	step(3, 0.5, mosaik.NoStep, false)
	step(5, 0, mosaik.NoStep, false) // somebody else's
}

type everything struct {
	Sum    float64                   `mosaik:"x,in"`
	Int    int8                      `mosaik:"n,in"`
	Text   string                    `mosaik:"s,in"`
	Maybe  *float64                  `mosaik:"maybe,in"`
	List   []float64                 `mosaik:"list,in"`
	Map    map[string]int            `mosaik:"map,in"`
	Raw    []mosaik.Input            `mosaik:"raw,in"`
	Any    mosaik.Value              `mosaik:"any,in"`
	Nested struct{ X float64 }       `mosaik:"nested,in"`
	Sharp  float64                   `mosaik:"sharp,in,precise"`
	Others map[string][]mosaik.Input `mosaik:"*,in"`
	step   func(e *everything)
}

func (e *everything) Step(context.Context, *mosaik.Step) error { e.step(e); return nil }

func TestInputsOfAllTypes(t *testing.T) {
	var got []everything
	model := mosaik.Model[everything]("E", mosaik.Prototype(everything{step: func(e *everything) { c := *e; c.step = nil; got = append(got, c) }}))
	d, meta := driveModel(t, model, nil)
	if !meta.Models["E"].AnyInputs {
		t.Error("no any_inputs")
	}
	if _, err := d.Create(t.Context(), 1, "E", nil); err != nil {
		t.Fatal(err)
	}
	var in mosaik.Inputs
	add := func(attr string, values ...any) {
		for i, v := range values {
			in.Add("E_0", attr, "S."+string(rune('z'-i)), v)
		}
	}
	add("x", 1, 0.5)
	add("n", 100, 27)
	add("s", "text")
	add("maybe", 2.5)
	add("list", 3.5, 1)
	add("map", 1, 2)
	add("raw", "a", nil)
	add("any", true)
	add("nested", map[string]any{"x": 1.5})
	add("sharp", 1e16, 1.0, -1e16)
	add("new", 7)
	for _, in := range []mosaik.Inputs{in, {}} {
		if _, err := d.Step(t.Context(), int64(len(got)), in, 9); err != nil {
			t.Fatal(err)
		}
	}
	half := 2.5
	want := everything{
		Sum: 1.5, Int: 127, Text: "text", Maybe: &half, List: []float64{3.5, 1}, Map: map[string]int{"S.z": 1, "S.y": 2},
		Raw: []mosaik.Input{{Source: "S.z", Value: mosaik.ValueOf("a")}, {Source: "S.y"}}, Any: mosaik.ValueOf(true),
		Nested: struct{ X float64 }{1.5}, Sharp: 1, Others: map[string][]mosaik.Input{"new": {{Source: "S.z", Value: mosaik.ValueOf(int64(7))}}},
	}
	compare := []cmp.Option{cmp.AllowUnexported(everything{}), cmp.Comparer(func(a, b func(*everything)) bool { return true }),
		cmp.Comparer(func(a, b mosaik.Value) bool { return a == b })}
	if diff := cmp.Diff(want, got[0], compare...); diff != "" {
		t.Error(diff)
	}
	without := want // those without a nil stay
	without.Maybe, without.List, without.Map, without.Raw, without.Others = nil, nil, nil, nil, nil
	if diff := cmp.Diff(without, got[1], compare...); diff != "" {
		t.Error(diff)
	}
	for attr, values := range map[string][]any{
		"x": {"text"}, "n": {100, 28}, "s": {"a", "b"}, "maybe": {nil, 1}, "list": {"a"}, "map": {1.5}, "nested": {1},
	} {
		in = mosaik.Inputs{}
		add(attr, values...)
		if _, err := d.Step(t.Context(), 5, in, 9); !strings.Contains(remote(t, err).Message, "S-0.E_0: step(time=5): input "+attr+": ") {
			t.Errorf("%s: %v", attr, err)
		}
	}
	in = mosaik.Inputs{}
	add("maybe", nil)
	if _, err := d.Step(t.Context(), 5, in, 9); err != nil || got[len(got)-1].Maybe != nil {
		t.Errorf("None as a pointer: %v, %v", got[len(got)-1].Maybe, err)
	}
	in = mosaik.Inputs{}
	in.Add("E_0", "n", "S.1", int64(math.MaxInt64))
	in.Add("E_0", "n", "S.2", 1)
	if _, err := d.Step(t.Context(), 5, in, 9); !strings.Contains(remote(t, err).Message, "the sum does not fit 64 bits") {
		t.Error(err)
	}
}

type hybrid struct {
	Wake  bool    `mosaik:"wake,trigger"`
	Level float64 `mosaik:"level,in"`
	State string  `mosaik:"state,out"`
	Alarm []int   `mosaik:"alarm,event"`
	log   *[]string
	eid   string
}

func (h *hybrid) Create(_ context.Context, sid, eid string) error {
	h.eid = sid + "." + eid
	return nil
}

func (h *hybrid) SetupDone(context.Context) error {
	*h.log = append(*h.log, h.eid+" set up")
	return nil
}
func (h *hybrid) Finalize() error { *h.log = append(*h.log, h.eid+" finalized"); return nil }

func (h *hybrid) Step(_ context.Context, s *mosaik.Step) error {
	h.State = "stepped"
	if s.Time == 3 {
		h.Alarm = []int{1}
	}
	s.Next(s.Time + 3)
	s.Next(s.Time + 5)
	return nil
}

func TestAHybridModelAmongOthers(t *testing.T) {
	var log []string
	sim := mosaik.Models(mosaik.Model[hybrid]("H", mosaik.Prototype(hybrid{log: &log})), mosaik.Model[battery]("B"),
		mosaik.Model[controller]("C", mosaik.Methods(mosaik.Extra("hello", func() string { return "hello" }))))
	s := serve(t, sim)
	ctx := t.Context()
	d, err := mosaik.Connect(ctx, s.addr)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := d.Init(ctx, "S-0", 1, nil)
	want := mosaik.Meta{APIVersion: "3.0", Type: mosaik.Hybrid, ExtraMethods: []string{"hello"}, Models: map[string]mosaik.ModelMeta{
		"H": {Params: []string{}, Attrs: []string{"wake", "level", "state", "alarm"}, Trigger: []string{"wake"}, NonPersistent: []string{"alarm"}},
		"B": {Params: []string{"capacity", "soc"}, Attrs: []string{"soc", "p"}, Trigger: []string{}, NonPersistent: []string{}},
		"C": {Params: []string{}, Attrs: []string{"soc", "p"}, Trigger: []string{"soc"}, NonPersistent: []string{"p"}},
	}}
	if diff := cmp.Diff(want, meta); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if _, err := d.Create(ctx, 1, "H", nil); err != nil {
		t.Fatal(err)
	}
	if err := d.SetupDone(ctx); err != nil {
		t.Fatal(err)
	}
	for time := int64(0); time < 6; time += 3 {
		if next, err := d.Step(ctx, time, mosaik.Inputs{}, 9); next != time+3 || err != nil {
			t.Errorf("Step: %v, %v", next, err)
		}
		out, err := d.GetData(ctx, mosaik.Outputs{{EID: "H_0", Attrs: []string{"state", "alarm"}}})
		state, _ := out.Get("H_0", "state")
		if _, alarm := out.Get("H_0", "alarm"); alarm != (time == 3) || state != mosaik.ValueOf("stepped") || err != nil {
			t.Errorf("at %d: alarm %v, state %v, %v", time, alarm, state, err)
		}
	}
	if err := errors.Join(d.Stop(ctx), s.end(t)); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"S-0.H_0 set up", "S-0.H_0 finalized"}, log); diff != "" {
		t.Error(diff)
	}
}

type noName struct {
	X float64 `mosaik:",in"`
}
type noRole struct {
	X float64 `mosaik:"x"`
}
type badOption struct {
	X float64 `mosaik:"x,inn"`
}
type twice struct {
	X float64 `mosaik:"x,in"`
	Y float64 `mosaik:"x,in"`
}
type badAny struct {
	X float64 `mosaik:"*,in"`
}

func (*noName) Step(context.Context, *mosaik.Step) error    { return nil }
func (*noRole) Step(context.Context, *mosaik.Step) error    { return nil }
func (*badOption) Step(context.Context, *mosaik.Step) error { return nil }
func (*twice) Step(context.Context, *mosaik.Step) error     { return nil }
func (*badAny) Step(context.Context, *mosaik.Step) error    { return nil }

func TestTagsThatCannotWork(t *testing.T) {
	for want, model := range map[string]func(){
		"noName.X: no name":               func() { mosaik.Model[noName]("M") },
		"noRole.X: the tag says none":     func() { mosaik.Model[noRole]("M") },
		`badOption.X: no option "inn"`:    func() { mosaik.Model[badOption]("M") },
		`twice.Y: there is another input`: func() { mosaik.Model[twice]("M") },
		"badAny.X: only one input":        func() { mosaik.Model[badAny]("M") },
		"a prototype of another type":     func() { mosaik.Model[battery]("M", mosaik.Prototype(1)) },
		"a step size of 0":                func() { mosaik.Model[battery]("M", mosaik.StepSize(0)) },
	} {
		func() {
			defer func() {
				if err, _ := recover().(error); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("want %q, got %v", want, err)
				}
			}()
			model()
		}()
	}
}

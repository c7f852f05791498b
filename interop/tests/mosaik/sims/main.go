// Command sims has the simulators of interop/python/mosaik/sims.py in Go:
//
//	sims NAME [options] HOST:PORT
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

func main() {
	sims := map[string]mosaik.Simulator{
		"model": &model{}, "controller": mosaik.Model[controller]("Agent", mosaik.Prototype(controller{Limit: 3})),
		"halver": &halver{}, "agents": &agents{}, "clock": &clock{}, "grid": &grid{}, "echo": &echo{}, "rand": &random{}, "scale": &scale{}, "stuck": stuck{}, "csv": &csvData{},
	}
	if len(os.Args) < 2 || sims[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "want one of", slices.Sorted(maps.Keys(sims)))
		os.Exit(2)
	}
	sim := sims[os.Args[1]]
	os.Exit(mosaik.Command(context.Background(), os.Args[2:], sim))
}

// number keeps apart what Python does: an int plus an int is one.
type number struct {
	f     float64
	i     int64
	float bool
}

func numberOf(v mosaik.Value) (number, error) {
	if i, err := v.Int(); err == nil {
		return number{i: i}, nil
	}
	f, err := v.Float()
	return number{f: f, float: true}, err
}

func (a number) value() float64 {
	if a.float {
		return a.f
	}
	return float64(a.i)
}

func (a number) plus(b number) number {
	if a.float || b.float {
		return number{f: a.value() + b.value(), float: true}
	}
	return number{i: a.i + b.i}
}

func (a number) times(b number) number {
	if a.float || b.float {
		return number{f: a.value() * b.value(), float: true}
	}
	return number{i: a.i * b.i}
}

func (a number) any() any {
	if a.float {
		return a.f
	}
	return a.i
}

type counter struct{ delta, val number }

type model struct {
	order  []string
	byID   map[string]*counter
	size   int64
	prefix string
}

func (s *model) Init(_ context.Context, _ string, p mosaik.Params) (mosaik.Meta, error) {
	o := struct {
		Size   int64  `mosaik:"step_size"`
		Prefix string `mosaik:"eid_prefix"`
	}{1, "Model_"}
	err := p.Decode(&o)
	s.size, s.prefix, s.byID = o.Size, o.Prefix, map[string]*counter{}
	return mosaik.Meta{Type: mosaik.Hybrid, Models: map[string]mosaik.ModelMeta{
		"ExampleModel": {Params: []string{"init_val"}, Attrs: []string{"delta", "val"}, Trigger: []string{"delta"}},
	}}, err
}

func (s *model) Create(_ context.Context, num int, name string, p mosaik.Params) (out []mosaik.Entity, err error) {
	init := number{}
	if p.Has("init_val") {
		if init, err = numberOf(p.Get("init_val")); err != nil {
			return nil, err
		}
	}
	for range num {
		eid := fmt.Sprintf("%s%d", s.prefix, len(s.order))
		s.order = append(s.order, eid)
		s.byID[eid] = &counter{number{i: 1}, init}
		out = append(out, mosaik.Entity{EID: eid, Type: name})
	}
	return out, nil
}

func (s *model) ExtraMethods() []mosaik.ExtraMethod {
	return []mosaik.ExtraMethod{mosaik.Extra("scale", s.scale, aiomas.Params("factor", "eid"), aiomas.Defaults(aiomas.Kwargs{"eid": nil}))}
}

func (s *model) scale(factor any, eid *string) ([]any, error) {
	f, err := numberOf(mosaik.ValueOf(factor))
	var all []any
	for _, id := range s.order {
		c := s.byID[id]
		if eid == nil || *eid == id {
			c.val = c.val.times(f)
		}
		all = append(all, c.val.any())
	}
	return all, err
}

func (s *model) Step(_ context.Context, t int64, in mosaik.Inputs, _ int64) (int64, error) {
	for _, eid := range s.order {
		c := s.byID[eid]
		if values := in.All(eid, "delta"); len(values) > 0 {
			c.delta = number{}
			for _, v := range values {
				n, err := numberOf(v.Value)
				if err != nil {
					return 0, mosaik.At(eid, err)
				}
				c.delta = c.delta.plus(n)
			}
		}
		c.val = c.val.plus(c.delta)
	}
	return t + s.size, nil
}

func (s *model) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	return want.Fill(func(eid, attr string) (any, bool) {
		if attr == "val" {
			return s.byID[eid].val.any(), true
		}
		return s.byID[eid].delta.any(), true
	}), nil
}

type controller struct {
	Limit float64            `mosaik:"limit,param"`
	Val   map[string]float64 `mosaik:"val_in,trigger"`
	Delta *int               `mosaik:"delta,event"`
}

func (c *controller) Step(_ context.Context, s *mosaik.Step) error {
	if len(c.Val) != 1 {
		return aiomas.RuntimeError.Errorf("%d values", len(c.Val))
	}
	for _, v := range c.Val {
		switch {
		case v >= c.Limit:
			c.Delta = new(int)
			*c.Delta = -1
		case v <= -c.Limit:
			c.Delta = new(int)
			*c.Delta = 1
		}
	}
	s.OutputAt(s.Time)
	return nil
}

type halver struct {
	start float64
	eids  []string
	out   map[string]float64
}

func (s *halver) Init(context.Context, string, mosaik.Params) (mosaik.Meta, error) {
	return mosaik.Meta{Type: mosaik.EventBased, Models: map[string]mosaik.ModelMeta{"Halver": {Params: []string{"start"}, Attrs: []string{"x", "y"}}}}, nil
}

func (s *halver) Create(_ context.Context, num int, name string, p mosaik.Params) (out []mosaik.Entity, err error) {
	o := struct {
		Start float64 `mosaik:"start"`
	}{}
	err = p.Decode(&o)
	s.start = o.Start
	for range num {
		eid := fmt.Sprintf("h%d", len(s.eids))
		s.eids = append(s.eids, eid)
		out = append(out, mosaik.Entity{EID: eid, Type: name})
	}
	return out, err
}

func (s *halver) Step(_ context.Context, t int64, in mosaik.Inputs, _ int64) (int64, error) {
	s.out = map[string]float64{}
	for _, eid := range s.eids {
		if in.Has(eid, "x") {
			x, err := in.Sum(eid, "x")
			if err != nil {
				return 0, err
			}
			if x /= 2; x >= 0.1 || x <= -0.1 {
				s.out[eid] = x
			}
		} else if s.start != 0 {
			s.out[eid] = s.start
		}
	}
	if s.start != 0 && in.Len() == 0 {
		return t + 5, nil
	}
	return mosaik.NoStep, nil
}

func (s *halver) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	return want.Fill(func(eid, _ string) (any, bool) { v, ok := s.out[eid]; return v, ok }), nil
}

type agents struct {
	sid  string
	eids []string
	seen map[string]any
}

func (s *agents) Init(_ context.Context, sid string, _ mosaik.Params) (mosaik.Meta, error) {
	s.sid, s.seen = sid, map[string]any{}
	return mosaik.Meta{Models: map[string]mosaik.ModelMeta{"Agent": {Attrs: []string{"seen"}}}}, nil
}

func (s *agents) Create(_ context.Context, num int, name string, _ mosaik.Params) (out []mosaik.Entity, err error) {
	for range num {
		eid := fmt.Sprintf("a.%d", len(s.eids))
		s.eids = append(s.eids, eid)
		out = append(out, mosaik.Entity{EID: eid, Type: name})
	}
	return out, nil
}

func (s *agents) Step(ctx context.Context, t int64, _ mosaik.Inputs, _ int64) (int64, error) {
	w := mosaik.WorldFrom(ctx)
	progress, err := w.Progress(ctx)
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, eid := range s.eids {
		ids = append(ids, s.sid+"."+eid)
	}
	related, err := w.RelatedTo(ctx, ids...)
	if err != nil {
		return 0, err
	}
	one, err := w.Related(ctx, ids[0])
	if err != nil {
		return 0, err
	}
	g, err := w.Graph(ctx)
	if err != nil {
		return 0, err
	}
	var settings []mosaik.Setting
	for i, eid := range s.eids {
		total, more, err := s.ask(ctx, w, ids[i], related[ids[i]])
		if err != nil {
			return 0, mosaik.At(eid, err)
		}
		settings = append(settings, more...)
		var self any
		for _, n := range g.Nodes {
			if n.ID == ids[i] {
				self = []any{[]any{"sid", n.SID}, []any{"type", n.Type}}
			}
		}
		s.seen[eid] = []any{progress >= 0, total.any(), names(one), len(g.Nodes), len(g.Edges), self}
	}
	return t + 2, w.SetData(ctx, settings...)
}

// ask adds the values of the related models and returns new deltas for them.
func (s *agents) ask(ctx context.Context, w *mosaik.World, self string, related []mosaik.Node) (total number, settings []mosaik.Setting, err error) {
	var want mosaik.Outputs
	for _, id := range names(slices.DeleteFunc(slices.Clone(related), func(n mosaik.Node) bool { return n.Type != "ExampleModel" })) {
		want = append(want, mosaik.Wanted{EID: id, Attrs: []string{"val", "delta"}})
	}
	out, err := w.GetData(ctx, want)
	if err != nil {
		return total, nil, err
	}
	for _, o := range want {
		val, _ := out.Get(o.EID, "val")
		delta, _ := out.Get(o.EID, "delta")
		v, err1 := val.Float()
		d, err2 := delta.Float()
		if err1 != nil || err2 != nil {
			return total, nil, fmt.Errorf("%w, %w", err1, err2)
		}
		total = total.plus(number{f: v * 0.1, float: true})
		settings = append(settings, mosaik.Setting{Source: self, Dest: o.EID, Attr: "delta", Value: d + 0.3})
	}
	return total, settings, nil
}

func names(nodes []mosaik.Node) []string {
	list := []string{}
	for _, n := range nodes {
		list = append(list, n.ID)
	}
	slices.Sort(list)
	return list
}

func (s *agents) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	return want.Fill(func(eid, _ string) (any, bool) { return s.seen[eid], true }), nil
}

type clock struct{ steps []int64 }

func (s *clock) Init(context.Context, string, mosaik.Params) (mosaik.Meta, error) {
	return mosaik.Meta{Type: mosaik.EventBased, Models: map[string]mosaik.ModelMeta{"Clock": {Attrs: []string{"tick"}}}}, nil
}

func (s *clock) Create(_ context.Context, _ int, name string, _ mosaik.Params) ([]mosaik.Entity, error) {
	return []mosaik.Entity{{EID: "clock", Type: name}}, nil
}

func (s *clock) Step(ctx context.Context, t int64, _ mosaik.Inputs, _ int64) (int64, error) {
	s.steps = append(s.steps, t)
	if t < 2 {
		return mosaik.NoStep, mosaik.WorldFrom(ctx).SetEvent(ctx, t+1)
	}
	return mosaik.NoStep, nil
}

func (s *clock) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	return want.Fill(func(string, string) (any, bool) { return s.steps, true }), nil
}

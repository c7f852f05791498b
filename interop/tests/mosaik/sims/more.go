package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

type grid struct {
	count int
	nodes map[string]float64
	log   []any
	time  int64
}

func (s *grid) Init(context.Context, string, mosaik.Params) (mosaik.Meta, error) {
	s.nodes = map[string]float64{}
	return mosaik.Meta{Type: mosaik.Hybrid, Models: map[string]mosaik.ModelMeta{
		"Grid": {Params: []string{"nodes", "extra"}, Attrs: []string{"log"}, AnyInputs: true, Trigger: []string{"go"}, NonPersistent: []string{}},
		"Node": {Private: true, Attrs: []string{"p", "v"}, Trigger: []string{}, NonPersistent: []string{"v"}},
	}}, nil
}

func (s *grid) SetupDone(ctx context.Context) error {
	g, err := mosaik.WorldFrom(ctx).Graph(ctx)
	s.log = append(s.log, []any{"setup", len(g.Nodes)})
	return err
}

func (s *grid) Create(_ context.Context, num int, name string, p mosaik.Params) (out []mosaik.Entity, err error) {
	o := struct {
		Nodes int `mosaik:"nodes,required"`
		Extra any `mosaik:"extra"`
	}{}
	if err := p.Decode(&o); err != nil {
		return nil, err
	}
	for range num {
		i := s.count
		s.count++
		e := mosaik.Entity{EID: fmt.Sprintf("grid%d", i), Type: name, Extra: o.Extra}
		for k := range o.Nodes {
			c := mosaik.Entity{EID: fmt.Sprintf("n%d.%d", i, k), Type: "Node"}
			if k > 0 {
				c.Rel = []string{fmt.Sprintf("n%d.%d", i, k-1)}
			}
			s.nodes[c.EID] = 0
			e.Children = append(e.Children, c)
		}
		out = append(out, e)
	}
	return out, nil
}

func (s *grid) Step(_ context.Context, t int64, in mosaik.Inputs, _ int64) (int64, error) {
	for eid := range in.Entities() {
		for attr := range in.Attrs(eid) {
			for _, v := range in.All(eid, attr) {
				s.log = append(s.log, v)
				if node, ok := s.nodes[eid]; ok && attr == "p" && !v.Value.IsNone() {
					f, err := v.Value.Float()
					if err != nil {
						return 0, err
					}
					s.nodes[eid] = node*0.5 + f
				}
			}
		}
	}
	s.time = t
	return t + 3, nil
}

func (s *grid) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	var out mosaik.Output
	for eid, attr := range want.All() {
		switch {
		case attr == "log":
			out.Set(eid, attr, len(s.log))
		case attr == "p":
			out.Set(eid, attr, s.nodes[eid])
		case attr == "v" && s.time%2 == 0:
			out.Set(eid, attr, -s.nodes[eid])
			out.SetTime(s.time + 1)
		}
	}
	return out, nil
}

type echo struct {
	values map[string]mosaik.Value
}

func (s *echo) Init(context.Context, string, mosaik.Params) (mosaik.Meta, error) {
	s.values = map[string]mosaik.Value{}
	return mosaik.Meta{Models: map[string]mosaik.ModelMeta{"Echo": {Params: []string{"value"}, Attrs: []string{"x", "y"}}}}, nil
}

func (s *echo) Create(_ context.Context, num int, name string, p mosaik.Params) (out []mosaik.Entity, err error) {
	for range num {
		eid := fmt.Sprintf("e%d", len(s.values))
		s.values[eid] = p.Get("value")
		out = append(out, mosaik.Entity{EID: eid, Type: name})
	}
	return out, nil
}

func (s *echo) Step(_ context.Context, t int64, in mosaik.Inputs, _ int64) (int64, error) {
	for eid := range in.Entities() {
		for _, v := range in.All(eid, "x") {
			s.values[eid] = v.Value
		}
	}
	return t + 1, nil
}

func (s *echo) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	return want.Fill(func(eid, _ string) (any, bool) { return s.values[eid], true }), nil
}

func mix(parts ...uint64) uint64 {
	h := uint64(0x243F6A8885A308D3)
	for _, p := range parts {
		h = (h ^ p) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return h
}

type random struct {
	seed  uint64
	kind  mosaik.Type
	eids  []string
	x     map[string]float64
	last  int64
	loops uint64
	h     uint64
}

func (s *random) Init(_ context.Context, _ string, p mosaik.Params) (mosaik.Meta, error) {
	o := struct {
		Seed uint64      `mosaik:"seed,required"`
		Kind mosaik.Type `mosaik:"kind,required"`
	}{}
	err := p.Decode(&o)
	s.seed, s.kind, s.x, s.last = o.Seed, o.Kind, map[string]float64{}, -1
	m := mosaik.ModelMeta{Params: []string{"start"}, Attrs: []string{"in_a", "in_b", "out_p", "out_e"}}
	if s.kind == mosaik.Hybrid {
		m.NonPersistent = []string{"out_e"}
		m.Trigger = []string{}
		if s.seed%3 != 0 {
			m.Trigger = []string{"in_b"}
		}
	}
	return mosaik.Meta{Type: s.kind, Models: map[string]mosaik.ModelMeta{"R": m}}, err
}

func (s *random) Create(_ context.Context, num int, name string, p mosaik.Params) (out []mosaik.Entity, err error) {
	start, err := p.Get("start").Float()
	for range num {
		eid := fmt.Sprintf("r.%d", len(s.eids))
		s.eids = append(s.eids, eid)
		s.x[eid] = start
		out = append(out, mosaik.Entity{EID: eid, Type: name})
	}
	return out, err
}

func (s *random) Step(_ context.Context, t int64, in mosaik.Inputs, maxAdvance int64) (int64, error) {
	s.loops++
	if t != s.last {
		s.loops = 0
	}
	s.last = t
	for _, eid := range s.eids {
		for _, attr := range slices.Sorted(in.Attrs(eid)) {
			values := slices.Clone(in.All(eid, attr))
			slices.SortFunc(values, func(a, b mosaik.Input) int { return strings.Compare(a.Source, b.Source) })
			for _, v := range values {
				if v.Value.IsNone() {
					continue
				}
				f, err := v.Value.Float()
				if err != nil {
					return 0, mosaik.At(eid, err)
				}
				s.x[eid] = float64(s.x[eid]*0.75) + f
			}
		}
		s.x[eid] += float64(0.1 * float64(1+(maxAdvance%7+7)%7)) // so that it is compared, too
	}
	s.h = mix(s.seed, uint64(t), s.loops)
	switch {
	case s.kind == mosaik.TimeBased:
		return t + 1 + int64(s.h%3), nil
	case s.h%4 == 0:
		return mosaik.NoStep, nil
	}
	return t + 1 + int64(s.h%5), nil
}

func (s *random) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	var out mosaik.Output
	some := false
	sorted := slices.SortedFunc(slices.Values(want), func(a, b mosaik.Wanted) int { return strings.Compare(a.EID, b.EID) })
	for i, w := range sorted {
		for _, attr := range w.Attrs {
			event := attr == "out_e" || s.kind == mosaik.EventBased
			if event && s.kind != mosaik.TimeBased && (s.loops > 3 || mix(s.h, uint64(i))%3 == 0) {
				continue
			}
			v := s.x[w.EID]
			if attr != "out_p" {
				v *= 2
			}
			out.Set(w.EID, attr, v)
			some = true
		}
	}
	if s.kind == mosaik.EventBased && some && s.h%7 == 0 {
		out.SetTime(s.last + int64(s.h%3))
	}
	return out, nil
}

type scale struct {
	x []float64
	n map[string]int
}

func (s *scale) Init(context.Context, string, mosaik.Params) (mosaik.Meta, error) {
	s.n = map[string]int{}
	return mosaik.Meta{Models: map[string]mosaik.ModelMeta{"S": {Attrs: []string{"p", "q"}}}}, nil
}

func (s *scale) Create(_ context.Context, num int, name string, _ mosaik.Params) (out []mosaik.Entity, err error) {
	for range num {
		eid := fmt.Sprintf("s%d", len(s.x))
		s.n[eid] = len(s.x)
		s.x = append(s.x, 0)
		out = append(out, mosaik.Entity{EID: eid, Type: name})
	}
	return out, nil
}

func (s *scale) Step(_ context.Context, t int64, in mosaik.Inputs, _ int64) (int64, error) {
	for eid := range in.Entities() {
		x := &s.x[s.n[eid]]
		for attr := range in.Attrs(eid) {
			for _, v := range in.All(eid, attr) {
				f, err := v.Value.Float()
				if err != nil {
					return 0, err
				}
				*x = float64(*x*0.5) + f + 1
			}
		}
	}
	return t + 1, nil
}

func (s *scale) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	return want.Fill(func(eid, _ string) (any, bool) { return s.x[s.n[eid]], true }), nil
}

package check

import (
	"slices"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// The methods of this file make mosaik's calls and check the results.

// createAll creates num entities of each model that scenarios can create.
func (p *play) createAll(num int) {
	for _, m := range p.meta.Models {
		if m.Private {
			continue
		}
		r := p.call("create", "create", []any{num, m.name}, p.paramsOf(m, 0))
		why := r
		for guess := 1; r.failed() && guess <= guesses && p.cfg.Params[m.name] == nil && len(m.Params) > 0; guess++ {
			r = p.call("create", "create", []any{num, m.name}, p.paramsOf(m, guess))
			if guess == 1 {
				why = r
			}
		}
		if r.failed() {
			p.broken("create", "create(%d, %q) failed: %s (give its parameters if they are to be others)", num, m.name, why.message())
			continue
		}
		p.checkCreated(num, m.name, r.content)
	}
}

// guesses is the number of values tried for parameters without a configured value, after
// the call without them.
const guesses = 3

func (p *play) paramsOf(m model, guess int) dict {
	out := dict{}
	given, ok := p.cfg.Params[m.name]
	for _, name := range m.Params {
		v, has := given[name]
		switch {
		case has:
		case ok || guess == 0:
			continue
		default:
			v = []any{1, 1.0, "1"}[guess-1]
		}
		out = append(out, codec.Entry{Key: name, Value: v})
	}
	return out
}

type entity struct {
	EID      codec.Value  `aiomas:"eid"`
	Type     codec.Value  `aiomas:"type"`
	Rel      codec.Value  `aiomas:"rel"`
	Children *codec.Value `aiomas:"children"`
}

func (p *play) checkCreated(num int, model string, v codec.Value) {
	var list []entity
	if err := v.Decode(&list); err != nil {
		p.over("create", "create(%d, %q): %v", num, model, err)
	}
	if len(list) != num {
		p.broken("create", "create(%d, %q) returned %d entities", num, model, len(list))
	}
	p.checkEntities(list, model)
}

// checkEntities checks entities. They must be of the model wanted, or of any model if it is
// empty.
func (p *play) checkEntities(list []entity, wanted string) {
	for _, e := range list {
		var eid, typ string
		if e.EID.Decode(&eid) != nil {
			p.broken("ids", "the eid of a %s is a %v, not a str", wanted, e.EID.Kind())
			continue
		}
		_ = e.Type.Decode(&typ) // only a str can be a model
		switch {
		case wanted != "" && typ != wanted:
			p.broken("create", "entity %q is a %q where a %q was asked for", eid, typ, wanted)
		case !slices.ContainsFunc(p.meta.Models, func(m model) bool { return m.name == typ }):
			p.broken("create", "entity %q is a %q, which is no model", eid, typ)
		}
		if _, ok := p.eids[eid]; ok {
			p.broken("ids", "there are two entities %q", eid)
		}
		p.eids[eid] = typ
		var rel []string
		if e.Rel.Kind() != codec.KindNull && e.Rel.Decode(&rel) != nil {
			p.broken("create", "the relations of entity %q are not a list of ids", eid)
		}
		if e.Children == nil || e.Children.Kind() == codec.KindNull {
			continue
		}
		var children []entity
		if err := e.Children.Decode(&children); err != nil {
			p.broken("create", "the children of entity %q: %v", eid, err)
		}
		p.checkEntities(children, "")
	}
}

func (p *play) setUp() {
	if r := p.call("setup_done", "setup_done", nil, nil); r.failed() {
		p.broken("setup_done", "setup_done failed: %s", r.message())
	}
}

// inputs returns a value for each attribute of each entity.
func (p *play) inputs(value func(i int) any) dict {
	out := dict{}
	for i, eid := range sortedIDs(p.eids) {
		attrs := dict{}
		for _, a := range p.attrsOf(eid) {
			attrs = append(attrs, codec.Entry{Key: a, Value: dict{{Key: "Other-0.o.1", Value: value(i)}}})
		}
		if len(attrs) > 0 {
			out = append(out, codec.Entry{Key: eid, Value: attrs})
		}
	}
	return out
}

// wanted returns a request for each attribute of each entity, with one attribute twice.
func (p *play) wanted() dict {
	out := dict{}
	for _, eid := range sortedIDs(p.eids) {
		attrs := slices.Clone(p.attrsOf(eid))
		if len(attrs) > 0 {
			attrs = append(attrs, attrs[0])
			out = append(out, codec.Entry{Key: eid, Value: attrs})
		}
	}
	return out
}

func (p *play) attrsOf(eid string) []string {
	for _, m := range p.meta.Models {
		if m.name == p.eids[eid] {
			return m.Attrs
		}
	}
	return nil
}

// step steps the simulator. The simulator may refuse inputs, since it is not known which
// attributes are inputs; then it is stepped without inputs.
func (p *play) step(t int64, in dict, maxAdvance int64) (next int64, ok bool) {
	r := p.call("step", "step", []any{t, in, maxAdvance}, nil)
	if r.failed() && len(in) > 0 {
		r = p.call("step", "step", []any{t, dict{}, maxAdvance}, nil)
	}
	switch k := r.content.Kind(); {
	case r.failed():
		p.broken("step", "step(%d) without inputs failed: %s", t, r.message())
	case k == codec.KindNull && p.meta.Type == mosaik.TimeBased:
		p.broken("step", "step(%d) returned None, but the simulator is time-based", t)
	case k == codec.KindNull:
	case k != codec.KindInt:
		p.broken("step", "step(%d) returned %s, a %v and no int", t, r.content.Raw(), k)
	case r.content.Decode(&next) != nil:
		p.broken("step", "step(%d) returned %s, which is past 64 bits", t, r.content.Raw())
	case next <= t:
		p.broken("step", "step(%d) returned %d, which is not after its time", t, next)
	default:
		return next, true
	}
	return 0, false
}

// getData requests all attributes after a step at time t. Since attributes include inputs,
// which need not be returned, it reports only attributes that a model never returns.
func (p *play) getData(t int64) {
	want := p.wanted()
	r := p.call("get_data", "get_data", []any{want}, nil)
	if r.failed() {
		p.getEach(t)
		return
	}
	var data map[string]codec.Value
	if err := r.content.Decode(&data); err != nil {
		p.over("get_data", "get_data returned a %v, not a dict", r.content.Kind())
	}
	found := p.checkData(data, t)
	for _, eid := range sortedIDs(p.eids) {
		p.checkPersistent(eid, found[eid])
	}
}

// checkPersistent checks that an entity with persistent attributes returns at least one of
// them, and that entities of one model return the same ones.
func (p *play) checkPersistent(eid string, found map[string]codec.Value) {
	model := p.eids[eid]
	var persistent []string
	for _, a := range p.attrsOf(eid) {
		if p.meta.persistent(model, a) {
			persistent = append(persistent, a)
		}
	}
	for _, other := range sortedIDs(p.eids) {
		if p.eids[other] != model {
			continue
		}
		for _, a := range persistent {
			_, has := found[a]
			if key := model + "." + a; has {
				p.outputs()[key] = true
			} else if p.outputs()[key] {
				p.broken("get_data", "entity %q has no %s, which is persistent and was there before", eid, a)
			}
		}
	}
	if len(persistent) == 0 {
		return
	}
	if len(found) == 0 && len(persistent) == len(p.attrsOf(eid)) && p.outputs()[model] {
		p.broken("get_data", "entity %q has none of its attributes", eid)
	}
	if len(found) > 0 {
		p.outputs()[model] = true
	}
}

// outputs returns the attributes "model.attribute" that were output in the play, and the
// models with at least one output.
func (p *play) outputs() map[string]bool {
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	return p.seen
}

// getEach requests each attribute separately: a simulator may refuse to output inputs, but
// not all attributes.
func (p *play) getEach(t int64) {
	last := ""
	good, asked := 0, 0
	for _, eid := range sortedIDs(p.eids) {
		for _, a := range p.attrsOf(eid) {
			asked++
			r := p.call("get_data", "get_data", []any{dict{{Key: eid, Value: []string{a}}}}, nil)
			if r.failed() {
				last = r.message()
				continue
			}
			good++
			var data map[string]codec.Value
			if err := r.content.Decode(&data); err != nil {
				p.over("get_data", "get_data returned a %v, not a dict", r.content.Kind())
			}
			p.checkData(data, t)
		}
	}
	if good == 0 && asked > 0 {
		p.broken("get_data", "get_data of each attribute failed, at last: %s", last)
	}
}

// checkData checks a result of get_data.
func (p *play) checkData(data map[string]codec.Value, t int64) map[string]map[string]codec.Value {
	found := map[string]map[string]codec.Value{}
	for _, eid := range sortedIDs(data) {
		v := data[eid]
		if _, ok := p.eids[eid]; !ok && eid == "time" {
			var time int64
			switch {
			case v.Kind() != codec.KindInt || v.Decode(&time) != nil:
				p.broken("get_data", "the time is a %v, not an int", v.Kind())
			case time < t:
				p.broken("get_data", "the time %d is before that of the step, %d", time, t)
			}
			continue
		}
		if _, ok := p.eids[eid]; !ok {
			p.broken("get_data", "there is data of %q, which is no entity", eid)
			continue
		}
		var attrs map[string]codec.Value
		if err := v.Decode(&attrs); err != nil {
			p.broken("get_data", "the data of %q is a %v, not a dict", eid, v.Kind())
			continue
		}
		for _, a := range sortedIDs(attrs) {
			if !slices.Contains(p.attrsOf(eid), a) {
				p.broken("get_data", "there is data of %q for %q, which is no attribute of it", eid, a)
			}
		}
		found[eid] = attrs
	}
	return found
}

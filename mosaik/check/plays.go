package check

import (
	"errors"
	"io"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// plays are what is played, each with a new process.
var plays = []struct {
	name string
	f    func(*play)
}{
	{"a run", aRun},
	{"many entities", manyEntities},
	{"odd values", oddValues},
	{"large times", largeTimes},
	{"failures", failures},
	{"refused requests", refused},
	{"stop at once", stopAtOnce},
	{"stop twice", stopTwice},
	{"SIGTERM before stop", sigtermBefore},
	{"SIGTERM after stop", sigtermAfter},
	{"connection cut", cut},
	{"connection cut within a message", cutWithin},
	{"input unread at the end", unread},
	{"remote", remote},
}

func aRun(p *play) {
	p.begin()
	p.createAll(1)
	p.setUp()
	t := int64(0)
	for range 5 {
		next, ok := p.step(t, p.inputs(func(int) any { return 1.5 }), t+10)
		p.getData(t)
		if !ok {
			next = t + 1
		}
		t = next
	}
	p.stop()
}

func manyEntities(p *play) {
	p.begin()
	p.createAll(3)
	p.createAll(2)
	p.setUp()
	p.step(0, dict{}, -1)
	p.getData(0)
	p.stop()
}

// oddValues sends what mosaik may pass on from other simulators.
func oddValues(p *play) {
	surrogate := "\xed\xa0\x80"
	p.begin()
	p.createAll(1)
	p.setUp()
	for i, v := range []any{math.NaN(), math.Inf(1), math.Inf(-1), new(big.Int).Lsh(big.NewInt(1), 100), int64(1<<53 + 1), 1e300, math.Copysign(0, -1), surrogate, nil} {
		// The simulator may fail, but must answer and go on.
		p.call("values", "step", []any{int64(i), p.inputs(func(int) any { return v }), int64(i + 10)}, nil)
	}
	p.call("values", "get_data", []any{p.wanted()}, nil)
	p.stop()
}

func largeTimes(p *play) {
	p.begin()
	p.createAll(1)
	p.setUp()
	for _, t := range []int64{0, 1<<53 + 1, 1 << 60} {
		p.step(t, dict{}, math.MaxInt64-1)
		p.getData(t)
	}
	p.stop()
}

// failures makes calls that no simulator can do.
func failures(p *play) {
	p.begin()
	p.createAll(1)
	bad := func(what, call string, args []any, kwargs dict) {
		if r := p.call("failure", call, args, kwargs); !r.failed() {
			p.broken("failure", "%s is answered with a result", what)
		}
	}
	bad("a call that does not exist", "no_such_call", nil, nil)
	bad("step without arguments", "step", nil, nil)
	if len(p.meta.Models) > 0 {
		bad("create with an unknown parameter", "create", []any{1, p.meta.Models[0].name}, dict{{Key: "no_such_parameter", Value: 1}})
	}
	p.setUp()
	p.step(0, dict{}, 10)
	p.stop()
}

// refused refuses what the simulator asks in its steps.
func refused(p *play) {
	p.begin()
	p.createAll(1)
	p.setUp()
	p.refuse = true
	p.call("requests", "step", []any{int64(0), dict{}, int64(10)}, nil)
	p.refuse = false
	p.call("requests", "get_data", []any{p.wanted()}, nil)
	p.stop()
}

func stopAtOnce(p *play) {
	p.begin()
	p.stop()
}

func stopTwice(p *play) {
	p.begin()
	for range 2 {
		r, err := p.try("stop", nil, nil)
		if err == nil && r.failed() {
			p.broken("stop", "stop failed: %s", r.message())
		}
		if err != nil {
			break
		}
	}
	p.end("stop", true)
}

func sigtermBefore(p *play) {
	p.begin()
	p.createAll(1)
	p.terminate()
	p.end("sigterm", false)
}

// sigtermAfter does what mosaik does at the end.
func sigtermAfter(p *play) {
	p.begin()
	r, err := p.try("stop", nil, nil)
	if err == nil && r.failed() {
		p.broken("stop", "stop failed: %s", r.message())
	}
	_ = p.conn.Close()
	p.terminate()
	if !p.ends() {
		p.broken("sigterm", "the process has not ended %v after stop and SIGTERM", p.cfg.End)
	}
}

func cut(p *play) {
	p.begin()
	p.createAll(1)
	_ = p.conn.Close()
	if !p.ends() {
		p.broken("cut", "the process has not ended %v after its connection", p.cfg.End)
	}
}

func cutWithin(p *play) {
	p.begin()
	p.write([]byte{0, 0, 1, 0, '[', '0'})
	_ = p.conn.Close()
	if !p.ends() {
		p.broken("cut", "the process has not ended %v after its connection ended within a message", p.cfg.End)
	}
}

// unread sends something that the simulator has not read when it ends.
func unread(p *play) {
	p.begin()
	p.send(codec.Request, p.next, []any{"stop", []any{}, dict{}})
	for i := range int64(20) {
		p.send(codec.Request, p.next+1+i, []any{"get_data", []any{dict{{Key: strings.Repeat("x", 1<<12), Value: []string{}}}}, dict{}})
	}
	for !p.ended {
		if _, err := p.read(p.cfg.End); errors.Is(err, errTimeout) {
			p.broken("stop", "the connection has not ended %v after stop", p.cfg.End)
			return
		}
	}
}

// stop stops the simulator.
func (p *play) stop() {
	r, err := p.try("stop", nil, nil)
	switch {
	case errors.Is(err, errTimeout):
		p.broken("stop", "stop is neither answered nor does the connection end within %v", p.cfg.Answer)
	case err == nil && r.failed():
		p.broken("stop", "stop failed: %s", r.message())
	case err == nil && r.content.Kind() != codec.KindNull:
		p.broken("stop", "stop returned a %v, not None", r.content.Kind())
	}
	p.end("stop", true)
}

// end waits for the end of the stream and the process.
func (p *play) end(rule string, status bool) {
	if half, ok := p.conn.(interface{ CloseWrite() error }); ok && status {
		_ = half.CloseWrite() // mosaik closes; this still reads
	}
	for !p.ended {
		m, err := p.read(p.cfg.End)
		switch {
		case errors.Is(err, io.EOF):
		case errors.Is(err, errTimeout):
			p.broken(rule, "the connection has not ended after %v", p.cfg.End)
			p.ended = true
		case err != nil:
			p.broken("message", "at the end: %v", err)
			p.ended = true
		case m.Type != codec.Request && status:
			p.broken("message", "a reply to request %d, which does not wait for one", m.ID)
		}
	}
	switch ended := p.ends(); {
	case !ended:
		p.broken(rule, "the process has not ended after %v", p.cfg.End)
	case status && p.cmd.ProcessState.ExitCode() != 0:
		p.broken(rule, "the process ended with %v", p.cmd.ProcessState)
	}
}

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

// guesses are what parameters without a value are tried with, after none.
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

// checkEntities checks entities of the model that is wanted, or of any if it is empty.
func (p *play) checkEntities(list []entity, wanted string) {
	for _, e := range list {
		var eid, typ string
		if e.EID.Decode(&eid) != nil {
			p.broken("ids", "the eid of a %s is a %v, not a str", wanted, e.EID.Kind())
			continue
		}
		_ = e.Type.Decode(&typ) // what is no str is no model
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

// inputs has a value for each attribute of each entity.
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

// wanted asks for each attribute of each entity, one of them twice.
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

// step steps the simulator. It may refuse inputs, since nobody said which of the
// attributes are inputs; then it is stepped without.
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

// getData asks for all attributes after a step at time t. Inputs are attributes,
// too, and nobody asks for those: so only what a model never returns is missing.
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

// checkPersistent wants at least one of an entity's persistent attributes, if it has
// any, and that entities of one model have the same ones.
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

// outputs are the attributes "model.attribute" that were put out in the play, and
// the models that put out something.
func (p *play) outputs() map[string]bool {
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	return p.seen
}

// getEach asks for one attribute after the other: a simulator may refuse to put out
// inputs, but not everything.
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

// checkData checks what get_data returned.
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

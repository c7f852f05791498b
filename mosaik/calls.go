package mosaik

import (
	"context"
	"fmt"
	"slices"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// The following methods are called by mosaik. All run in a turn of the session.

func (s *session) init(ctx context.Context, sid string, kwargs aiomas.RawKwargs) (any, error) {
	s.sid.Store(sid)
	p := Params{TimeResolution: 1, call: "init", values: kwargs}
	if v, ok := kwargs["time_resolution"]; ok {
		if err := v.Decode(&p.TimeResolution); err != nil {
			return nil, p.unfit("time_resolution", err)
		}
		delete(kwargs, "time_resolution")
	}
	meta, err := s.sim.Init(ctx, sid, p)
	if err != nil {
		return nil, err
	}
	meta = meta.withDefaults()
	for _, name := range s.extras {
		if !slices.Contains(meta.ExtraMethods, name) {
			meta.ExtraMethods = append(slices.Clip(meta.ExtraMethods), name)
		}
	}
	for _, name := range meta.ExtraMethods {
		if !slices.Contains(s.extras, name) {
			return nil, &MetaError{Reason: fmt.Sprintf("extra method %q is none of the simulator's ExtraMethods", name)}
		}
	}
	if err := meta.Check(); err != nil {
		return nil, err
	}
	s.meta, s.ready = meta, true
	s.cfg.logger.Debug("mosaik: init", "sid", sid, "time_resolution", p.TimeResolution)
	return meta.dict(), nil
}

func (s *session) create(ctx context.Context, num int, model string, kwargs aiomas.RawKwargs) (any, error) {
	m, ok := s.meta.Models[model]
	switch {
	case !ok:
		return nil, aiomas.ValueError.Errorf("there is no model %q", model)
	case num < 0:
		return nil, aiomas.ValueError.Errorf("%d entities", num)
	}
	for name := range kwargs {
		if !slices.Contains(m.Params, name) {
			return nil, aiomas.TypeError.Errorf("create() got an unexpected keyword argument '%s'", name)
		}
	}
	entities, err := s.sim.Create(ctx, num, model, Params{call: "create", values: kwargs})
	if err != nil {
		return nil, err
	}
	if len(entities) != num {
		return nil, aiomas.ValueError.Errorf("%d entities of %s were requested, %d created", num, model, len(entities))
	}
	for _, e := range entities {
		if e.Type != model {
			return nil, At(e.EID, aiomas.ValueError.Errorf("is a %q, a %q was requested", e.Type, model))
		}
	}
	ids := make(map[string]bool)
	list, err := s.entities(entities, ids)
	if err != nil {
		return nil, err
	}
	for id := range ids {
		s.eids[id] = true
	}
	return list, nil
}

// entities returns the wire form of list, and adds its ids, which must be new, to ids.
func (s *session) entities(list []Entity, ids map[string]bool) ([]codec.Dict, error) {
	out := make([]codec.Dict, 0, len(list))
	for _, e := range list {
		switch _, known := s.meta.Models[e.Type]; {
		case !known:
			return nil, At(e.EID, aiomas.ValueError.Errorf("is a %q, which is no model of the simulator", e.Type))
		case s.eids[e.EID] || ids[e.EID]:
			return nil, At(e.EID, aiomas.ValueError.Errorf("there is another entity with this id"))
		}
		ids[e.EID] = true
		d := codec.Dict{{Key: "eid", Value: e.EID}, {Key: "type", Value: e.Type}, {Key: "rel", Value: append([]string{}, e.Rel...)}}
		if e.Children != nil {
			children, err := s.entities(e.Children, ids)
			if err != nil {
				return nil, err
			}
			d = append(d, codec.Entry{Key: "children", Value: children})
		}
		if e.Extra != nil {
			d = append(d, codec.Entry{Key: "extra_info", Value: unwrap(e.Extra)})
		}
		out = append(out, d)
	}
	return out, nil
}

func (s *session) setupDone(ctx context.Context) error {
	if d, ok := s.sim.(SetupDoner); ok {
		return d.SetupDone(ctx)
	}
	return nil
}

func (s *session) step(ctx context.Context, t int64, raw codec.Value, maxAdvance int64) (any, error) {
	s.doing = fmt.Sprintf("step(time=%d)", t)
	s.time = t
	in, err := s.in.inputs(raw)
	if err != nil {
		return nil, err
	}
	next, err := s.sim.Step(ctx, t, in, maxAdvance)
	switch {
	case err != nil:
		return nil, err
	case next == NoStep && s.meta.Type == TimeBased:
		return nil, aiomas.ValueError.Errorf("a time-based simulator must say when its next step is")
	case next == NoStep:
		return nil, nil
	case next <= t:
		return nil, aiomas.ValueError.Errorf("the next step is to be at %d, which is not after %d", next, t)
	}
	return next, nil
}

func (s *session) getData(ctx context.Context, raw codec.Value) (any, error) {
	want, err := s.in.outputs(raw)
	if err != nil {
		return nil, err
	}
	out, err := s.sim.GetData(ctx, want)
	if err != nil {
		return nil, err
	}
	if t, ok := out.Time(); ok && t < s.time {
		return nil, aiomas.ValueError.Errorf("the output is for time %d, before the step at %d", t, s.time)
	}
	return out.dict(), nil
}

// stop finalizes the simulator and makes serve end the connection. It never replies, as
// mosaik_api_v3 does not either. mosaik waits 0.1 s for a reply or the end of the
// connection; a reply that arrives at that moment, unlike the end, makes it wait forever.
func (s *session) stop() {
	if err := s.finalizeOnce(); err != nil {
		s.cfg.logger.Error("mosaik: finalize failed", "sid", s.id(), "err", err)
	}
	s.stopping.Do(func() { close(s.stopped) })
	<-s.world.client.Done()
}

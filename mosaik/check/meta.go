package check

import (
	"slices"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// meta is the description returned by init.
type meta struct {
	Type    mosaik.Type
	Models  []model
	Methods []string
}

type model struct {
	name string
	mosaik.ModelMeta
}

// persistent reports whether get_data must always return the attribute.
func (m meta) persistent(name, attr string) bool {
	i := slices.IndexFunc(m.Models, func(m model) bool { return m.name == name })
	switch {
	case m.Type == mosaik.TimeBased:
		return true
	case m.Type == mosaik.EventBased || i < 0:
		return false
	case m.Models[i].NonPersistent != nil:
		return !slices.Contains(m.Models[i].NonPersistent, attr)
	}
	return true
}

// begin calls init and checks the metadata.
func (p *play) begin() {
	kwargs := dict{{Key: "time_resolution", Value: 1.0}}
	for _, name := range sortedIDs(p.cfg.Init) {
		kwargs = append(kwargs, codec.Entry{Key: name, Value: p.cfg.Init[name]})
	}
	r := p.call("init", "init", []any{p.sid}, kwargs)
	if r.failed() {
		p.over("init", "init failed: %s", r.message())
	}
	p.meta = p.readMeta(r.content)
}

func (p *play) readMeta(v codec.Value) meta {
	var fields map[string]codec.Value
	if err := v.Decode(&fields); err != nil {
		p.over("init", "it returned a %v, not a dict", v.Kind())
	}
	m := mosaik.Meta{Models: map[string]mosaik.ModelMeta{}}
	need := func(name string, target any) {
		f, ok := fields[name]
		if !ok {
			p.broken("meta", "there is no %q", name)
		} else if err := f.Decode(target); err != nil {
			p.broken("meta", "%q: %v", name, err)
		}
	}
	need("api_version", &m.APIVersion)
	need("type", &m.Type)
	models := map[string]map[string]codec.Value{}
	need("models", &models)
	if f, ok := fields["extra_methods"]; ok {
		if err := f.Decode(&m.ExtraMethods); err != nil {
			p.broken("meta", "extra_methods: %v", err)
		}
	}
	out := meta{Type: m.Type, Methods: m.ExtraMethods}
	for _, name := range sortedIDs(models) {
		mm := p.readModel(name, models[name])
		m.Models[name] = mm
		out.Models = append(out.Models, model{name, mm})
	}
	if err := m.Check(); err != nil {
		list := []error{err}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			list = joined.Unwrap()
		}
		for _, e := range list {
			p.broken("meta", "%v", e)
		}
	}
	return out
}

func (p *play) readModel(name string, fields map[string]codec.Value) mosaik.ModelMeta {
	var m mosaik.ModelMeta
	public := true
	targets := map[string]any{
		"public": &public, "any_inputs": &m.AnyInputs, "params": &m.Params, "attrs": &m.Attrs, "trigger": &m.Trigger,
		"non-trigger": &m.NonTrigger, "persistent": &m.Persistent, "non-persistent": &m.NonPersistent,
	}
	for key, target := range targets {
		f, ok := fields[key]
		if !ok {
			continue
		}
		if err := f.Decode(target); err != nil {
			p.broken("meta", "model %q: %q: %v", name, key, err)
		}
	}
	m.Private = !public
	return m
}

func sortedIDs[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

package mosaik

import (
	"github.com/aiomas-go/aiomas-go/codec"
)

// Type is how a simulator advances in time.
type Type string

// The types of simulators. A hybrid simulator may have attributes of both kinds.
const (
	TimeBased  Type = "time-based"
	EventBased Type = "event-based"
	Hybrid     Type = "hybrid"
)

// APIVersion is the version of mosaik's API that this package implements.
const APIVersion = "3.0"

// Meta is the description of a simulator, which Init returns. It is checked by mosaik's
// rules before it is sent; see [Meta.Check].
type Meta struct {
	APIVersion   string // default: the constant
	Type         Type   // default: time-based
	Models       map[string]ModelMeta
	ExtraMethods []string // set by the package from [ExtraMethoder]
}

// ModelMeta describes a model. Each of the two pairs of lists is a partition of Attrs.
// Leave out the lists of time-based and event-based simulators. For hybrid simulators,
// Trigger and NonPersistent are enough; the other lists are implied. A nil list is absent,
// which differs from an empty one: a hybrid model without Trigger and NonTrigger is
// triggered by no attribute, and one with an empty NonTrigger by all attributes.
type ModelMeta struct {
	Private   bool     // for children: scenarios cannot create it
	Params    []string // parameters of Create
	Attrs     []string // all attributes, inputs and outputs
	AnyInputs bool     // accepts inputs that are not in Attrs

	Trigger       []string // inputs that cause a step
	NonTrigger    []string
	Persistent    []string // outputs that hold until they change
	NonPersistent []string // outputs that are events
}

// dict returns the wire form.
func (m Meta) dict() codec.Dict {
	models := codec.Dict{}
	for _, name := range sortedKeys(m.Models) {
		models = append(models, codec.Entry{Key: name, Value: m.Models[name].dict()})
	}
	return codec.Dict{
		{Key: "api_version", Value: m.APIVersion},
		{Key: "type", Value: string(m.Type)},
		{Key: "models", Value: models},
		{Key: "extra_methods", Value: append([]string{}, m.ExtraMethods...)},
	}
}

func (m ModelMeta) dict() codec.Dict {
	d := codec.Dict{
		{Key: "public", Value: !m.Private},
		{Key: "params", Value: append([]string{}, m.Params...)},
		{Key: "attrs", Value: append([]string{}, m.Attrs...)},
	}
	if m.AnyInputs {
		d = append(d, codec.Entry{Key: "any_inputs", Value: true})
	}
	for _, l := range m.lists() {
		if *l.list != nil {
			d = append(d, codec.Entry{Key: l.name, Value: *l.list})
		}
	}
	return d
}

type namedList struct {
	name string
	list *[]string
}

// lists returns the optional lists with their names on the wire.
func (m *ModelMeta) lists() []namedList {
	return []namedList{
		{"trigger", &m.Trigger}, {"non-trigger", &m.NonTrigger},
		{"persistent", &m.Persistent}, {"non-persistent", &m.NonPersistent},
	}
}

// wireMeta is the wire form of Meta.
type wireMeta struct {
	APIVersion   string               `aiomas:"api_version"`
	Type         Type                 `aiomas:"type"`
	Models       map[string]wireModel `aiomas:"models"`
	ExtraMethods []string             `aiomas:"extra_methods"`
}

type wireModel struct {
	Public        *bool     `aiomas:"public"`
	Params        []string  `aiomas:"params"`
	Attrs         []string  `aiomas:"attrs"`
	AnyInputs     bool      `aiomas:"any_inputs"`
	Trigger       *[]string `aiomas:"trigger"`
	NonTrigger    *[]string `aiomas:"non-trigger"`
	Persistent    *[]string `aiomas:"persistent"`
	NonPersistent *[]string `aiomas:"non-persistent"`
}

// meta returns w as a Meta, for a simulator in any language.
func (w wireMeta) meta() Meta {
	m := Meta{w.APIVersion, w.Type, make(map[string]ModelMeta, len(w.Models)), w.ExtraMethods}
	for name, wm := range w.Models {
		model := ModelMeta{Params: wm.Params, Attrs: wm.Attrs, AnyInputs: wm.AnyInputs}
		model.Private = wm.Public != nil && !*wm.Public
		for i, list := range []*[]string{wm.Trigger, wm.NonTrigger, wm.Persistent, wm.NonPersistent} {
			if list != nil {
				*model.lists()[i].list = append([]string{}, *list...)
			}
		}
		m.Models[name] = model
	}
	return m
}

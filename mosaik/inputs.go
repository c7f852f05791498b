package mosaik

import (
	"fmt"
	"iter"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Inputs are the inputs of a step: for each entity, the values of its attributes with their
// sources, all in mosaik's order. The zero value is empty. It is safe for concurrent use as
// long as Add is not called.
type Inputs struct {
	*inputs
}

type inputs struct {
	entities []entityInputs
	index    map[string]int // of entities, if there are many
	indexed  sync.Once
}

type entityInputs struct {
	eid   string
	attrs []attrInputs
}

type attrInputs struct {
	name   string
	values []Input
}

// Input is one value and its source, the full id "sid.eid" of an entity.
type Input struct {
	Source string
	Value  Value
}

// fewEntities is the number of entities up to which a linear search is used instead of an
// index.
const fewEntities = 8

// Entities returns an iterator over the ids of the entities with inputs.
func (in Inputs) Entities() iter.Seq[string] {
	return func(yield func(string) bool) {
		if in.inputs == nil {
			return
		}
		for i := range in.entities {
			if !yield(in.entities[i].eid) {
				return
			}
		}
	}
}

// Attrs returns an iterator over the attributes of an entity that have inputs.
func (in Inputs) Attrs(eid string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, a := range in.attrsOf(eid) {
			if !yield(a.name) {
				return
			}
		}
	}
}

// All returns the values of an attribute with their sources, or nil if there are none. They
// must not be changed.
func (in Inputs) All(eid, attr string) []Input {
	for _, a := range in.attrsOf(eid) {
		if a.name == attr {
			return a.values
		}
	}
	return nil
}

// Has reports whether there is a value for the attribute.
func (in Inputs) Has(eid, attr string) bool { return len(in.All(eid, attr)) > 0 }

// Len returns the number of entities with inputs.
func (in Inputs) Len() int {
	if in.inputs == nil {
		return 0
	}
	return len(in.entities)
}

// Sum returns the sum of the values of an attribute, added in mosaik's order, and 0 if
// there are none. The result has the same bits as that of a loop in Python, of NumPy's
// floats, and of sum() before Python 3.12; see also [Inputs.SumPrecise].
func (in Inputs) Sum(eid, attr string) (float64, error) {
	return in.add(eid, attr, sum)
}

// SumPrecise is like Sum, with compensated summation as in sum() since Python 3.12.
func (in Inputs) SumPrecise(eid, attr string) (float64, error) {
	return in.add(eid, attr, sumPrecise)
}

func (in Inputs) add(eid, attr string, add func([]Input) (float64, error)) (float64, error) {
	s, err := add(in.All(eid, attr))
	if err != nil {
		return 0, At(eid, fmt.Errorf("input %s: %w", attr, err))
	}
	return s, nil
}

// One returns the only value of an attribute. It is a ValueError if there are none or
// several.
func (in Inputs) One(eid, attr string) (Value, error) {
	all := in.All(eid, attr)
	if len(all) != 1 {
		return Value{}, At(eid, aiomas.ValueError.Errorf("input %s has %d values, not one", attr, len(all)))
	}
	return all[0].Value, nil
}

// Add adds a value. It is for programs that drive a simulator.
func (in *Inputs) Add(eid, attr, source string, value any) {
	if in.inputs == nil {
		in.inputs = new(inputs)
	}
	i, ok := in.find(eid)
	if !ok {
		i = len(in.entities)
		in.entities = append(in.entities, entityInputs{eid: eid})
		if in.index != nil {
			in.index[eid] = i
		}
	}
	attrs := &in.entities[i].attrs
	for j := range *attrs {
		if a := &(*attrs)[j]; a.name == attr {
			a.values = append(a.values, Input{source, ValueOf(value)})
			return
		}
	}
	*attrs = append(*attrs, attrInputs{attr, []Input{{source, ValueOf(value)}}})
}

// dict returns the wire form.
func (in Inputs) dict() codec.Dict {
	d := codec.Dict{}
	if in.inputs == nil {
		return d
	}
	for _, e := range in.entities {
		attrs := make(codec.Dict, 0, len(e.attrs))
		for _, a := range e.attrs {
			values := make(codec.Dict, 0, len(a.values))
			for _, v := range a.values {
				values = append(values, codec.Entry{Key: v.Source, Value: v.Value.x})
			}
			attrs = append(attrs, codec.Entry{Key: a.name, Value: values})
		}
		d = append(d, codec.Entry{Key: e.eid, Value: attrs})
	}
	return d
}

func (in Inputs) attrsOf(eid string) []attrInputs {
	if in.inputs == nil {
		return nil
	}
	i, ok := in.find(eid)
	if !ok {
		return nil
	}
	return in.entities[i].attrs
}

func (in *inputs) find(eid string) (int, bool) {
	if len(in.entities) <= fewEntities {
		for i := range in.entities {
			if in.entities[i].eid == eid {
				return i, true
			}
		}
		return 0, false
	}
	in.indexed.Do(func() {
		in.index = make(map[string]int, len(in.entities))
		for i := range in.entities {
			in.index[in.entities[i].eid] = i
		}
	})
	i, ok := in.index[eid]
	return i, ok
}

package mosaik

import (
	"iter"
	"slices"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Outputs are the attributes that GetData must return. It may be kept, but must not be
// changed.
type Outputs []Wanted

// Wanted lists the attributes of one entity, without duplicates.
type Wanted struct {
	EID   string
	Attrs []string
}

func (w *Wanted) add(attr string) {
	if !slices.Contains(w.Attrs, attr) {
		w.Attrs = append(w.Attrs, attr)
	}
}

// All returns an iterator over pairs of entity and attribute.
func (o Outputs) All() iter.Seq2[string, string] {
	return func(yield func(eid, attr string) bool) {
		for _, w := range o {
			for _, a := range w.Attrs {
				if !yield(w.EID, a) {
					return
				}
			}
		}
	}
}

// Fill calls value for each of the attributes and returns the results, without those for
// which value returned false.
func (o Outputs) Fill(value func(eid, attr string) (any, bool)) Output {
	var out Output
	out.data = make([]entityOutput, 0, len(o))
	for _, w := range o {
		e := entityOutput{w.EID, make(codec.Dict, 0, len(w.Attrs))}
		for _, attr := range w.Attrs {
			if v, ok := value(w.EID, attr); ok {
				e.attrs = append(e.attrs, codec.Entry{Key: attr, Value: unwrap(v)})
			}
		}
		if len(e.attrs) > 0 {
			out.data = append(out.data, e)
		}
	}
	return out
}

func (o Outputs) dict() codec.Dict {
	d := make(codec.Dict, 0, len(o))
	for _, w := range o {
		d = append(d, codec.Entry{Key: w.EID, Value: append([]string{}, w.Attrs...)})
	}
	return d
}

// Output is the result of GetData: values of attributes, and optionally the time of those
// that are events. The zero value is empty.
type Output struct {
	data  []entityOutput
	index map[string]int // of data, if there are many
	time  *int64
}

type entityOutput struct {
	eid   string
	attrs codec.Dict
}

// timeKey is the key of the time, among those of the entities.
const timeKey = "time"

// Set sets the value of an attribute.
func (o *Output) Set(eid, attr string, value any) {
	e := o.entity(eid)
	for i := range e.attrs {
		if e.attrs[i].Key == attr {
			e.attrs[i].Value = unwrap(value)
			return
		}
	}
	e.attrs = append(e.attrs, codec.Entry{Key: attr, Value: unwrap(value)})
}

// unwrap returns the content of a Value, and other values as they are.
func unwrap(v any) any {
	if v, ok := v.(Value); ok {
		return v.x
	}
	return v
}

// SetTime sets the time of all events in the output, which must not be before that of the
// step.
func (o *Output) SetTime(t int64) { o.time = &t }

// Time returns the time that was set.
func (o Output) Time() (t int64, ok bool) {
	if o.time == nil {
		return 0, false
	}
	return *o.time, true
}

// Get returns the value of an attribute.
func (o Output) Get(eid, attr string) (Value, bool) {
	if i, ok := o.find(eid); ok {
		if x, ok := o.data[i].attrs.Get(attr); ok {
			return ValueOf(x), true
		}
	}
	return Value{}, false
}

// All returns an iterator over the entities with their attributes, in order.
func (o Output) All() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for _, e := range o.data {
			attrs := make([]string, len(e.attrs))
			for i, a := range e.attrs {
				attrs[i], _ = a.Key.(string)
			}
			if !yield(e.eid, attrs) {
				return
			}
		}
	}
}

func (o *Output) entity(eid string) *entityOutput {
	i, ok := o.find(eid)
	if !ok {
		i = len(o.data)
		o.data = append(o.data, entityOutput{eid: eid})
		if o.index != nil {
			o.index[eid] = i
		} else if len(o.data) > fewEntities {
			o.index = make(map[string]int, 2*len(o.data))
			for j, e := range o.data {
				o.index[e.eid] = j
			}
		}
	}
	return &o.data[i]
}

func (o Output) find(eid string) (int, bool) {
	if o.index != nil {
		i, ok := o.index[eid]
		return i, ok
	}
	i := slices.IndexFunc(o.data, func(e entityOutput) bool { return e.eid == eid })
	return i, i >= 0
}

// dict returns the wire form.
func (o Output) dict() codec.Dict {
	d := make(codec.Dict, 0, len(o.data)+1)
	for _, e := range o.data {
		if e.attrs == nil {
			e.attrs = codec.Dict{}
		}
		d = append(d, codec.Entry{Key: e.eid, Value: e.attrs})
	}
	if o.time != nil {
		d = append(d, codec.Entry{Key: timeKey, Value: *o.time})
	}
	return d
}

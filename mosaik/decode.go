package mosaik

import (
	"bytes"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// wire is mosaik's codec.
var wire = json.Codec

// reader decodes the messages of one connection, one at a time. Since ids and names are
// repeated in every step, it makes a string of each of them only once, and it keeps the
// last request for data.
type reader struct {
	mu      sync.Mutex
	d       codec.Decoder
	names   map[string]string
	wanted  []byte // the encoded form of want
	want    Outputs
	attrs   int // number of attributes in the last inputs
	values  int
	hasWant bool
}

// mostNames limits the memory used by a scenario that keeps creating new ids.
const mostNames = 1 << 20

func newReader() *reader {
	return &reader{d: wire.NewDecoder(), names: map[string]string{}}
}

func (r *reader) name() (string, error) {
	b, err := r.d.StrBytes()
	if err != nil {
		return "", err
	}
	if s, ok := r.names[string(b)]; ok {
		return s, nil
	}
	s := string(b)
	if len(r.names) < mostNames {
		r.names[s] = s
	}
	return s, nil
}

// inputs reads {eid: {attr: {source: value}}}.
func (r *reader) inputs(raw codec.Value) (Inputs, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := new(inputs)
	if raw.Kind() == codec.KindNull {
		return Inputs{in}, nil
	}
	r.d.Reset(raw.Raw(), nil)
	defer r.d.Reset(nil, nil)
	attrs, values := make([]attrInputs, 0, r.attrs), make([]Input, 0, r.values)
	nAttrs, nValues := 0, 0
	err := r.dict(func(eid string) error {
		from := len(attrs)
		err := r.dict(func(attr string) error {
			from := len(values)
			err := r.dict(func(source string) error {
				v, err := readValue(r.d)
				values = append(values, Input{source, v})
				return err
			})
			n := len(values)
			nValues += n - from
			attrs = append(attrs, attrInputs{attr, values[from:n:n]})
			return codec.At(err, attr)
		})
		n := len(attrs)
		nAttrs += n - from
		in.entities = append(in.entities, entityInputs{eid, attrs[from:n:n]})
		return codec.At(err, eid)
	})
	if err != nil {
		return Inputs{}, codec.At(err, "inputs")
	}
	r.attrs, r.values = nAttrs, nValues
	return Inputs{in}, nil
}

// dict calls f for each key of the next value, and f reads its value.
func (r *reader) dict(f func(key string) error) error {
	if _, err := r.d.Dict(); err != nil {
		return err
	}
	for r.d.More() {
		key, err := r.name()
		if err != nil {
			return err
		}
		if err := f(key); err != nil {
			return err
		}
	}
	return nil
}

// outputs reads {eid: [attr, …]}, each attribute once.
func (r *reader) outputs(raw codec.Value) (Outputs, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hasWant && bytes.Equal(raw.Raw(), r.wanted) {
		return r.want, nil
	}
	r.d.Reset(raw.Raw(), nil)
	defer r.d.Reset(nil, nil)
	var want Outputs
	err := r.dict(func(eid string) error {
		w := Wanted{EID: eid}
		if _, err := r.d.List(); err != nil {
			return codec.At(err, eid)
		}
		for r.d.More() {
			attr, err := r.name()
			if err != nil {
				return codec.At(err, eid)
			}
			w.add(attr)
		}
		want = append(want, w)
		return nil
	})
	if err != nil {
		return nil, codec.At(err, "outputs")
	}
	r.hasWant, r.wanted, r.want = true, append(r.wanted[:0], raw.Raw()...), want
	return want, nil
}

// output reads {eid: {attr: value}, "time": t}.
func (r *reader) output(raw codec.Value) (Output, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.d.Reset(raw.Raw(), nil)
	defer r.d.Reset(nil, nil)
	var out Output
	err := r.dict(func(eid string) error {
		if eid == timeKey && r.d.Kind() == codec.KindInt {
			t, err := r.d.Int64()
			out.SetTime(t)
			return codec.At(err, timeKey)
		}
		out.entity(eid)
		return codec.At(r.dict(func(attr string) error {
			v, err := readValue(r.d)
			out.Set(eid, attr, v)
			return codec.At(err, attr)
		}), eid)
	})
	return out, err
}

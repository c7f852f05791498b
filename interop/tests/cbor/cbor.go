// Package cbor is a codec by a user: CBOR on fxamacker/cbor, for Python programs with
// a subclass of aiomas.codecs.Codec on cbor2.
package cbor

import (
	"github.com/fxamacker/cbor/v2"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/base"
)

// Codec is it.
var Codec = base.New("cbor", format{})

type format struct{}

const list, dict = 4, 5 // major types; that package alone would lose the order of a dict

const most = codec.DefaultElements

var reader, _ = cbor.DecOptions{MaxNestedLevels: codec.DefaultDepth, MaxArrayElements: most, MaxMapPairs: most, IndefLength: cbor.IndefLengthForbidden}.DecMode()

func (f format) Append(b []byte, v any) ([]byte, error) {
	var parts []any
	kind, n := byte(list), 0
	switch v := v.(type) {
	case []any:
		parts, n = v, len(v)
	case codec.Dict:
		for kind, n = dict, len(v); len(parts) < 2*n; {
			parts = append(parts, v[len(parts)/2].Key, v[len(parts)/2].Value)
		}
	default:
		data, err := cbor.Marshal(v)
		return append(b, data...), err
	}
	head, err := cbor.Marshal(n) // an int has the same form and the type 0
	head[0] |= kind << 5
	b = append(b, head...)
	for i := 0; i < len(parts) && err == nil; i++ {
		b, err = f.Append(b, parts[i])
	}
	return b, err
}

func (f format) Parse(data []byte, _ codec.Limits) (any, error) {
	if err := reader.Wellformed(data); err != nil {
		return nil, err
	}
	v, _, err := parse(data)
	return v, err
}

func parse(b []byte) (v any, rest []byte, err error) {
	kind := b[0] >> 5
	if kind != list && kind != dict {
		rest, err = reader.UnmarshalFirst(b, &v)
		return v, rest, err
	}
	head, n, parts := append([]byte{b[0] & 0x1f}, b[1:min(9, len(b))]...), 0, []any{}
	rest, err = reader.UnmarshalFirst(head, &n)
	for b = b[len(head)-len(rest):]; len(parts) < n<<(kind-list) && err == nil; parts = append(parts, v) {
		v, b, err = parse(b)
	}
	if kind == list || err != nil {
		return parts, b, err
	}
	d := make(codec.Dict, n)
	for i := range d {
		d[i] = codec.Entry{Key: parts[2*i], Value: parts[2*i+1]}
	}
	return d, b, nil
}

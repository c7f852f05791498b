package golden

import (
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"
)

// Dict is a Python dict with its order.
type Dict []Entry

// Entry is one key and value of a [Dict].
type Entry struct{ Key, Value any }

// Custom is a value of a custom type: its class, the type id it had on the
// wire, and the data that its serializer made of it.
type Custom struct {
	Class string
	ID    int
	Data  any
}

// Ext is a MessagePack extension, which Python decodes but aiomas never writes.
type Ext struct {
	Code int
	Data []byte
}

// Proxy is a proxy of the service at a path of the peer.
type Proxy struct{ Path string }

// Other is a Python object that no codec can encode.
type Other struct{ Class string }

// Convert returns v, in which every Dict, Custom, Ext, Proxy and Other has been
// replaced by what f returns for it, from the inside out. Lists are copied.
func Convert(v any, f func(v any) any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = Convert(v[i], f)
		}
		return list
	case Dict:
		d := make(Dict, len(v))
		for i, e := range v {
			d[i] = Entry{Convert(e.Key, f), Convert(e.Value, f)}
		}
		return f(d)
	case Custom:
		v.Data = Convert(v.Data, f)
		return f(v)
	case Ext, Proxy, Other:
		return f(v)
	}
	return v
}

// Map returns d as package codec decodes a dict into any: map[string]any if all
// keys are strings, else map[any]any. It returns false when a key cannot be a
// key of a Go map, or when two keys are equal in Go.
func (d Dict) Map() (any, bool) {
	texts := make(map[string]any, len(d))
	for _, e := range d {
		if s, ok := e.Key.(string); ok {
			texts[s] = e.Value
		}
	}
	if len(texts) == len(d) {
		return texts, true
	}
	values := make(map[any]any, len(d))
	for _, e := range d {
		switch e.Key.(type) {
		case nil, bool, int64, uint64, float64, string:
			values[e.Key] = e.Value
		default:
			return nil, false
		}
	}
	return values, len(values) == len(d)
}

// Equal reports whether two values are equal in type and value, floats bit by
// bit, the entries of a Dict in their order. It knows the types of this package
// and of decoded values; others are compared by [reflect.DeepEqual]. Unlike
// go-cmp it is quick for deeply nested values.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	case *big.Int:
		b, ok := b.(*big.Int)
		return ok && a.Cmp(b) == 0
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case Dict:
		b, ok := b.(Dict)
		return ok && slices.EqualFunc(a, b, func(x, y Entry) bool { return Equal(x.Key, y.Key) && Equal(x.Value, y.Value) })
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, Equal)
	case map[any]any:
		b, ok := b.(map[any]any)
		return ok && equalMaps(a, b)
	case Custom:
		b, ok := b.(Custom)
		return ok && a.Class == b.Class && a.ID == b.ID && Equal(a.Data, b.Data)
	}
	return reflect.DeepEqual(a, b)
}

// equalMaps compares maps that may have NaN keys, which cannot be looked up.
func equalMaps(a, b map[any]any) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if isNaN(k) {
			if !hasNaN(b, v) {
				return false
			}
		} else if w, ok := b[k]; !ok || !Equal(v, w) {
			return false
		}
	}
	return true
}

func hasNaN(m map[any]any, want any) bool {
	for k, v := range m {
		if isNaN(k) && Equal(v, want) {
			return true
		}
	}
	return false
}

func isNaN(v any) bool {
	f, ok := v.(float64)
	return ok && math.IsNaN(f)
}

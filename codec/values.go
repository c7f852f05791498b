package codec

import "reflect"

// Dict is a dict that keeps the order of its entries, as Python does. Decoding
// into a Dict keeps the order on the wire; of two equal keys the first position
// and the last value are kept, as in Python. Encoding writes all entries: the
// keys should differ, since of equal keys Python keeps the last value. A Go map
// is encoded in sorted key order instead, and encoding fails if two of its keys
// are equal in Python.
type Dict []Entry

// Entry is one key and value of a [Dict].
type Entry struct {
	Key   any
	Value any
}

// Get returns the value of a string key.
func (d Dict) Get(key string) (any, bool) {
	for i := range d {
		if s, ok := d[i].Key.(string); ok && s == key {
			return d[i].Value, true
		}
	}
	return nil, false
}

// Tuple groups several values that are encoded as one list. Decoding into a *Tuple
// whose elements are non-nil pointers decodes a list of exactly that length
// element by element:
//
//	var proxy *aiomas.Proxy
//	var addr string
//	err := manager.Sub("spawn").Call(ctx, &codec.Tuple{&proxy, &addr}, "mod:Class")
type Tuple []any

// Value is a value that is decoded later: a parameter or result of type Value
// accepts any value and decodes it on demand, possibly several times into
// different targets. Encoding a Value decodes it and encodes the result, so
// that custom types get the ids of the connection that they are sent on. The
// zero Value is None. A Value is immutable and safe for concurrent use.
type Value struct {
	raw   []byte
	codec Codec
	reg   *Registry
}

// NewValue captures the next value of d. It copies its bytes.
func NewValue(d Decoder) (Value, error) {
	raw, err := d.Raw()
	if err != nil {
		return Value{}, err
	}
	return Value{raw: append([]byte(nil), raw...), codec: d.Codec(), reg: d.Registry()}, nil
}

// Kind returns the kind of the value.
func (v Value) Kind() Kind {
	if v.codec == nil {
		return KindNull
	}
	return v.decoder().Kind()
}

// Raw returns the encoded value, nil for None. The caller must not modify it.
func (v Value) Raw() []byte { return v.raw }

// Decode decodes the value into the value that target, a non-nil pointer, points
// to. The error is a [*DecodeError].
func (v Value) Decode(target any) error {
	if v.codec == nil {
		return zeroNone(target)
	}
	return v.decoder().Decode(target)
}

// Any decodes the value into the natural Go types.
func (v Value) Any() (any, error) {
	if v.codec == nil {
		return nil, nil
	}
	return v.decoder().Any()
}

// Ordered is Any with [Decoding].Ordered.
func (v Value) Ordered() (any, error) {
	d := v.reg.Decoding()
	d.Ordered = true
	v.reg = v.reg.WithDecoding(d)
	return v.Any()
}

func (v Value) decoder() Decoder {
	d := v.codec.NewDecoder()
	d.Reset(v.raw, v.reg)
	return d
}

// zeroNone decodes None into the value that target points to.
func zeroNone(target any) error {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return NewDecodeError("the target must be a non-nil pointer, not %T", target)
	}
	switch v = v.Elem(); {
	case v.Type() == reflect.TypeFor[Value]():
	case v.Kind() == reflect.Pointer, v.Kind() == reflect.Interface, v.Kind() == reflect.Slice, v.Kind() == reflect.Map:
	default:
		return NewDecodeError("None does not fit %v", v.Type())
	}
	v.SetZero()
	return nil
}

package walk

import (
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

func (f *Format) makeMapDecoder(t reflect.Type, p *decoder) {
	elem := f.decoders.part(t.Elem(), f.makeDecoder)
	plan := f.keyDecoder(t.Key())
	p.read = func(d codec.Decoder, v reflect.Value) error {
		switch k := d.Kind(); k {
		case codec.KindDict:
		case codec.KindNull:
			return setNil(d, v)
		default:
			return mismatch(k, t)
		}
		n, err := d.Dict()
		if err != nil {
			return err
		}
		// Shared by all entries: the map holds copies.
		key, x := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		keys := plan.of(f, d)
		memory := keys.memory(d)
		if memory != nil {
			if memory.HoldKeys() {
				defer memory.ReleaseKeys()
			}
			n = memory.Expect(n)
		}
		m := reflect.MakeMapWithSize(t, min(max(n, 0), maxPresize))
		i := 0
		for ; d.More(); i++ {
			key.SetZero()
			if custom, err := keys.read(d, memory, i, key); err != nil {
				return err
			} else if custom {
				return customMismatch(d, t)
			}
			if keys.mayBeUnhashable && !key.Comparable() {
				return codec.NewDecodeError("a key of %v that Go cannot hash: decode into codec.Dict", t)
			}
			x.SetZero()
			if err := elem.decode(d, x); err != nil {
				return codec.At(err, keyText(key.Interface()))
			}
			m.SetMapIndex(key, x)
		}
		if keys.mayBeOne && m.Len() < i {
			return codec.NewDecodeError("two keys of the dict are the same %v", t.Key())
		}
		v.Set(m)
		return nil
	}
}

// keyDecoder reads the keys of a map from text and from values of other kinds.
type keyDecoder struct {
	plan            *decoder
	str             bool // a plain string type
	mayBeUnhashable bool
	mayBeOne        bool // two different keys on the wire may be equal in Go
	text            func(text []byte, v reflect.Value) error
	other           func(d codec.Decoder, v reflect.Value) error
	// inPlace replaces text if that is nil, for decoders that cannot rewind to read
	// the key as a value.
	inPlace func(text []byte, v reflect.Value) error
}

// memory returns d if it can remember keys of this type.
func (k keyDecoder) memory(d codec.Decoder) KeyReader {
	if !k.str {
		return nil
	}
	r, _ := d.(KeyReader)
	return r
}

// read reads key i into v, unless it is the key that marks a custom type.
func (k keyDecoder) read(d codec.Decoder, memory KeyReader, i int, v reflect.Value) (custom bool, err error) {
	if d.Kind() != codec.KindString {
		return false, codec.At(k.other(d, v), "key")
	}
	if memory != nil {
		key, err := memory.Key(i)
		if err != nil || key == codec.TypeKey {
			return err == nil, err
		}
		v.SetString(key)
		return false, nil
	}
	var start Mark
	again, ok := d.(Rewinder)
	if k.text == nil && ok {
		start = again.Mark()
	}
	text, err := d.StrBytes()
	switch {
	case err != nil || string(text) == codec.TypeKey:
		return err == nil, err
	case k.text != nil:
		return false, k.text(text, v)
	case !ok:
		return false, k.inPlace(text, v)
	}
	again.Rewind(start)
	return false, k.other(d, v)
}

// keyDecoder returns the plan for reading keys of type t. Where keys are text on
// the wire, numbers and bools are parsed from it; otherwise keys are read like
// other values, and text is nil except for types that are parsed from any text.
func (f *Format) keyDecoder(t reflect.Type) keyDecoder {
	plan := f.decoders.part(t, f.makeDecoder)
	keys := keyDecoder{plan: plan, other: plan.decode, mayBeUnhashable: containsInterface(t), inPlace: noTextKey}
	if plan.text {
		keys.inPlace = unmarshalText
	}
	switch {
	case t.Kind() == reflect.Interface:
		keys.text = func(text []byte, v reflect.Value) error { return assign(v, string(text), codec.KindString) }
	case t.Kind() == reflect.String && !plan.text && (!plan.foreign || f.KeyText != nil):
		keys.str = true
		keys.text = func(text []byte, v reflect.Value) error { v.SetString(string(text)); return nil }
	case f.KeyText != nil:
		keys.text = f.textKey(t)
		keys.mayBeOne = plan.text || t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64
	default:
		keys.mayBeOne = plan.text || plan.foreign
	}
	return keys
}

// of returns the plan for reading keys with the custom types of d's registry.
func (k keyDecoder) of(f *Format, d codec.Decoder) keyDecoder {
	if !k.plan.custom {
		return k
	}
	if _, ok := d.Registry().LookupTarget(k.plan.typ); !ok {
		return k
	}
	k.str, k.text, k.inPlace = false, nil, noTextKey
	if f.KeyText != nil {
		k.text = noTextKey
	}
	return k
}

// containsInterface reports whether a value of the comparable type t contains an
// interface, whose dynamic value may not be comparable.
func containsInterface(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Array:
		return containsInterface(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if containsInterface(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

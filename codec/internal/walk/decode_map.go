package walk

import (
	"reflect"
	"strconv"

	"github.com/aiomas-go/aiomas-go/codec"
)

func (f *Format) makeMapDecoder(t reflect.Type, p *decoder) {
	elem := f.decoders.part(t.Elem(), f.makeDecoder)
	keys := f.keyDecoder(t.Key())
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
		// For all entries the same: the map holds copies.
		key, x := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		memory := keys.memory(d)
		if memory != nil {
			if memory.HoldKeys() {
				defer memory.ReleaseKeys()
			}
			n = memory.Expect(n)
		}
		m := reflect.MakeMapWithSize(t, min(max(n, 0), maxPresize))
		for i := 0; d.More(); i++ {
			key.SetZero()
			if custom, err := keys.read(d, memory, i, key); err != nil {
				return err
			} else if custom {
				return customMismatch(d, t)
			}
			x.SetZero()
			if err := elem.decode(d, x); err != nil {
				return codec.At(err, keyText(key.Interface()))
			}
			m.SetMapIndex(key, x)
		}
		v.Set(m)
		return nil
	}
}

// keyDecoder reads the keys of a map from text and from values of other kinds.
type keyDecoder struct {
	str   bool // that is plain text, and nothing else
	text  func(text []byte, v reflect.Value) error
	other func(d codec.Decoder, v reflect.Value) error
}

// memory returns d if it can remember keys like these.
func (k keyDecoder) memory(d codec.Decoder) KeyReader {
	if !k.str {
		return nil
	}
	r, _ := d.(KeyReader)
	return r
}

// read reads key i into v, unless it is the one that marks a custom type.
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
	text, err := d.StrBytes()
	if err != nil || string(text) == codec.TypeKey {
		return err == nil, err
	}
	return false, k.text(text, v)
}

// keyDecoder returns how keys of type t are read. Where keys are text on the
// wire, numbers and bools are parsed from it.
func (f *Format) keyDecoder(t reflect.Type) keyDecoder {
	number := t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64
	keys := keyDecoder{
		text:  func(_ []byte, v reflect.Value) error { return mismatch(codec.KindString, v.Type()) },
		other: func(d codec.Decoder, v reflect.Value) error { return mismatch(d.Kind(), v.Type()) },
	}
	switch {
	case t.Kind() == reflect.String:
		keys.str = true
		keys.text = func(text []byte, v reflect.Value) error { v.SetString(string(text)); return nil }
	case t.Kind() == reflect.Interface:
		keys.text = func(text []byte, v reflect.Value) error { return assign(v, string(text), codec.KindString) }
		keys.other = decodeAnyKey
	case implements(t, unmarshaler):
		keys.text = unmarshalText
	case number && f.TextKeys:
		keys.text = parseKey
	case !f.TextKeys:
		keys.other = f.decoders.part(t, f.makeDecoder).decode
	}
	return keys
}

func decodeAnyKey(d codec.Decoder, v reflect.Value) error {
	k := d.Kind()
	x, err := d.Any()
	if err != nil {
		return err
	}
	if x != nil && !reflect.ValueOf(x).Comparable() {
		return codec.NewDecodeError("%v cannot be the key of a Go map; decode into codec.Dict", k)
	}
	return assign(v, x, k)
}

// parseKey parses a number or a bool as Python's json.dumps writes it when it
// is a key.
func parseKey(text []byte, v reflect.Value) error {
	s, ok := string(text), false
	switch bits := v.Type().Bits; v.Kind() {
	case reflect.Bool:
		ok = s == "true" || s == "false"
		v.SetBool(s == "true")
	case reflect.Float32, reflect.Float64:
		var x float64
		x, ok = parseFloatKey(s, bits())
		v.SetFloat(x)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, bits())
		ok = err == nil
		v.SetInt(n)
	default:
		n, err := strconv.ParseUint(s, 10, bits())
		ok = err == nil
		v.SetUint(n)
	}
	if !ok {
		return codec.NewDecodeError("the key %.40q does not fit %v", s, v.Type())
	}
	return nil
}

func parseFloatKey(s string, bits int) (float64, bool) {
	switch s {
	case "Infinity", "-Infinity", "NaN":
	default:
		for i := range len(s) {
			if c := s[i]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
				return 0, false // Go would take 0x1p4, 1_000 and inf as well
			}
		}
	}
	x, err := strconv.ParseFloat(s, bits)
	return x, err == nil
}

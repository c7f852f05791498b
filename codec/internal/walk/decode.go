package walk

import (
	"encoding"
	"fmt"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// decoder is the plan for decoding values of one type.
type decoder struct {
	f      *Format
	typ    reflect.Type
	custom bool // the type may be in a registry
	// How values are decoded if the type is not registered and the kind does not
	// decide.
	foreign, text bool
	fields        *fields
	read          func(d codec.Decoder, v reflect.Value) error // v is settable
}

// Decode reads the next value into the value that target, a non-nil pointer,
// points to. It is the Decode of every codec. Errors are *codec.DecodeError.
func (f *Format) Decode(d codec.Decoder, target any) (err error) {
	switch t := target.(type) {
	case *any:
		*t, err = d.Any()
		return err
	case *int:
		return readInt(d, t)
	case *int64:
		return readInt(d, t)
	case *float64:
		*t, err = readFloat(d)
		return err
	case *string:
		*t, err = readStr(d)
		return err
	case *bool:
		*t, err = readBool(d)
		return err
	case *[]byte:
		*t, err = readBytes(d)
		return err
	case *[]any:
		return readSlice(d, t, codec.Decoder.Any)
	case *[]float64:
		return readSlice(d, t, readFloat)
	case *[]int:
		return readSlice(d, t, readIntValue[int])
	case *[]int64:
		return readSlice(d, t, readIntValue[int64])
	case *[]string:
		return readSlice(d, t, readStr)
	case *map[string]any:
		return readStrMap(d, t, codec.Decoder.Any)
	case *map[string]float64:
		return readStrMap(d, t, readFloat)
	case *map[string]string:
		return readStrMap(d, t, readStr)
	case *codec.Dict:
		return f.readDict(d, t, codec.Decoder.Any)
	case *codec.Value:
		*t, err = codec.NewValue(d)
		return err
	case *codec.Tuple:
		return f.readTuple(d, t)
	case *codec.Call:
		return f.readCall(d, t)
	}
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return codec.NewDecodeError("the target must be a non-nil pointer, not %T", target)
	}
	return f.DecodeValue(d, v.Elem())
}

// DecodeValue reads the next value into v, which must be settable.
func (f *Format) DecodeValue(d codec.Decoder, v reflect.Value) error {
	return f.decoders.of(v.Type(), f.makeDecoder).decode(d, v)
}

func (p *decoder) decode(d codec.Decoder, v reflect.Value) error {
	if p.custom {
		if c, ok := d.Registry().LookupTarget(p.typ); ok {
			if d.Kind() == codec.KindNull && nilable(p.typ.Kind()) {
				return setNil(d, v)
			}
			return p.f.decodeCustom(d, c, v)
		}
	}
	return p.read(d, v)
}

func (f *Format) makeDecoder(t reflect.Type, p *decoder) {
	p.f, p.typ, p.custom = f, t, !codec.BuiltIn(t)
	if t.Kind() == reflect.Struct && p.custom {
		p.fields = f.fieldsOf(t)
		for i := range p.fields.list {
			p.fields.list[i].dec = f.decoders.part(p.fields.list[i].typ, f.makeDecoder)
		}
	}
	p.text = Implements(t, unmarshaler) && t.Kind() != reflect.Pointer
	switch {
	case f.makeTypedDecoder(t, p):
	case t.Kind() == reflect.Interface, t.Kind() == reflect.Pointer:
		f.makeKindDecoder(t, p)
	case f.makeForeignDecoder(t, p):
		p.foreign = true
	case p.text:
		p.read = decodeText
	default:
		f.makeKindDecoder(t, p)
	}
}

// typed has the types that Decode handles without reflection.
var typed = map[reflect.Type]bool{
	dictType: true, tupleType: true, valueType: true, callType: true,
	reflect.TypeFor[[]any](): true, reflect.TypeFor[map[string]any](): true,
	reflect.TypeFor[[]byte](): true, reflect.TypeFor[[]float64](): true, reflect.TypeFor[[]string](): true,
	reflect.TypeFor[[]int](): true, reflect.TypeFor[[]int64](): true,
	reflect.TypeFor[map[string]float64](): true, reflect.TypeFor[map[string]string](): true,
}

func (f *Format) makeTypedDecoder(t reflect.Type, p *decoder) bool {
	switch {
	case t == bigIntType:
		p.read = decodeBigInt
	case t == anyType:
		p.read = decodeAny
	case t == opaqueType:
		p.read = decodeOpaque
	case reflect.PointerTo(t).Implements(target):
		p.read = func(d codec.Decoder, v reflect.Value) (err error) {
			defer decodePanic(&err, t)
			return v.Addr().Interface().(codec.Target).DecodeFrom(d)
		}
	case typed[t]: // through the codec, which may have a fast path
		p.read = func(d codec.Decoder, v reflect.Value) error { return d.Decode(v.Addr().Interface()) }
	default:
		return false
	}
	return true
}

func (f *Format) makeForeignDecoder(t reflect.Type, p *decoder) bool {
	if f.ForeignDecode == nil {
		return false
	}
	read := f.ForeignDecode(t)
	if read == nil {
		return false
	}
	p.read = func(d codec.Decoder, v reflect.Value) (err error) {
		defer decodePanic(&err, t)
		return read(d, v)
	}
	return true
}

func decodeText(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindString {
		return mismatch(k, v.Type())
	}
	text, err := d.StrBytes()
	if err != nil {
		return err
	}
	return unmarshalText(text, v)
}

func unmarshalText(text []byte, v reflect.Value) (err error) {
	defer decodePanic(&err, v.Type())
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text); err != nil {
		return &codec.DecodeError{Offset: -1, Reason: fmt.Sprintf("Could not deserialize %v", v.Type()), Err: err}
	}
	return nil
}

// decodePanic converts a panic in a user's method to an error.
func decodePanic(err *error, t reflect.Type) {
	if r := recover(); r != nil {
		*err = codec.NewDecodeError("the methods of %v panicked: %v", t, r)
	}
}

// mismatch returns the error for a value of kind k that is decoded into a t.
func mismatch(k codec.Kind, t reflect.Type) error {
	return codec.NewDecodeError("%v does not fit %v", k, t)
}

func nilable(k reflect.Kind) bool {
	switch k {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return true
	}
	return false
}

func setNil(d codec.Decoder, v reflect.Value) error {
	if err := d.Null(); err != nil {
		return err
	}
	v.SetZero()
	return nil
}

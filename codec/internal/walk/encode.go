package walk

import (
	"encoding"
	"fmt"
	"math/big"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// encoder is the plan for encoding values of one type.
type encoder struct {
	f      *Format
	typ    reflect.Type
	custom bool // the type may be in a registry
	// How values are encoded if the type is not registered and the kind does not
	// decide.
	foreign, text bool
	fields        *fields
	write         func(s Sink, v reflect.Value) error
}

// Encode writes any Go value. Codecs call it for the types that are not in
// their own type switch. Errors are *codec.EncodeError.
func (f *Format) Encode(s Sink, v reflect.Value) error {
	if !v.IsValid() {
		s.Null()
		return nil
	}
	return f.encoders.of(v.Type(), f.makeEncoder).encode(s, v)
}

func (e *encoder) encode(s Sink, v reflect.Value) error {
	if e.custom {
		if c, ok := s.Registry().Lookup(e.typ); ok {
			return e.f.encodeCustom(s, c, v)
		}
	}
	return e.write(s, v)
}

func (f *Format) encodeCustom(s Sink, c codec.Custom, v reflect.Value) error {
	if c.ByPointer { // a copy: the serializer may keep it
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		v = p
	}
	if c.IsStruct() {
		e := f.encoders.of(v.Type(), f.makeEncoder)
		return writeCustom(s, c.ID, func() error { return e.fields.encode(s, v) })
	}
	data, err := c.Encode(v.Interface())
	if err != nil {
		return err
	}
	return writeCustom(s, c.ID, func() error { return s.Any(data) })
}

// writeCustom writes a custom type; data writes its data.
func writeCustom(s Sink, id int64, data func() error) error {
	if err := s.BeginDict(1); err != nil {
		return err
	}
	if err := s.KeyStr(0, codec.TypeKey); err != nil {
		return err
	}
	if err := s.BeginList(2); err != nil {
		return err
	}
	s.Elem(0)
	s.Int(id)
	s.Elem(1)
	if err := data(); err != nil {
		return err
	}
	s.EndList()
	s.EndDict()
	return nil
}

// encodeOpaque writes a custom type unchanged.
func encodeOpaque(s Sink, v reflect.Value) error {
	x := v.Interface().(codec.Opaque)
	return writeCustom(s, x.ID, func() error { return s.Any(x.Data) })
}

func (f *Format) makeEncoder(t reflect.Type, e *encoder) {
	e.f, e.typ = f, t
	kind := t.Kind()
	if kind == reflect.Pointer {
		f.makePointerEncoder(t, e) // asks the registry after it looked for nil
		return
	}
	e.custom = !codec.BuiltIn(t)
	if kind == reflect.Struct && e.custom {
		e.fields = f.fieldsOf(t) // even if t has another form: it may be registered as a struct
		for i := range e.fields.list {
			e.fields.list[i].enc = f.encoders.part(e.fields.list[i].typ, f.makeEncoder)
		}
	}
	e.text = Implements(t, marshaler)
	switch {
	case !e.custom && f.makeBuiltinEncoder(t, e):
	case kind == reflect.Interface:
		e.write = encodeInterface
	case t.Implements(lent):
		e.write = encodeLent
	case f.makeForeignEncoder(t, e):
		e.foreign = true
	case e.text:
		e.write = encodeText
	default:
		f.makeKindEncoder(t, e)
	}
}

func (f *Format) makeBuiltinEncoder(t reflect.Type, e *encoder) bool {
	switch t {
	case bigIntType:
		e.write = func(s Sink, v reflect.Value) error { return s.BigInt(addressable(v).Addr().Interface().(*big.Int)) }
	case opaqueType:
		e.write = encodeOpaque
	case dictType:
		e.write = func(s Sink, v reflect.Value) error { return f.EncodeDict(s, v.Interface().(codec.Dict)) }
	case valueType:
		e.write = func(s Sink, v reflect.Value) error { return f.EncodeLater(s, v.Interface().(codec.Value)) }
	case callType:
		e.write = func(s Sink, v reflect.Value) error {
			return f.EncodeCall(s, addressable(v).Addr().Interface().(*codec.Call))
		}
	default:
		return false
	}
	return true
}

func (f *Format) makeForeignEncoder(t reflect.Type, e *encoder) bool {
	if f.ForeignEncode == nil {
		return false
	}
	write := f.ForeignEncode(t)
	if write == nil {
		return false
	}
	e.write = func(s Sink, v reflect.Value) (err error) {
		defer encodePanic(&err, t)
		return write(s, addressable(v))
	}
	return true
}

// Share returns the value of a loan, and the function to be called when it was
// written. It returns an error if the loan has ended.
func Share(loan codec.Lent) (value any, end func(), err error) {
	defer encodePanic(&err, reflect.TypeOf(loan))
	value, end = loan.Share()
	return value, end, nil
}

func encodeLent(s Sink, v reflect.Value) error {
	value, end, err := Share(v.Interface().(codec.Lent))
	if err != nil {
		return err
	}
	defer end()
	return s.Any(value)
}

func encodeInterface(s Sink, v reflect.Value) error {
	if v.IsNil() {
		s.Null()
		return nil
	}
	return s.Any(v.Elem().Interface())
}

func encodeText(s Sink, v reflect.Value) error {
	text, err := marshalText(v)
	if err != nil {
		return err
	}
	return s.Str(string(text))
}

func marshalText(v reflect.Value) (text []byte, err error) {
	defer encodePanic(&err, v.Type())
	m, ok := reflect.TypeAssert[encoding.TextMarshaler](v)
	if !ok {
		m = addressable(v).Addr().Interface().(encoding.TextMarshaler)
	}
	if text, err = m.MarshalText(); err != nil {
		return nil, &codec.EncodeError{Reason: fmt.Sprintf("Could not serialize object of type %v", v.Type()), Err: err}
	}
	return text, nil
}

// encodePanic converts a panic in a user's method to an error, since other
// calls use the same connection.
func encodePanic(err *error, t reflect.Type) {
	if r := recover(); r != nil {
		*err = codec.NewEncodeError("the methods of %v panicked: %v", t, r)
	}
}

func unsupported(t reflect.Type) error {
	return codec.NewEncodeError("No serializer found for type %q", t)
}

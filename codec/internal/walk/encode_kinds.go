package walk

import (
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

func (f *Format) makeKindEncoder(t reflect.Type, e *encoder) {
	switch t.Kind() {
	case reflect.Bool:
		e.write = func(s Sink, v reflect.Value) error { s.Bool(v.Bool()); return nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.write = func(s Sink, v reflect.Value) error { s.Int(v.Int()); return nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		e.write = func(s Sink, v reflect.Value) error { s.Uint(v.Uint()); return nil }
	case reflect.Float32, reflect.Float64:
		e.write = func(s Sink, v reflect.Value) error { s.Float(v.Float()); return nil }
	case reflect.String:
		e.write = func(s Sink, v reflect.Value) error { return s.Str(v.String()) }
	case reflect.Slice, reflect.Array:
		f.makeListEncoder(t, e)
	case reflect.Map:
		f.makeMapEncoder(t, e)
	case reflect.Struct:
		e.write = func(s Sink, v reflect.Value) error { return e.fields.encode(s, v) }
	default:
		e.write = func(Sink, reflect.Value) error { return unsupported(t) }
	}
}

func (f *Format) makeListEncoder(t reflect.Type, e *encoder) {
	if isBytes(t.Elem()) {
		e.write = encodeBytes
		return
	}
	if t.Kind() == reflect.Slice {
		switch t.Elem() {
		case reflect.TypeFor[float64]():
			e.write = func(s Sink, v reflect.Value) error {
				if f, ok := s.(FloatLister); ok {
					return f.FloatList(sliceOf[float64](v))
				}
				return encodeSlice(s, sliceOf[float64](v), func(s Sink, x float64) error { s.Float(x); return nil })
			}
			return
		case reflect.TypeFor[int]():
			e.write = func(s Sink, v reflect.Value) error {
				return encodeSlice(s, sliceOf[int](v), func(s Sink, x int) error { s.Int(int64(x)); return nil })
			}
			return
		case reflect.TypeFor[int64]():
			e.write = func(s Sink, v reflect.Value) error {
				return encodeSlice(s, sliceOf[int64](v), func(s Sink, x int64) error { s.Int(x); return nil })
			}
			return
		case reflect.TypeFor[string]():
			e.write = func(s Sink, v reflect.Value) error { return encodeSlice(s, sliceOf[string](v), Sink.Str) }
			return
		case anyType:
			e.write = func(s Sink, v reflect.Value) error { return encodeSlice(s, sliceOf[any](v), Sink.Any) }
			return
		}
	}
	elem := f.encoders.part(t.Elem(), f.makeEncoder)
	e.write = func(s Sink, v reflect.Value) error {
		n := v.Len()
		if err := s.BeginList(n); err != nil {
			return err
		}
		for i := range n {
			s.Elem(i)
			if err := elem.encode(s, v.Index(i)); err != nil {
				return codec.AtIndex(err, i)
			}
		}
		s.EndList()
		return nil
	}
}

// sliceOf returns the slice in v, whose type may be a defined one, without
// accessing its elements by reflection.
func sliceOf[T any](v reflect.Value) []T {
	return *addressable(v).Addr().Convert(reflect.TypeFor[*[]T]()).Interface().(*[]T)
}

func encodeSlice[T any](s Sink, list []T, write func(Sink, T) error) error {
	if err := s.BeginList(len(list)); err != nil {
		return err
	}
	for i, x := range list {
		s.Elem(i)
		if err := write(s, x); err != nil {
			return codec.AtIndex(err, i)
		}
	}
	s.EndList()
	return nil
}

func encodeBytes(s Sink, v reflect.Value) error {
	if v.Kind() == reflect.Array {
		v = addressable(v)
	}
	return s.Bytes(v.Bytes())
}

// maxPointers bounds a chain of pointers to pointers, which can be a cycle.
const maxPointers = 100

func (f *Format) makePointerEncoder(t reflect.Type, e *encoder) {
	elem := f.encoders.part(t.Elem(), f.makeEncoder)
	mayBeCustom := !codec.BuiltIn(t)
	e.write = func(s Sink, v reflect.Value) error {
		custom := mayBeCustom
		for range maxPointers {
			if v.IsNil() {
				s.Null()
				return nil
			}
			if custom {
				if c, ok := s.Registry().Lookup(v.Type()); ok {
					return f.encodeCustom(s, c, v)
				}
			}
			v = v.Elem()
			switch v.Kind() {
			case reflect.Pointer, reflect.Interface:
				custom = !codec.BuiltIn(v.Type())
			default:
				if v.Type() == elem.typ {
					return elem.encode(s, v)
				}
				return f.Encode(s, v)
			}
		}
		return errCircle()
	}
}

func errCircle() error { return codec.NewEncodeError("a pointer to itself") }

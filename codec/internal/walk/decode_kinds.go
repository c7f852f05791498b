package walk

import (
	"math"
	"math/big"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

func (f *Format) makeKindDecoder(t reflect.Type, p *decoder) {
	switch t.Kind() {
	case reflect.Bool:
		p.read = decodeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.read = decodeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.read = decodeUint
	case reflect.Float32:
		p.read = decodeFloat32
	case reflect.Float64:
		p.read = decodeFloat64
	case reflect.String:
		p.read = decodeStr
	case reflect.Slice:
		f.makeSliceDecoder(t, p)
	case reflect.Array:
		f.makeArrayDecoder(t, p)
	case reflect.Map:
		f.makeMapDecoder(t, p)
	case reflect.Struct:
		p.read = func(d codec.Decoder, v reflect.Value) error { return p.fields.decode(d, v, false) }
	case reflect.Pointer:
		f.makePointerDecoder(t, p)
	case reflect.Interface:
		p.read = decodeInterface
	default:
		p.read = func(d codec.Decoder, _ reflect.Value) error { return mismatch(d.Kind(), t) }
	}
}

func decodeBool(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindBool {
		return mismatch(k, v.Type())
	}
	b, err := d.Bool()
	v.SetBool(b)
	return err
}

func decodeInt(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindInt {
		return mismatch(k, v.Type())
	}
	n, err := d.Int64()
	if err != nil {
		return err
	}
	if v.OverflowInt(n) {
		return overflow(n, v.Type())
	}
	v.SetInt(n)
	return nil
}

func decodeUint(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindInt {
		return mismatch(k, v.Type())
	}
	n, err := d.Uint64()
	if err != nil {
		return err
	}
	if v.OverflowUint(n) {
		return overflow(n, v.Type())
	}
	v.SetUint(n)
	return nil
}

func decodeFloat64(d codec.Decoder, v reflect.Value) error {
	k := d.Kind()
	if k == codec.KindFloat {
		x, err := d.Float64()
		v.SetFloat(x)
		return err
	}
	if k != codec.KindInt {
		return mismatch(k, v.Type())
	}
	x, err := readFloat(d)
	v.SetFloat(x)
	return err
}

// decodeFloat32 rounds a float to float32, the precision that the target asks
// for. An int must fit exactly.
func decodeFloat32(d codec.Decoder, v reflect.Value) error {
	k := d.Kind()
	if k != codec.KindFloat && k != codec.KindInt {
		return mismatch(k, v.Type())
	}
	x, err := readFloat(d)
	if err != nil {
		return err
	}
	switch {
	case k == codec.KindInt && float64(float32(x)) != x:
		return codec.NewDecodeError("int %.0f does not fit %v exactly", x, v.Type())
	case !math.IsInf(x, 0) && math.IsInf(float64(float32(x)), 0):
		return codec.NewDecodeError("float %g does not fit %v", x, v.Type())
	}
	v.SetFloat(x)
	return nil
}

func decodeStr(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindString {
		return mismatch(k, v.Type())
	}
	s, err := d.Str()
	v.SetString(s)
	return err
}

func decodeBigInt(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindInt {
		return mismatch(k, v.Type())
	}
	n, err := d.BigInt()
	if err != nil {
		return err
	}
	*v.Addr().Interface().(*big.Int) = *n // not Set, which would write to memory shared with copies of the old value
	return nil
}

func decodeAny(d codec.Decoder, v reflect.Value) error {
	x, err := d.Any()
	if err != nil {
		return err
	}
	if x == nil {
		v.SetZero()
		return nil
	}
	v.Set(reflect.ValueOf(x))
	return nil
}

// decodeInterface decodes into an interface with methods, which only a custom
// type can implement.
func decodeInterface(d codec.Decoder, v reflect.Value) error {
	k := d.Kind()
	x, err := d.Any()
	if err != nil {
		return err
	}
	return assign(v, x, k)
}

// assign sets v to x, which was decoded from a value of kind k.
func assign(v reflect.Value, x any, k codec.Kind) error {
	if x == nil {
		if !nilable(v.Kind()) {
			return mismatch(codec.KindNull, v.Type())
		}
		v.SetZero()
		return nil
	}
	xv := reflect.ValueOf(x)
	if !xv.Type().AssignableTo(v.Type()) {
		return codec.NewDecodeError("%v (%T) does not fit %v", k, x, v.Type())
	}
	v.Set(xv)
	return nil
}

func (f *Format) makePointerDecoder(t reflect.Type, p *decoder) {
	elem := f.decoders.part(t.Elem(), f.makeDecoder)
	if t.Elem().Kind() == reflect.Pointer && pointsToItself(t) {
		p.read = func(codec.Decoder, reflect.Value) error {
			return codec.NewDecodeError("%v is a pointer type that refers to itself", t)
		}
		return
	}
	p.read = func(d codec.Decoder, v reflect.Value) error {
		if d.Kind() == codec.KindNull {
			return setNil(d, v)
		}
		// Always allocate: the old value may be shared.
		x := reflect.New(t.Elem())
		if err := elem.decode(d, x.Elem()); err != nil {
			return err
		}
		v.Set(x)
		return nil
	}
}

func pointsToItself(t reflect.Type) bool {
	for range maxPointers {
		if t.Kind() != reflect.Pointer {
			return false
		}
		t = t.Elem()
	}
	return true
}

func (f *Format) makeSliceDecoder(t reflect.Type, p *decoder) {
	if isBytes(t.Elem()) {
		p.read = func(d codec.Decoder, v reflect.Value) error {
			if k := d.Kind(); k != codec.KindBytes && k != codec.KindNull {
				return mismatch(k, t)
			}
			b, err := readBytes(d)
			v.SetBytes(b)
			return err
		}
		return
	}
	elem := f.decoders.part(t.Elem(), f.makeDecoder)
	presize := max(1, min(maxPresize, 64<<10/max(1, int(t.Elem().Size()))))
	p.read = func(d codec.Decoder, v reflect.Value) error {
		switch k := d.Kind(); k {
		case codec.KindList:
		case codec.KindNull:
			return setNil(d, v)
		default:
			return mismatch(k, t)
		}
		n, err := d.List()
		if err != nil {
			return err
		}
		v.Set(reflect.MakeSlice(t, 0, min(max(n, 0), presize)))
		for i := 0; d.More(); i++ {
			if i == v.Cap() {
				v.Grow(1)
			}
			v.SetLen(i + 1)
			if err := elem.decode(d, v.Index(i)); err != nil {
				return codec.AtIndex(err, i)
			}
		}
		return nil
	}
}

func (f *Format) makeArrayDecoder(t reflect.Type, p *decoder) {
	if isBytes(t.Elem()) {
		p.read = decodeByteArray
		return
	}
	elem := f.decoders.part(t.Elem(), f.makeDecoder)
	p.read = func(d codec.Decoder, v reflect.Value) error {
		if k := d.Kind(); k != codec.KindList {
			return mismatch(k, t)
		}
		if _, err := d.List(); err != nil {
			return err
		}
		n := 0
		for ; d.More(); n++ {
			if n == t.Len() {
				return codec.NewDecodeError("a list of more than %d does not fit %v", n, t)
			}
			if err := elem.decode(d, v.Index(n)); err != nil {
				return codec.AtIndex(err, n)
			}
		}
		if n < t.Len() {
			return codec.NewDecodeError("a list of %d does not fit %v", n, t)
		}
		return nil
	}
}

func decodeByteArray(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindBytes {
		return mismatch(k, v.Type())
	}
	b, err := d.Bytes()
	if err != nil {
		return err
	}
	if len(b) != v.Len() {
		return codec.NewDecodeError("%d bytes do not fit %v", len(b), v.Type())
	}
	copy(v.Bytes(), b)
	return nil
}

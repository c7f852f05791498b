package ndarray

import (
	"fmt"
	"math"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Serializer is the serializer of [Array], the counterpart of numpy.ndarray.
var Serializer = codec.NewSerializer(encode, decode)

// SerializerOf returns a serializer that makes the Go type T the counterpart of
// numpy.ndarray, in place of [Serializer]: to converts a value to an array,
// from an array to a value.
func SerializerOf[T any](to func(T) (Array, error), from func(Array) (T, error)) codec.Serializer {
	return codec.NewSerializer(
		func(v T) (codec.Dict, error) {
			a, err := to(v)
			if err != nil {
				return nil, err
			}
			return encode(a)
		},
		func(fields codec.Dict) (v T, err error) {
			a, err := decode(fields)
			if err != nil {
				return v, err
			}
			return from(a)
		},
	)
}

// encode returns the dict defined by aiomas's guide, in its order.
func encode(a Array) (codec.Dict, error) {
	d, data := a.contents()
	return codec.Dict{{Key: "type", Value: d.String()}, {Key: "shape", Value: a.Shape()}, {Key: "data", Value: toBytes(d, data)}}, nil
}

// decode is strict: an unknown field may change the meaning of the others.
func decode(fields codec.Dict) (Array, error) {
	var (
		d     dtype
		shape []int
		raw   []byte
		seen  = map[any]bool{}
	)
	for _, f := range fields {
		var ok bool
		var err error
		switch seen[f.Key] = true; f.Key {
		case "type":
			var text string
			if text, ok = f.Value.(string); ok {
				d, err = parseDType(text)
			}
		case "shape":
			shape, ok = toShape(f.Value)
		case "data":
			raw, ok = f.Value.([]byte)
		default:
			return Array{}, fmt.Errorf("an array has no field %.32q", fmt.Sprint(f.Key))
		}
		if err != nil {
			return Array{}, err
		}
		if !ok {
			return Array{}, fmt.Errorf("the field %q of an array cannot be a %T", f.Key, f.Value)
		}
	}
	for _, name := range []string{"type", "shape", "data"} {
		if !seen[name] {
			return Array{}, fmt.Errorf("the field %q of an array is missing", name)
		}
	}
	if len(raw)%d.size != 0 {
		return Array{}, fmt.Errorf("%d bytes do not make elements of dtype %s", len(raw), d)
	}
	if err := checkShape(shape, len(raw)/d.size); err != nil {
		return Array{}, err
	}
	return Array{d, shape, fromBytes(d, raw)}, nil
}

func toShape(v any) ([]int, bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	shape := make([]int, len(list))
	for i, e := range list {
		n, ok := e.(int64)
		if !ok || n < 0 || n > math.MaxInt {
			return nil, false
		}
		shape[i] = int(n)
	}
	return shape, true
}

// goType returns the Go type of the elements.
func (d dtype) goType() reflect.Type {
	switch {
	case d.opaque():
		return reflect.TypeFor[[]byte]()
	case d.kind == 'M', d.kind == 'm':
		return reflect.TypeFor[int64]()
	}
	return goTypes[[2]byte{d.kind, byte(d.size)}]
}

var goTypes = map[[2]byte]reflect.Type{
	{'b', 1}: reflect.TypeFor[bool](),
	{'i', 1}: reflect.TypeFor[int8](), {'i', 2}: reflect.TypeFor[int16](),
	{'i', 4}: reflect.TypeFor[int32](), {'i', 8}: reflect.TypeFor[int64](),
	{'u', 1}: reflect.TypeFor[uint8](), {'u', 2}: reflect.TypeFor[uint16](),
	{'u', 4}: reflect.TypeFor[uint32](), {'u', 8}: reflect.TypeFor[uint64](),
	{'f', 2}: reflect.TypeFor[Float16](), {'f', 4}: reflect.TypeFor[float32](), {'f', 8}: reflect.TypeFor[float64](),
	{'c', 8}: reflect.TypeFor[complex64](), {'c', 16}: reflect.TypeFor[complex128](),
}

func dtypeOf(t reflect.Type) dtype {
	for key, goType := range goTypes {
		if goType == t {
			d := dtype{'<', key[0], int(key[1]), ""}
			if d.size == 1 {
				d.order = '|'
			}
			return d
		}
	}
	panic("unreachable: every Element has a dtype")
}

// fromBytes decodes elements. The result may share the memory of raw, which
// must not be used afterwards.
func fromBytes(d dtype, raw []byte) any {
	o := d.byteOrder()
	r := rawElements{raw, d.native()}
	switch d.goType().Kind() {
	case reflect.Bool:
		return each(raw, 1, func(b []byte) bool { return b[0] != 0 })
	case reflect.Int8:
		return elements(r, func(b []byte) int8 { return int8(b[0]) })
	case reflect.Int16:
		return elements(r, func(b []byte) int16 { return int16(o.Uint16(b)) })
	case reflect.Int32:
		return elements(r, func(b []byte) int32 { return int32(o.Uint32(b)) })
	case reflect.Int64:
		return elements(r, func(b []byte) int64 { return int64(o.Uint64(b)) })
	case reflect.Uint16:
		if d.kind == 'f' {
			return elements(r, func(b []byte) Float16 { return Float16(o.Uint16(b)) })
		}
		return elements(r, o.Uint16)
	case reflect.Uint32:
		return elements(r, o.Uint32)
	case reflect.Uint64:
		return elements(r, o.Uint64)
	case reflect.Float32:
		return elements(r, func(b []byte) float32 { return math.Float32frombits(o.Uint32(b)) })
	case reflect.Float64:
		return elements(r, func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) })
	case reflect.Complex64:
		return elements(r, func(b []byte) complex64 {
			return complex(math.Float32frombits(o.Uint32(b)), math.Float32frombits(o.Uint32(b[4:])))
		})
	case reflect.Complex128:
		return elements(r, func(b []byte) complex128 {
			return complex(math.Float64frombits(o.Uint64(b)), math.Float64frombits(o.Uint64(b[8:])))
		})
	}
	return raw // bytes, or opaque
}

func each[T any](raw []byte, size int, read func([]byte) T) []T {
	out := make([]T, len(raw)/size)
	for i := range out {
		out[i] = read(raw[size*i : size*i+size])
	}
	return out
}

// toBytes encodes elements. The result may share the memory of data.
func toBytes(d dtype, data any) []byte {
	o, native := d.byteOrder(), d.native()
	switch data := data.(type) {
	case []bool:
		return bytesOf(data, true, nil)
	case []int8:
		return bytesOf(data, true, nil)
	case []int16:
		return bytesOf(data, native, func(b []byte, v int16) { o.PutUint16(b, uint16(v)) })
	case []int32:
		return bytesOf(data, native, func(b []byte, v int32) { o.PutUint32(b, uint32(v)) })
	case []int64:
		return bytesOf(data, native, func(b []byte, v int64) { o.PutUint64(b, uint64(v)) })
	case []uint16:
		return bytesOf(data, native, o.PutUint16)
	case []Float16:
		return bytesOf(data, native, func(b []byte, v Float16) { o.PutUint16(b, uint16(v)) })
	case []uint32:
		return bytesOf(data, native, o.PutUint32)
	case []uint64:
		return bytesOf(data, native, o.PutUint64)
	case []float32:
		return bytesOf(data, native, func(b []byte, v float32) { o.PutUint32(b, math.Float32bits(v)) })
	case []float64:
		return bytesOf(data, native, func(b []byte, v float64) { o.PutUint64(b, math.Float64bits(v)) })
	case []complex64:
		return bytesOf(data, native, func(b []byte, v complex64) {
			o.PutUint32(b, math.Float32bits(real(v)))
			o.PutUint32(b[4:], math.Float32bits(imag(v)))
		})
	case []complex128:
		return bytesOf(data, native, func(b []byte, v complex128) {
			o.PutUint64(b, math.Float64bits(real(v)))
			o.PutUint64(b[8:], math.Float64bits(imag(v)))
		})
	}
	raw, ok := data.([]byte)
	if !ok || raw == nil {
		return []byte{}
	}
	return raw
}

// Bytes returns a copy of the elements as they are encoded, in the byte order
// of the dtype. Use it for elements without a Go type.
func (a Array) Bytes() []byte {
	d, data := a.contents()
	return append([]byte(nil), toBytes(d, data)...)
}

// NewBytes returns an array of the elements in data, which is copied: the
// inverse of [Array.Bytes] for an array with this data type and shape.
func NewBytes(dtype string, data []byte, shape ...int) (Array, error) {
	d, err := parseDType(dtype)
	if err != nil {
		return Array{}, fmt.Errorf("aiomas: %w", err)
	}
	if len(data)%d.size != 0 {
		return Array{}, fmt.Errorf("aiomas: %d bytes do not make elements of dtype %s", len(data), d)
	}
	if err := checkShape(shape, len(data)/d.size); err != nil {
		return Array{}, err
	}
	return Array{d, append([]int{}, shape...), fromBytes(d, append([]byte{}, data...))}, nil
}

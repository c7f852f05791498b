package ndarray

import (
	"fmt"
	"math"
	"reflect"
	"slices"
)

// Element constrains the Go types of elements.
type Element interface {
	bool | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 |
		Float16 | float32 | float64 | complex64 | complex128
}

// Array is a NumPy array: elements of one type in any number of dimensions. It
// shares its elements with the slice that it was made from and with its copies;
// apart from the elements it is immutable. The zero value is an empty array of
// float64.
type Array struct {
	dtype dtype
	shape []int // nil in the zero value only
	data  any   // []T in C order; []byte if the dtype is opaque
}

// New returns an array of data in C order, the last index varying fastest. data
// is not copied. Without a shape the array has one dimension. It returns an
// error if the shape does not fit the length of data.
func New[T Element](data []T, shape ...int) (Array, error) {
	if len(shape) == 0 {
		shape = []int{len(data)}
	}
	if err := checkShape(shape, len(data)); err != nil {
		return Array{}, err
	}
	return Array{dtypeOf(reflect.TypeFor[T]()), slices.Clone(shape), data}, nil
}

// Scalar returns an array with no dimensions, like a NumPy scalar array.
func Scalar[T Element](v T) Array {
	return Array{dtypeOf(reflect.TypeFor[T]()), []int{}, []T{v}}
}

// NewFortran returns an array of a copy of data, which is in Fortran order, the
// first index varying fastest.
func NewFortran[T Element](data []T, shape ...int) (Array, error) {
	a, err := New(data, shape...)
	if err != nil {
		return Array{}, err
	}
	a.data = reorder(data, a.shape, false)
	return a, nil
}

// Data returns the elements of a in C order. They are not copied: changes are
// visible in all arrays that share them. It returns an error if the elements
// have another type.
func Data[T Element](a Array) ([]T, error) {
	if a.shape == nil {
		a.data = []float64(nil)
	}
	data, ok := a.data.([]T)
	if !ok || a.dtype.opaque() {
		return nil, fmt.Errorf("aiomas: an array of dtype %s has no elements of type %v", a.DType(), reflect.TypeFor[T]())
	}
	return data, nil
}

// Fortran returns a copy of the elements of a in Fortran order.
func Fortran[T Element](a Array) ([]T, error) {
	data, err := Data[T](a)
	if err != nil {
		return nil, err
	}
	return reorder(data, a.shape, true), nil
}

// DType returns the data type as NumPy writes it: "<f8".
func (a Array) DType() string {
	if a.shape == nil {
		return "<f8"
	}
	return a.dtype.String()
}

// Shape returns the lengths of the dimensions; a scalar has none.
func (a Array) Shape() []int {
	if a.shape == nil {
		return []int{0}
	}
	return slices.Clone(a.shape)
}

// Len returns the number of elements.
func (a Array) Len() int {
	if a.shape == nil {
		return 0
	}
	n := 1
	for _, d := range a.shape {
		n *= d
	}
	return n
}

// Index returns the index, in the slice returned by [Data], of the element with
// these indices. It panics if their number is wrong or one is out of range.
func (a Array) Index(indices ...int) int {
	shape := a.Shape()
	if len(indices) != len(shape) {
		panic(fmt.Sprintf("aiomas: %d indices for an array of %d dimensions", len(indices), len(shape)))
	}
	at := 0
	for i, n := range shape {
		if indices[i] < 0 || indices[i] >= n {
			panic(fmt.Sprintf("aiomas: index %d is out of range 0…%d", indices[i], n-1))
		}
		at = at*n + indices[i]
	}
	return at
}

// Reshape returns an array of the same elements with another shape.
func (a Array) Reshape(shape ...int) (Array, error) {
	if err := checkShape(shape, a.Len()); err != nil {
		return Array{}, err
	}
	a.dtype, a.data = a.contents()
	a.shape = append([]int{}, shape...)
	return a, nil
}

// As returns an array of the same elements with another data type that has the
// same Go type: ">f8" for float64 in the other byte order on the wire,
// "<M8[us]" for int64 elements that are dates.
func (a Array) As(dtype string) (Array, error) {
	d, err := parseDType(dtype)
	if err != nil {
		return Array{}, fmt.Errorf("aiomas: %w", err)
	}
	old, data := a.contents()
	if d.goType() != old.goType() || d.size != old.size && d.opaque() {
		return Array{}, fmt.Errorf("aiomas: an array of dtype %s cannot be sent as %s", old, d)
	}
	return Array{d, a.Shape(), data}, nil
}

// contents returns the dtype and the data; for the zero value, those of an
// empty array.
func (a Array) contents() (dtype, any) {
	if a.shape == nil {
		return dtypeOf(reflect.TypeFor[float64]()), []float64{}
	}
	return a.dtype, a.data
}

// Float64s returns a copy of the elements, of any real type, as float64.
// Integers beyond 2⁵³ are rounded.
func Float64s(a Array) ([]float64, error) {
	_, data := a.contents()
	switch data := data.(type) {
	case []bool:
		out := make([]float64, len(data))
		for i, v := range data {
			if v {
				out[i] = 1
			}
		}
		return out, nil
	case []Float16:
		out := make([]float64, len(data))
		for i, v := range data {
			out[i] = float64(v.Float32())
		}
		return out, nil
	case []int8:
		return floats(data), nil
	case []int16:
		return floats(data), nil
	case []int32:
		return floats(data), nil
	case []int64:
		return floats(data), nil
	case []uint8:
		if !a.dtype.opaque() {
			return floats(data), nil
		}
	case []uint16:
		return floats(data), nil
	case []uint32:
		return floats(data), nil
	case []uint64:
		return floats(data), nil
	case []float32:
		return floats(data), nil
	case []float64:
		return floats(data), nil
	}
	return nil, fmt.Errorf("aiomas: the elements of dtype %s are not real numbers", a.DType())
}

func floats[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64](data []T) []float64 {
	out := make([]float64, len(data))
	for i, v := range data {
		out[i] = float64(v)
	}
	return out
}

// checkShape compares the number of elements.
func checkShape(shape []int, n int) error {
	size := 1
	for _, d := range shape {
		if d < 0 {
			return fmt.Errorf("aiomas: an array cannot have the shape %v", shape)
		}
		if d > 0 && size > math.MaxInt/d {
			size = math.MaxInt // never reached by real data, unless another dimension is 0
			continue
		}
		size *= d
	}
	if size != n {
		return fmt.Errorf("aiomas: %d elements do not make an array of shape %v", n, shape)
	}
	return nil
}

// reorder copies data from C to Fortran order or back.
func reorder[T any](data []T, shape []int, toFortran bool) []T {
	out := make([]T, len(data))
	if len(data) == 0 {
		return out
	}
	// The element with the same indices is at c in C order and at f in Fortran
	// order.
	steps := make([]int, len(shape)) // in Fortran order
	step := 1
	for i, n := range shape {
		steps[i] = step
		step *= n
	}
	indices := make([]int, len(shape))
	f := 0
	for c := range data {
		if toFortran {
			out[f] = data[c]
		} else {
			out[c] = data[f]
		}
		for i := len(shape) - 1; i >= 0; i-- {
			indices[i]++
			f += steps[i]
			if indices[i] < shape[i] {
				break
			}
			f -= steps[i] * shape[i]
			indices[i] = 0
		}
	}
	return out
}

package ndarray

import (
	"math"
	"slices"
)

// Equal reports whether a and b have the same shape, the same data type (apart
// from its byte order) and equal elements. It mirrors numpy.array_equal, except
// that numpy.array_equal does not compare data types. As in NumPy, NaN and NaT
// are equal to nothing, and 0.0 equals -0.0. Elements without a Go type are
// compared as bytes, with their byte order.
func (a Array) Equal(b Array) bool {
	kind, data := a.contents()
	other, theirs := b.contents()
	if !kind.opaque() {
		kind.order = other.order
	}
	if kind != other || !slices.Equal(a.Shape(), b.Shape()) {
		return false
	}
	switch data := data.(type) {
	case []bool:
		return equal(data, theirs)
	case []int8:
		return equal(data, theirs)
	case []int16:
		return equal(data, theirs)
	case []int32:
		return equal(data, theirs)
	case []int64:
		if kind.kind == 'M' || kind.kind == 'm' {
			return equalTimes(data, theirs)
		}
		return equal(data, theirs)
	case []uint8:
		return equal(data, theirs)
	case []uint16:
		return equal(data, theirs)
	case []uint32:
		return equal(data, theirs)
	case []uint64:
		return equal(data, theirs)
	case []float32:
		return equal(data, theirs)
	case []float64:
		return equal(data, theirs)
	case []complex64:
		return equal(data, theirs)
	case []complex128:
		return equal(data, theirs)
	case []Float16:
		other, ok := theirs.([]Float16)
		return ok && slices.EqualFunc(data, other, func(x, y Float16) bool { return x.Float32() == y.Float32() })
	}
	return false
}

// equalTimes compares dates and time spans; NaT ("not a time") equals nothing.
func equalTimes(data []int64, theirs any) bool {
	other, ok := theirs.([]int64)
	return ok && slices.EqualFunc(data, other, func(x, y int64) bool { return x == y && x != math.MinInt64 })
}

func equal[T comparable](data []T, theirs any) bool {
	other, ok := theirs.([]T)
	return ok && slices.Equal(data, other)
}

package ndarray_test

import (
	"math"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec/ndarray"
)

func TestEqual(t *testing.T) {
	m := must(t)
	floats := m(ndarray.New([]float64{1, 2, 3, 4}, 2, 2))
	nan := m(ndarray.New([]float64{math.NaN()}))
	zero := math.Copysign(0, -1)
	long := make([]byte, 32)
	for _, c := range []struct {
		name string
		a, b ndarray.Array
		want bool
	}{
		{"itself", floats, floats, true},
		{"a copy", floats, m(ndarray.New([]float64{1, 2, 3, 4}, 2, 2)), true},
		{"what came back", floats, roundTrip(t, floats), true},
		{"made in another order", floats, m(ndarray.NewFortran([]float64{1, 3, 2, 4}, 2, 2)), true},
		{"the other byte order", floats, m(floats.As(">f8")), true},
		{"another element", floats, m(ndarray.New([]float64{1, 2, 3, 5}, 2, 2)), false},
		{"another shape", floats, m(floats.Reshape(4)), false},
		{"another type", m(ndarray.New([]int32{1})), m(ndarray.New([]int64{1})), false},
		{"another kind", m(ndarray.New([]int64{1})), m(m(ndarray.New([]int64{1})).As("<M8[s]")), false},
		{"another unit", m(m(ndarray.New([]int64{1})).As("<M8[us]")), m(m(ndarray.New([]int64{1})).As("<M8[s]")), false},
		{"dates", m(m(ndarray.New([]int64{1})).As("<M8[s]")), m(m(ndarray.New([]int64{1})).As(">M8[s]")), true},
		{"NaN", nan, nan, false},
		{"NaT", m(m(ndarray.New([]int64{math.MinInt64})).As("<m8[s]")), m(m(ndarray.New([]int64{math.MinInt64})).As("<m8[s]")), false},
		{"the least int", m(ndarray.New([]int64{math.MinInt64})), m(ndarray.New([]int64{math.MinInt64})), true},
		{"zeros", m(ndarray.New([]float64{0})), m(ndarray.New([]float64{zero})), true},
		{"half zeros", m(ndarray.New([]ndarray.Float16{0})), m(ndarray.New([]ndarray.Float16{0x8000})), true},
		{"half NaN", m(ndarray.New([]ndarray.Float16{0x7e00})), m(ndarray.New([]ndarray.Float16{0x7e00})), false},
		{"no elements", m(ndarray.New([]float64{})), ndarray.Array{}, true},
		{"no elements of another shape", m(ndarray.New([]float64{}, 0, 3)), ndarray.Array{}, false},
		{"scalars", ndarray.Scalar(true), ndarray.Scalar(true), true},
		{"a scalar and a list", ndarray.Scalar(1.0), m(ndarray.New([]float64{1})), false},
		{"complex", ndarray.Scalar(1i), ndarray.Scalar(1i), true},
		{"long doubles", m(ndarray.NewBytes("<f16", long, 2)), m(ndarray.NewBytes("<f16", long, 2)), true},
		{"long doubles of the other byte order", m(ndarray.NewBytes("<f16", long, 2)), m(ndarray.NewBytes(">f16", long, 2)), false},
	} {
		if c.a.Equal(c.b) != c.want || c.b.Equal(c.a) != c.want {
			t.Errorf("%s: Equal is not %v", c.name, c.want)
		}
	}
}

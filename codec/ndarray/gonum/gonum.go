// Package gonum converts NumPy arrays to gonum's matrices and vectors, and
// back. It is a separate module, so that package ndarray does not depend on
// gonum.
//
// Either convert where a matrix is needed,
//
//	m, err := gonum.Dense(array)
//
// or register [Serializer] instead of ndarray.Serializer: then *mat.Dense is
// the counterpart of numpy.ndarray, and functions with parameters of this type
// can be exposed.
package gonum

import (
	"fmt"

	"github.com/aiomas-go/aiomas-go/codec/ndarray"
	"gonum.org/v1/gonum/mat"
)

// Dense returns a matrix of the elements of a, which must have two dimensions
// and real numbers. float64 elements are shared with a, others are converted.
func Dense(a ndarray.Array) (*mat.Dense, error) {
	shape, data, err := realData(a, 2)
	switch {
	case err != nil:
		return nil, err
	case len(data) == 0:
		return emptyDense(shape)
	}
	return mat.NewDense(shape[0], shape[1], data), nil
}

// emptyDense returns gonum's only matrix without elements, if shape is its
// shape.
func emptyDense(shape []int) (*mat.Dense, error) {
	if shape[0] != 0 || shape[1] != 0 {
		return nil, fmt.Errorf("aiomas: gonum has no matrix of shape %v", shape)
	}
	return &mat.Dense{}, nil
}

// VecDense returns a vector of the elements of a, which must have one dimension
// and real numbers; elements are shared or converted as in [Dense].
func VecDense(a ndarray.Array) (*mat.VecDense, error) {
	_, data, err := realData(a, 1)
	switch {
	case err != nil:
		return nil, err
	case len(data) == 0:
		return &mat.VecDense{}, nil
	}
	return mat.NewVecDense(len(data), data), nil
}

// CDense returns a matrix of the elements of a, which must have two dimensions
// and complex numbers. complex128 elements are shared with a, complex64
// elements are converted.
func CDense(a ndarray.Array) (*mat.CDense, error) {
	shape, err := rank(a, 2)
	if err != nil {
		return nil, err
	}
	data, err := ndarray.Data[complex128](a)
	if short, e := ndarray.Data[complex64](a); e == nil {
		data, err = make([]complex128, len(short)), nil
		for i, v := range short {
			data[i] = complex128(v)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case len(data) == 0 && (shape[0] != 0 || shape[1] != 0):
		return nil, fmt.Errorf("aiomas: gonum has no matrix of shape %v", shape)
	case len(data) == 0:
		return &mat.CDense{}, nil
	}
	return mat.NewCDense(shape[0], shape[1], data), nil
}

// FromMatrix returns an array of the elements of m. The elements of a
// *mat.Dense are shared, unless it is a slice of a wider matrix; others are
// copied.
func FromMatrix(m mat.Matrix) ndarray.Array {
	rows, cols := m.Dims()
	if raw, ok := m.(mat.RawMatrixer); ok {
		if r := raw.RawMatrix(); r.Stride == cols || rows <= 1 {
			return array(r.Data[:rows*cols], rows, cols)
		}
	}
	data := make([]float64, 0, rows*cols)
	for i := range rows {
		for j := range cols {
			data = append(data, m.At(i, j))
		}
	}
	return array(data, rows, cols)
}

// FromVector returns an array of the elements of v. The elements of a
// *mat.VecDense are shared, unless it is a column of a matrix; others are
// copied.
func FromVector(v mat.Vector) ndarray.Array {
	n := v.Len()
	if raw, ok := v.(mat.RawVectorer); ok {
		if r := raw.RawVector(); r.Inc == 1 || n <= 1 {
			return array(r.Data[:n], n)
		}
	}
	data := make([]float64, n)
	for i := range data {
		data[i] = v.AtVec(i)
	}
	return array(data, n)
}

// FromCMatrix returns an array with a copy of the elements of m.
func FromCMatrix(m mat.CMatrix) ndarray.Array {
	rows, cols := m.Dims()
	data := make([]complex128, 0, rows*cols)
	for i := range rows {
		for j := range cols {
			data = append(data, m.At(i, j))
		}
	}
	return array(data, rows, cols)
}

// Serializer makes *mat.Dense the counterpart of numpy.ndarray, in place of
// ndarray.Serializer. An array that does not have two dimensions is a decode
// error.
var Serializer = ndarray.SerializerOf(
	func(m *mat.Dense) (ndarray.Array, error) { return FromMatrix(m), nil },
	Dense,
)

// array returns an array; it panics if the shape does not fit the elements.
func array[T ndarray.Element](data []T, shape ...int) ndarray.Array {
	a, err := ndarray.New(data, shape...)
	if err != nil {
		panic(err)
	}
	return a
}

func rank(a ndarray.Array, n int) ([]int, error) {
	shape := a.Shape()
	switch {
	case len(shape) == n:
		return shape, nil
	case n == 2 && len(shape) == 1:
		return nil, fmt.Errorf("aiomas: an array of shape %v has one dimension, not two: "+
			"register ndarray.Serializer, take an ndarray.Array, and make a vector of it with gonum.VecDense", shape)
	default:
		return nil, fmt.Errorf("aiomas: an array of shape %v does not have %d dimensions", shape, n)
	}
}

func realData(a ndarray.Array, n int) ([]int, []float64, error) {
	shape, err := rank(a, n)
	if err != nil {
		return nil, nil, err
	}
	if data, err := ndarray.Data[float64](a); err == nil {
		return shape, data, nil
	}
	data, err := ndarray.Float64s(a)
	return shape, data, err
}

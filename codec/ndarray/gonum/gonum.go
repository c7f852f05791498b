// Package gonum turns NumPy arrays into gonum's matrices and vectors and back.
// It is a module of its own, so that package ndarray does not depend on gonum.
//
// Either convert where a matrix is needed,
//
//	m, err := gonum.Dense(array)
//
// or register [Serializer] instead of ndarray.Serializer: *mat.Dense is then the
// twin of numpy.ndarray itself, and a function that takes one can be exposed.
package gonum

import (
	"fmt"

	"github.com/aiomas-go/aiomas-go/codec/ndarray"
	"gonum.org/v1/gonum/mat"
)

// Dense returns a matrix of the elements of a, which has two dimensions and real
// numbers. Elements of float64 are shared, others converted. The error says why
// it cannot be.
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

// emptyDense is the one matrix without elements that gonum has.
func emptyDense(shape []int) (*mat.Dense, error) {
	if shape[0] != 0 || shape[1] != 0 {
		return nil, fmt.Errorf("aiomas: gonum has no matrix of shape %v", shape)
	}
	return &mat.Dense{}, nil
}

// VecDense returns a vector of the elements of a, which has one dimension and
// real numbers; see [Dense].
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

// CDense returns a matrix of the elements of a, which has two dimensions and
// complex numbers. Elements of complex128 are shared, those of complex64
// converted.
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

// FromMatrix returns an array of the elements of m. Those of a *mat.Dense that is
// no slice of a wider one are shared, others copied.
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

// FromVector returns an array of the elements of v. Those of a *mat.VecDense that
// is not part of a matrix's rows are shared, others copied.
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

// FromCMatrix returns an array of the elements of m, which are copied.
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

// Serializer carries *mat.Dense as the twin of numpy.ndarray: it takes the place
// of ndarray.Serializer. Arrays of other than two dimensions are decode errors.
var Serializer = ndarray.SerializerOf(
	func(m *mat.Dense) (ndarray.Array, error) { return FromMatrix(m), nil },
	Dense,
)

// array is for elements and shapes that fit.
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

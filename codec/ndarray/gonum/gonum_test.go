package gonum_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/codec/ndarray"
	"github.com/aiomas-go/aiomas-go/codec/ndarray/gonum"
)

func array[T ndarray.Element](t *testing.T, data []T, shape ...int) ndarray.Array {
	t.Helper()
	a, err := ndarray.New(data, shape...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func data[T ndarray.Element](t *testing.T, a ndarray.Array) []T {
	t.Helper()
	d, err := ndarray.Data[T](a)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDense(t *testing.T) {
	six := []float64{1, 2, 3, 4, 5, 6}
	m, err := gonum.Dense(array(t, six, 2, 3))
	if err != nil || !mat.Equal(m, mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})) {
		t.Fatalf("got %v, %v", m, err)
	}
	m.Set(1, 0, 40)
	if six[3] != 40 {
		t.Error("the elements were copied")
	}
	back := gonum.FromMatrix(m)
	if got := data[float64](t, back); &got[0] != &six[0] || !cmp.Equal(back.Shape(), []int{2, 3}) {
		t.Errorf("back %v, copied: %v", back.Shape(), &got[0] != &six[0])
	}
	for name, c := range map[string]struct {
		m    mat.Matrix
		want []float64
	}{
		"slice":     {m.Slice(0, 2, 1, 3), []float64{2, 3, 5, 6}},
		"row":       {m.Slice(1, 2, 1, 3), []float64{5, 6}},
		"transpose": {m.T(), []float64{1, 40, 2, 5, 3, 6}},
		"symmetric": {mat.NewSymDense(2, []float64{1, 2, 9, 3}), []float64{1, 2, 2, 3}},
		"vector":    {mat.NewVecDense(2, []float64{1, 2}), []float64{1, 2}},
		"empty":     {&mat.Dense{}, []float64{}},
	} {
		a := gonum.FromMatrix(c.m)
		rows, cols := c.m.Dims()
		if got := data[float64](t, a); !cmp.Equal(append([]float64{}, got...), c.want) || !cmp.Equal(a.Shape(), []int{rows, cols}) {
			t.Errorf("%s: %v of shape %v, want %v", name, got, a.Shape(), c.want)
		}
	}
	if m, err := gonum.Dense(array(t, []int16{1, 2}, 1, 2)); err != nil || m.At(0, 1) != 2 {
		t.Errorf("integers: %v, %v", m, err)
	}
	if m, err := gonum.Dense(array(t, []float64{}, 0, 0)); err != nil || !m.IsEmpty() {
		t.Errorf("no elements: %v, %v", m, err)
	}
	for name, a := range map[string]ndarray.Array{
		"one dimension": array(t, six), "three dimensions": array(t, six, 1, 2, 3),
		"complex": array(t, []complex128{1}, 1, 1), "no rows": array(t, []float64{}, 0, 3),
	} {
		if m, err := gonum.Dense(a); err == nil {
			t.Errorf("%s: %v", name, m)
		}
	}
}

func TestVecDense(t *testing.T) {
	three := []float64{1, 2, 3}
	v, err := gonum.VecDense(array(t, three))
	if err != nil || v.Len() != 3 || v.AtVec(2) != 3 {
		t.Fatalf("got %v, %v", v, err)
	}
	if got := data[float64](t, gonum.FromVector(v)); &got[0] != &three[0] {
		t.Error("the elements were copied")
	}
	m := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	for name, c := range map[string]struct {
		v    mat.Vector
		want []float64
	}{
		"column": {m.ColView(1), []float64{2, 4}},
		"row":    {m.RowView(1), []float64{3, 4}},
		"empty":  {&mat.VecDense{}, []float64{}},
		"other":  {halves{2}, []float64{0, 0.5}},
	} {
		if got := data[float64](t, gonum.FromVector(c.v)); !cmp.Equal(append([]float64{}, got...), c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if v, err := gonum.VecDense(array(t, []uint8{7})); err != nil || v.AtVec(0) != 7 {
		t.Errorf("integers: %v, %v", v, err)
	}
	if v, err := gonum.VecDense(ndarray.Array{}); err != nil || v.Len() != 0 {
		t.Errorf("no elements: %v, %v", v, err)
	}
	if v, err := gonum.VecDense(ndarray.Scalar(1.0)); err == nil {
		t.Errorf("a scalar: %v", v)
	}
}

// halves is a vector without memory.
type halves struct{ n int }

func (h halves) Dims() (r, c int)    { return h.n, 1 }
func (h halves) At(i, _ int) float64 { return float64(i) / 2 }
func (h halves) T() mat.Matrix       { return mat.TransposeVec{Vector: h} }
func (h halves) AtVec(i int) float64 { return float64(i) / 2 }
func (h halves) Len() int            { return h.n }

func TestCDense(t *testing.T) {
	m, err := gonum.CDense(array(t, []complex128{1, 2i}, 1, 2))
	if err != nil || m.At(0, 1) != 2i {
		t.Fatalf("got %v, %v", m, err)
	}
	if got := data[complex128](t, gonum.FromCMatrix(m.H())); !cmp.Equal(got, []complex128{1, -2i}) {
		t.Errorf("its conjugate transpose is %v", got)
	}
	if m, err := gonum.CDense(array(t, []complex64{3i}, 1, 1)); err != nil || m.At(0, 0) != 3i {
		t.Errorf("complex64: %v, %v", m, err)
	}
	if m, err := gonum.CDense(array(t, []complex64{}, 0, 0)); err != nil {
		t.Errorf("no elements: %v, %v", m, err)
	}
	for name, a := range map[string]ndarray.Array{
		"real": array(t, []float64{1}, 1, 1), "vector": array(t, []complex128{1}), "no rows": array(t, []complex128{}, 0, 1),
	} {
		if m, err := gonum.CDense(a); err == nil {
			t.Errorf("%s: %v", name, m)
		}
	}
}

func Example() {
	reg, err := codec.NewRegistry(gonum.Serializer)
	if err != nil {
		panic(err)
	}
	m := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	b, err := codec.Marshal(msgpack.Codec, m, reg) // numpy.ndarray on the Python side
	if err != nil {
		panic(err)
	}
	var back *mat.Dense
	if err := codec.Unmarshal(msgpack.Codec, b, &back, reg); err != nil {
		panic(err)
	}
	fmt.Println(mat.Formatted(back))
	// Output:
	// ⎡1  2⎤
	// ⎣3  4⎦
}

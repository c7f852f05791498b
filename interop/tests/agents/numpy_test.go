package agents

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/codec/ndarray"
)

// arrays is an agent that returns arrays, decoded and encoded again.
type arrays struct{ agent.Agent }

// Identity returns a.
func (*arrays) Identity(a ndarray.Array) ndarray.Array { return a }

// Sum adds the elements.
func (*arrays) Sum(a ndarray.Array) (sum float64, err error) {
	data, err := ndarray.Float64s(a)
	for _, v := range data {
		sum += v
	}
	return sum, err
}

// Relay sends an array on and returns what comes back.
func (r *arrays) Relay(ctx context.Context, a ndarray.Array) (ndarray.Array, error) {
	p, err := r.Container().Connect(ctx, r.Addr())
	if err != nil {
		return a, err
	}
	return aiomas.Call[ndarray.Array](ctx, p.Sub("identity"), a)
}

var shapesOfArrays = [][]int{{}, {0}, {7}, {1, 1}, {3, 4}, {4, 0, 2}, {2, 3, 4}, {2, 1, 3, 1, 2}}

// Arrays of every numeric dtype that this machine's NumPy has, in both byte
// orders, of any rank, in C and in Fortran order, and slices, travel both ways.
func TestArrays(t *testing.T) {
	for _, py := range pythons(t) {
		for _, cd := range []codec.Codec{msgpack.Codec, blosc.Codec} {
			t.Run(py.String()+"/"+cd.Name(), func(t *testing.T) {
				t.Parallel()
				c := cell{py, cd}
				home := c.newContainer(t, agent.WithSerializers(ndarray.Serializer))
				d := c.startDriver(t, home, "--numpy")
				python, _ := d.spawn("agents_numpy:Arrays")
				mine := &arrays{}
				register(t, home, mine, agent.Expose("Identity", "Sum", "Relay"))
				dtypes, err := aiomas.Call[[]string](t.Context(), python.Sub("dtypes"))
				if err != nil || len(dtypes) < 25 {
					t.Fatalf("%v, %v", dtypes, err)
				}
				for _, dtype := range dtypes {
					for _, shape := range shapesOfArrays {
						for _, order := range []string{"C", "F"} {
							checkArray(t, python, mine.Addr(), dtype, shape, order)
						}
					}
					sliced, err := aiomas.Call[ndarray.Array](t.Context(), python.Sub("slice"), dtype, []int{5, 4})
					if err != nil || !cmp.Equal(sliced.Shape(), []int{3, 2}) || sliced.DType() != dtype {
						t.Errorf("slice: %s%v, %v", sliced.DType(), sliced.Shape(), err)
					}
				}
			})
		}
	}
}

// checkArray lets Python make an array, and looks at it as it comes, and as it
// comes back to Python directly and by other ways.
func checkArray(t *testing.T, python *aiomas.Proxy, mine, dtype string, shape []int, order string) {
	t.Helper()
	name := fmt.Sprintf("%s%v in %s order", dtype, shape, order)
	a, err := aiomas.Call[ndarray.Array](t.Context(), python.Sub("make"), dtype, shape, order)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if a.DType() != dtype || !cmp.Equal(a.Shape(), shape) {
		t.Errorf("%s came as %s%v", name, a.DType(), a.Shape())
	}
	if want, ok := numbers(dtype, a.Len()); ok {
		got, err := ndarray.Float64s(a)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for way, call := range map[string]func() (ndarray.Array, error){
		"Go": func() (ndarray.Array, error) { return a, nil },
		"Python": func() (ndarray.Array, error) {
			return aiomas.Call[ndarray.Array](t.Context(), python.Sub("ask"), mine, "relay", a)
		},
	} {
		back, err := call()
		if err != nil {
			t.Errorf("%s by %s: %v", name, way, err)
			continue
		}
		if wrong, err := aiomas.Call[string](t.Context(), python.Sub("check"), back, dtype, shape, order); wrong != "" || err != nil {
			t.Errorf("%s back by %s: %s, %v", name, way, wrong, err)
		}
	}
}

// numbers are the elements that agents_numpy.make makes, if they are real.
func numbers(dtype string, n int) ([]float64, bool) {
	if strings.ContainsAny(dtype[1:2], "cmM") || dtype[1] == 'f' && len(dtype) > 3 {
		return nil, false
	}
	out := make([]float64, n)
	for i := range out {
		v := float64(i % 100)
		switch {
		case dtype[1] == 'i':
			v -= 50
		case dtype[1] == 'f':
			v = (v - 50) / 4
		case dtype[1] == 'b' && i%100%3 == 0:
			v = 1
		case dtype[1] == 'b':
			v = 0
		}
		out[i] = v
	}
	return out, true
}

// Arrays that Go makes are arrays in Python; those in Fortran order, too.
func TestArraysFromGo(t *testing.T) {
	c := cell{pythons(t)[0], msgpack.Codec}
	home := c.newContainer(t, agent.WithSerializers(ndarray.Serializer))
	d := c.startDriver(t, home, "--numpy")
	python, _ := d.spawn("agents_numpy:Arrays")
	want, _ := numbers("<f8", 12)
	ours, err := ndarray.New(want, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := ndarray.Fortran[float64](ours)
	if err != nil {
		t.Fatal(err)
	}
	fortran, err := ndarray.NewFortran(columns, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]ndarray.Array{"C": ours, "Fortran": fortran} {
		if wrong, err := aiomas.Call[string](t.Context(), python.Sub("check"), a, "<f8", []int{3, 4}); wrong != "" || err != nil {
			t.Errorf("in %s order: %s, %v", name, wrong, err)
		}
	}
	// A megabyte, with Go's sum.
	mine := &arrays{}
	register(t, home, mine, agent.Expose("Sum"))
	big, err := aiomas.Call[ndarray.Array](t.Context(), python.Sub("make"), "<f8", []int{1 << 10, 1 << 7})
	if err != nil {
		t.Fatal(err)
	}
	sum, err := mine.Sum(big)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := aiomas.Call[float64](t.Context(), python.Sub("ask"), mine.Addr(), "sum", big); got != sum || err != nil {
		t.Errorf("the sum is %g, want %g: %v", got, sum, err)
	}
}

// Float16 rounds as NumPy does.
func TestFloat16IsNumPys(t *testing.T) {
	c := cell{pythons(t)[0], msgpack.Codec}
	home := c.newContainer(t, agent.WithSerializers(ndarray.Serializer))
	d := c.startDriver(t, home, "--numpy")
	python, _ := d.spawn("agents_numpy:Arrays")
	rng := rand.New(rand.NewPCG(5, 6))
	var values []float64
	var got []int
	for range 50_000 {
		v := math.Float32frombits(rng.Uint32())
		if rng.IntN(2) == 0 { // in the range of halves, and between two of them
			v = ndarray.Float16(rng.IntN(0x7c00)).Float32() * (1 + float32(rng.IntN(3)-1)/4096)
		}
		if v != v { //nolint:gocritic // NaN has many forms
			continue
		}
		values = append(values, float64(v))
		got = append(got, int(ndarray.NewFloat16(v)))
	}
	want, err := aiomas.Call[[]int](t.Context(), python.Sub("half"), values)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%g is %04x, in NumPy %04x", values[i], got[i], want[i])
		}
	}
}

// JSON has no bytes: sending an array fails on either side, and hurts nothing else.
func TestArraysInJSON(t *testing.T) {
	c := cell{pythons(t)[0], json.Codec}
	home := c.newContainer(t, agent.WithSerializers(ndarray.Serializer))
	d := c.startDriver(t, home, "--numpy")
	python, _ := d.spawn("agents_numpy:Arrays")
	var refused *aiomas.EncodeError
	if err := python.Sub("check").Call(t.Context(), nil, ndarray.Scalar(1.0), "<f8", []int{}); !errors.As(err, &refused) {
		t.Errorf("Go sent it: %v", err)
	}
	if err := python.Sub("make").Call(t.Context(), nil, "<f8", []int{1}); !errors.Is(err, aiomas.ExceptionType("SerializationError")) {
		t.Errorf("Python sent it: %v", err)
	}
	d.do(nil, "texts")
}

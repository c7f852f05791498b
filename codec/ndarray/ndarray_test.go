package ndarray_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/codec/ndarray"
)

func registry(t testing.TB) *codec.Registry {
	t.Helper()
	r, err := codec.NewRegistry(ndarray.Serializer)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func roundTrip(t testing.TB, a ndarray.Array) ndarray.Array {
	t.Helper()
	reg := registry(t)
	b, err := codec.Marshal(msgpack.Codec, a, reg)
	if err != nil {
		t.Fatal(err)
	}
	var out ndarray.Array
	if err := codec.Unmarshal(msgpack.Codec, b, &out, reg); err != nil {
		t.Fatal(err)
	}
	return out
}

func must(t testing.TB) func(a ndarray.Array, err error) ndarray.Array {
	return func(a ndarray.Array, err error) ndarray.Array {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
}

// check sends data in both byte orders and compares what comes back.
func check[T ndarray.Element](t *testing.T, dtype string, little, big []byte, data ...T) {
	t.Helper()
	a := must(t)(ndarray.New(data))
	if a.DType() != dtype {
		t.Errorf("%T has dtype %s, want %s", data, a.DType(), dtype)
	}
	if !cmp.Equal(a.Bytes(), little) {
		t.Errorf("%s: %x, want %x", dtype, a.Bytes(), little)
	}
	forms := map[string][]byte{dtype: little}
	if big != nil {
		forms[">"+dtype[1:]] = big
	}
	for form, bytes := range forms {
		sent := must(t)(a.As(form))
		if !cmp.Equal(sent.Bytes(), bytes) {
			t.Errorf("%s: %x, want %x", form, sent.Bytes(), bytes)
		}
		got := roundTrip(t, sent)
		if got.DType() != form || !cmp.Equal(got.Bytes(), bytes) {
			t.Errorf("%s came back as %s, %x", form, got.DType(), got.Bytes())
		}
		out, err := ndarray.Data[T](got)
		if err != nil || !cmp.Equal(fmt.Sprint(out), fmt.Sprint(data)) { // as text: NaN is not equal to itself
			t.Errorf("%s: got %v, want %v: %v", form, out, data, err)
		}
	}
}

// The bytes are NumPy's: np.array(data, dtype).tobytes().
func TestElements(t *testing.T) {
	check(t, "|b1", []byte{1, 0}, nil, true, false)
	check[int8](t, "|i1", []byte{0x80, 0x7f}, nil, -128, 127)
	check[uint8](t, "|u1", []byte{0, 255}, nil, 0, 255)
	check[int16](t, "<i2", []byte{0xfe, 0xff}, []byte{0xff, 0xfe}, -2)
	check[uint16](t, "<u2", []byte{2, 1}, []byte{1, 2}, 258)
	check[int32](t, "<i4", []byte{0xfe, 0xff, 0xff, 0xff}, []byte{0xff, 0xff, 0xff, 0xfe}, -2)
	check[uint32](t, "<u4", []byte{4, 3, 2, 1}, []byte{1, 2, 3, 4}, 0x01020304)
	check[int64](t, "<i8", []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}, -2)
	check[uint64](t, "<u8", []byte{8, 7, 6, 5, 4, 3, 2, 1}, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 0x0102030405060708)
	check(t, "<f2", []byte{0, 0x3c, 0, 0xfc}, []byte{0x3c, 0, 0xfc, 0}, ndarray.NewFloat16(1), ndarray.NewFloat16(float32(math.Inf(-1))))
	check[float32](t, "<f4", []byte{0, 0, 0xc0, 0x3f}, []byte{0x3f, 0xc0, 0, 0}, 1.5)
	check(t, "<f8", []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, []byte{0x3f, 0xf8, 0, 0, 0, 0, 0, 0}, 1.5)
	check[complex64](t, "<c8", []byte{0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0}, []byte{0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0}, complex(1.5, -2))
	check(t, "<c16", []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}, []byte{0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0}, complex(1.5, -2))
}

// {'__type__': [0, {'type': '<i4', 'shape': (2, 3), 'data': b'…'}]}
func TestWire(t *testing.T) {
	a := must(t)(ndarray.New([]int32{1, 2, 3, 4, 5, 6}, 2, 3))
	b, err := codec.Marshal(msgpack.Codec, a, registry(t))
	if err != nil {
		t.Fatal(err)
	}
	want := "\x81\xa8__type__\x92\x00\x83\xa4type\xa3<i4\xa5shape\x92\x02\x03\xa4data\xc4\x18" +
		"\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x06\x00\x00\x00"
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Error(diff)
	}
	var refused *codec.EncodeError
	if _, err := codec.Marshal(json.Codec, a, registry(t)); !errors.As(err, &refused) {
		t.Errorf("JSON has no bytes, but: %v", err)
	}
	var anything any
	if err := codec.Unmarshal(msgpack.Codec, b, &anything, registry(t)); err != nil {
		t.Error(err)
	} else if _, ok := anything.(ndarray.Array); !ok {
		t.Errorf("got %T", anything)
	}
}

func TestShapes(t *testing.T) {
	m := must(t)
	six := []float64{1, 2, 3, 4, 5, 6}
	a := m(ndarray.New(six, 2, 3))
	if a.Len() != 6 || !cmp.Equal(a.Shape(), []int{2, 3}) || a.Index(1, 0) != 3 || a.Index(0, 2) != 2 {
		t.Errorf("%v of %d elements", a.Shape(), a.Len())
	}
	if data, err := ndarray.Data[float64](a); err != nil || &data[0] != &six[0] {
		t.Errorf("the elements were copied: %v", err)
	}
	fortran, err := ndarray.Fortran[float64](a)
	if want := []float64{1, 4, 2, 5, 3, 6}; err != nil || !cmp.Equal(fortran, want) {
		t.Errorf("in Fortran order %v, want %v", fortran, want)
	}
	back := m(ndarray.NewFortran(fortran, 2, 3))
	if data, err := ndarray.Data[float64](back); err != nil || !cmp.Equal(data, six) {
		t.Errorf("back in C order %v: %v", data, err)
	}
	if r := m(a.Reshape(3, 2)); r.Index(1, 0) != 2 {
		t.Errorf("reshaped to %v", r.Shape())
	}
	scalar := roundTrip(t, ndarray.Scalar(7.5))
	if data, err := ndarray.Data[float64](scalar); err != nil || len(scalar.Shape()) != 0 || data[scalar.Index()] != 7.5 {
		t.Errorf("a scalar became %v %v: %v", scalar.Shape(), data, err)
	}
	if one := m(scalar.Reshape(1, 1)); len(one.Shape()) != 2 {
		t.Errorf("a scalar reshaped to %v", one.Shape())
	}
	var zero ndarray.Array
	for _, empty := range []ndarray.Array{zero, m(ndarray.New([]float64{}, 0, 3)), m(ndarray.New[float64](nil, 2, 0)), m(zero.Reshape(0, 7)), m(zero.As(">f8"))} {
		got := roundTrip(t, empty)
		if got.Len() != 0 || !cmp.Equal(got.Shape(), empty.Shape()) || got.DType() != empty.DType() {
			t.Errorf("%s%v became %s%v", empty.DType(), empty.Shape(), got.DType(), got.Shape())
		}
		if data, err := ndarray.Data[float64](got); err != nil || len(data) != 0 {
			t.Errorf("%v, %v", data, err)
		}
	}
	for _, shape := range [][]int{{5}, {2, 2}, {-2, -3}, {-6}, {math.MaxInt, math.MaxInt, 2}, {0}} {
		if bad, err := ndarray.New(six, shape...); err == nil {
			t.Errorf("six elements made %v", bad.Shape())
		}
		if bad, err := a.Reshape(shape...); err == nil {
			t.Errorf("six elements were reshaped to %v", bad.Shape())
		}
	}
	for _, indices := range [][]int{{}, {1}, {2, 0}, {0, 3}, {-1, 0}, {0, 0, 0}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("indices %v were accepted", indices)
				}
			}()
			a.Index(indices...)
		}()
	}
}

func TestConversions(t *testing.T) {
	m := must(t)
	dates := m(m(ndarray.New([]int64{0, 1_500_000})).As("<M8[us]"))
	if got := roundTrip(t, dates); got.DType() != "<M8[us]" {
		t.Errorf("dtype %s", got.DType())
	}
	half := m(m(ndarray.New([]ndarray.Float16{0x3c00})).As(">f2"))
	for _, c := range []struct {
		a    ndarray.Array
		want []float64
	}{
		{m(ndarray.New([]bool{true, false})), []float64{1, 0}},
		{m(ndarray.New([]int8{-1})), []float64{-1}}, {m(ndarray.New([]uint8{255})), []float64{255}},
		{m(ndarray.New([]int16{-1})), []float64{-1}}, {m(ndarray.New([]uint16{1})), []float64{1}},
		{m(ndarray.New([]int32{-1})), []float64{-1}}, {m(ndarray.New([]uint32{1})), []float64{1}},
		{m(ndarray.New([]int64{-1})), []float64{-1}}, {m(ndarray.New([]uint64{1})), []float64{1}},
		{m(ndarray.New([]float32{0.5})), []float64{0.5}}, {m(ndarray.New([]float64{0.25})), []float64{0.25}},
		{half, []float64{1}}, {ndarray.Array{}, []float64{}},
	} {
		if got, err := ndarray.Float64s(c.a); err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v", c.a.DType(), got, err)
		}
	}
	opaque := m(ndarray.NewBytes("<f16", make([]byte, 32), 2))
	if got := roundTrip(t, opaque); got.DType() != "<f16" || got.Len() != 2 || len(got.Bytes()) != 32 {
		t.Errorf("longdouble became %s%v", got.DType(), got.Shape())
	}
	for what, err := range map[string]error{
		"complex as float": errOf(ndarray.Float64s(m(ndarray.New([]complex64{1})))),
		"opaque as float":  errOf(ndarray.Float64s(opaque)),
		"opaque as uint8":  errOf(ndarray.Data[uint8](opaque)),
		"other type":       errOf(ndarray.Data[float32](m(ndarray.New([]float64{1})))),
		"fortran":          errOf(ndarray.Fortran[int8](m(ndarray.New([]float64{1})))),
		"as other type":    errOf(half.As("<i2")),
		"as other size":    errOf(half.As("<f4")),
		"as longer double": errOf(opaque.As("<c32")),
		"as nonsense":      errOf(half.As("nonsense")),
		"as text":          errOf(half.As("<U5")),
		"bytes":            errOf(ndarray.NewBytes("<f8", make([]byte, 9), 1)),
		"bytes and shape":  errOf(ndarray.NewBytes("<f8", make([]byte, 8), 2)),
		"bytes and dtype":  errOf(ndarray.NewBytes("|O8", make([]byte, 8), 1)),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "aiomas: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// What Python cannot have meant.
func TestDecodeRefuses(t *testing.T) {
	type dict = map[string]any
	reg := registry(t)
	for name, fields := range map[string]any{
		"nothing":          nil,
		"a list":           []any{},
		"no type":          dict{"shape": []int{1}, "data": []byte{1}},
		"no shape":         dict{"type": "|u1", "data": []byte{1}},
		"no data":          dict{"type": "|u1", "shape": []int{1}},
		"another field":    dict{"type": "|u1", "shape": []int{1}, "data": []byte{1}, "order": "F"},
		"type is no text":  dict{"type": 1, "shape": []int{1}, "data": []byte{1}},
		"shape is no list": dict{"type": "|u1", "shape": 1, "data": []byte{1}},
		"shape of floats":  dict{"type": "|u1", "shape": []float64{1}, "data": []byte{1}},
		"negative shape":   dict{"type": "|u1", "shape": []int{-1, -1}, "data": []byte{1}},
		"text as data":     dict{"type": "|u1", "shape": []int{1}, "data": "x"},
		"part of element":  dict{"type": "<u2", "shape": []int{1}, "data": []byte{1, 2, 3}},
		"too few":          dict{"type": "<u2", "shape": []int{2}, "data": []byte{1, 2}},
		"huge shape":       dict{"type": "|u1", "shape": []int{math.MaxInt, 4}, "data": []byte{}},
		"objects":          dict{"type": "|O", "shape": []int{1}, "data": make([]byte, 8)},
		"text":             dict{"type": "<U1", "shape": []int{1}, "data": make([]byte, 4)},
		"no dtype":         dict{"type": "", "shape": []int{1}, "data": make([]byte, 4)},
		"no size":          dict{"type": "<f", "shape": []int{1}, "data": make([]byte, 4)},
		"odd size":         dict{"type": "<f3", "shape": []int{1}, "data": make([]byte, 3)},
		"zero size":        dict{"type": "<f0", "shape": []int{1}, "data": []byte{}},
		"signed size":      dict{"type": "<f+4", "shape": []int{1}, "data": make([]byte, 4)},
		"no byte order":    dict{"type": "|f4", "shape": []int{1}, "data": make([]byte, 4)},
		"native order":     dict{"type": "=f4", "shape": []int{1}, "data": make([]byte, 4)},
		"open unit":        dict{"type": "<M8[us", "shape": []int{1}, "data": make([]byte, 8)},
		"empty unit":       dict{"type": "<M8[]", "shape": []int{1}, "data": make([]byte, 8)},
	} {
		b, err := codec.Marshal(msgpack.Codec, []any{0, fields}, nil)
		if err != nil {
			t.Fatal(err)
		}
		b = append([]byte("\x81\xa8__type__"), b...)
		var a ndarray.Array
		var refused *codec.DecodeError
		if err := codec.Unmarshal(msgpack.Codec, b, &a, reg); !errors.As(err, &refused) {
			t.Errorf("%s: got %s%v, %v", name, a.DType(), a.Shape(), err)
		}
	}
}

func TestFloat16(t *testing.T) {
	for bits, value := range map[ndarray.Float16]float32{
		0x0000: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: 6.103515625e-05, 0x0001: 5.960464477539063e-08,
		0x03ff: 6.097555160522461e-05, 0x3555: 0.333251953125, 0x7c00: float32(math.Inf(1)), 0xfc00: float32(math.Inf(-1)),
	} {
		if got := bits.Float32(); got != value {
			t.Errorf("%04x is %g, want %g", uint16(bits), got, value)
		}
		if got := ndarray.NewFloat16(value); got != bits {
			t.Errorf("%g is %04x, want %04x", value, uint16(got), uint16(bits))
		}
	}
	// Rounded as np.float16(value) does it.
	for value, bits := range map[float32]ndarray.Float16{
		1.0 / 3: 0x3555, 65519: 0x7bff, 65520: 0x7c00, 1e10: 0x7c00, 1e-10: 0, 2.9802322e-08: 0, 2.9802326e-08: 1,
		8.940697e-08: 2, 1 + 1.0/2048: 0x3c00, 1 + 3.0/2048: 0x3c02, 6.1e-05: 0x03ff, 2049: 0x6800, 2051: 0x6802,
	} {
		if got := ndarray.NewFloat16(value); got != bits {
			t.Errorf("%g is %04x, want %04x", value, uint16(got), uint16(bits))
		}
	}
	if nan := ndarray.NewFloat16(float32(math.NaN())); !math.IsNaN(float64(nan.Float32())) {
		t.Errorf("NaN is %04x", uint16(nan))
	}
	for bits := range 1 << 16 { // every value survives
		f := ndarray.Float16(bits)
		if got := ndarray.NewFloat16(f.Float32()); got != f {
			t.Fatalf("%04x became %04x", bits, uint16(got))
		}
	}
}

// Whatever the shape, Fortran order and back is the same array.
func TestReorderProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 5).Draw(t, "shape")
		n := 1
		for _, d := range shape {
			n *= d
		}
		data := make([]int32, n)
		for i := range data {
			data[i] = int32(i)
		}
		a, err := ndarray.New(data, shape...)
		if err != nil {
			t.Fatal(err)
		}
		fortran, err := ndarray.Fortran[int32](a)
		if err != nil {
			t.Fatal(err)
		}
		// By definition: the first index varies fastest.
		for i := range data {
			rest, at, step := i, 0, 1
			indices := make([]int, len(shape))
			for k := len(shape) - 1; k >= 0; k-- {
				indices[k], rest = rest%shape[k], rest/shape[k]
			}
			for k, d := range shape {
				at += indices[k] * step
				step *= d
			}
			if fortran[at] != data[i] {
				t.Fatalf("element %v", indices)
			}
		}
		back, err := ndarray.NewFortran(fortran, shape...)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ndarray.Data[int32](back); err != nil || !cmp.Equal(got, data) {
			t.Fatalf("%v became %v: %v", data, got, err)
		}
	})
}

// Any dict either is refused or is an array that is written as it was read.
func FuzzDecode(f *testing.F) {
	reg, err := codec.NewRegistry(ndarray.Serializer)
	if err != nil {
		f.Fatal(err)
	}
	for _, dtype := range []string{"|b1", "<f8", ">i4", "<f16", "<M8[ns]", "|O", "<U3"} {
		f.Add(dtype, 2, 1, []byte("0123456789abcdef"))
	}
	f.Fuzz(func(t *testing.T, dtype string, rows, cols int, data []byte) {
		b, err := codec.Marshal(msgpack.Codec, []any{0, map[string]any{"type": dtype, "shape": []int{rows, cols}, "data": data}}, nil)
		if err != nil {
			return
		}
		b = append([]byte("\x81\xa8__type__"), b...)
		var a ndarray.Array
		if codec.Unmarshal(msgpack.Codec, b, &a, reg) != nil {
			return
		}
		if a.DType() != dtype && a.DType() != "|"+dtype[1:] && a.DType() != "|"+dtype {
			t.Errorf("%q became %q", dtype, a.DType())
		}
		if a.Len() != rows*cols {
			t.Errorf("%d elements of %d×%d", a.Len(), rows, cols)
		}
		if got := a.Bytes(); dtype != "|b1" && len(data) > 0 && a.DType()[1] != 'b' && string(got) != string(data) {
			t.Errorf("%x became %x", data, got)
		}
	})
}

func BenchmarkFloat64(b *testing.B) {
	reg := registry(b)
	for _, dtype := range []string{"<f8", ">f8"} {
		a := must(b)(must(b)(ndarray.New(make([]float64, 1<<17), 1<<10, 1<<7)).As(dtype))
		var buf []byte
		b.Run("encode/"+dtype, func(b *testing.B) {
			b.SetBytes(1 << 20)
			for b.Loop() {
				var err error
				if buf, err = msgpack.Codec.AppendValue(buf[:0], a, reg); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("decode/"+dtype, func(b *testing.B) {
			b.SetBytes(1 << 20)
			for b.Loop() {
				var out ndarray.Array
				if err := codec.Unmarshal(msgpack.Codec, buf, &out, reg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func Example() {
	reg, err := codec.NewRegistry(ndarray.Serializer)
	if err != nil {
		panic(err)
	}
	power, err := ndarray.New([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	if err != nil {
		panic(err)
	}
	b, err := codec.Marshal(msgpack.Codec, power, reg) // numpy.ndarray on the Python side
	if err != nil {
		panic(err)
	}
	var a ndarray.Array
	if err := codec.Unmarshal(msgpack.Codec, b, &a, reg); err != nil {
		panic(err)
	}
	data, err := ndarray.Data[float64](a)
	fmt.Println(a.DType(), a.Shape(), data[a.Index(1, 0)], err)
	// Output: <f8 [2 3] 4 <nil>
}

package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/codec/ndarray"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/gap"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// received returns a decoder of a message with the content v, in memory as on a
// connection.
func received(t testing.TB, c codec.Codec, v any, reg *codec.Registry) (codec.Decoder, *frame.Memory) {
	t.Helper()
	payload, err := c.AppendMessage(nil, codec.Result, 1, v, reg)
	if err != nil {
		t.Fatal(err)
	}
	mem := frame.NewMemory(payload)
	m, err := c.ParseMessage(mem.Bytes(), codec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d := c.NewDecoder()
	d.Reset(m.Content, reg)
	d.(gap.Borrower).Borrow(mem.Loan())
	return d, mem
}

func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

type series struct {
	Name   string
	Values []float64
	Text   string
	Parts  map[string][]float64
}

func someSeries(n int) series {
	list := make([]float64, n)
	for i := range list {
		list[i] = float64(i) + 0.5
	}
	return series{"s", list, strings.Repeat("text\n", n), map[string][]float64{"a": list, "b": list[:n/2]}}
}

func TestLoanHasTheValue(t *testing.T) {
	reg, err := codec.NewRegistry(ndarray.Serializer)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		for _, n := range []int{0, 1, 10, 1000, 10_000} {
			want := someSeries(n)
			d, mem := received(t, c, want, reg)
			var loan codec.Loan[series]
			if err := d.Decode(&loan); err != nil {
				t.Fatalf("%s: %v", c.Name(), err)
			}
			mem.Free() // the connection no longer needs the message
			if got := loan.Value(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: the lent value of %d differs", c.Name(), n)
			}
			kept := loan.Value()
			loan.Release()
			loan.Release()
			if !panics(func() { loan.Value() }) || !panics(func() { loan.Share() }) {
				t.Errorf("%s: the value is available after the end", c.Name())
			}
			if _, err := codec.Marshal(c, loan, nil); !errors.As(err, new(*codec.EncodeError)) {
				t.Errorf("%s: after the end it is encoded with error %v", c.Name(), err)
			}
			if n == 10_000 && invariant.On && (slices.Equal(kept.Values, want.Values) || kept.Text == want.Text) {
				t.Errorf("%s: the memory is not overwritten", c.Name())
			}
		}
	}
	list, err := ndarray.New(someSeries(1000).Values, 10, 100)
	if err != nil {
		t.Fatal(err)
	}
	for shift := range 9 { // the elements begin anywhere in the message
		d, mem := received(t, msgpack.Codec, []any{strings.Repeat("x", shift), list}, reg)
		var loan codec.Loan[ndarray.Array]
		if err := d.Decode(&codec.Tuple{new(string), &loan}); err != nil {
			t.Fatal(err)
		}
		mem.Free()
		if !loan.Value().Equal(list) {
			t.Errorf("the lent array differs")
		}
		loan.Release()
	}
}

// A loan on the wire is its value.
func TestLoanIsEncodedAsItsValue(t *testing.T) {
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		for _, v := range []any{nil, 1, "text", []float64{1, 2}, map[string]any{"a": "b"}, []any{[]any{}}} {
			want, err := codec.Marshal(c, []any{v, map[string]any{"x": v}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			loan := codec.Lend(v, nil)
			got, err := codec.Marshal(c, []any{loan, map[string]any{"x": &loan}}, nil)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %v: %q, %v, want %q", c.Name(), v, got, err, want)
			}
		}
	}
}

// A value that does not fit leaves the loan as it was, and holds no memory.
func TestLoanOfAnotherType(t *testing.T) {
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		d, mem := received(t, c, []any{strings.Repeat("x", gap.MinLent), 1}, nil)
		loan := codec.Lend([]string{"before"}, nil)
		if err := d.Decode(&loan); !errors.As(err, new(*codec.DecodeError)) {
			t.Errorf("%s: %v", c.Name(), err)
		}
		if loan.Value()[0] != "before" {
			t.Errorf("%s: the loan has another value", c.Name())
		}
		if !mem.Loan().Leave() {
			t.Errorf("%s: the message is still in use", c.Name())
		}
	}
}

func TestLendEndsOnce(t *testing.T) {
	ends := 0
	loan := codec.Lend([]byte("bytes"), func() { ends++ })
	_, end := loan.Share()
	loan.Release()
	loan.Release()
	if ends != 0 {
		t.Error("the end is announced while the value is written")
	}
	end()
	if ends != 1 {
		t.Errorf("the end is announced %d times", ends)
	}
	if v := new(codec.Loan[int]); v.Value() != 0 {
		t.Error("the zero Loan has a value")
	} else {
		v.Release()
	}
}

func TestInto(t *testing.T) {
	type samples []float64
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		for _, n := range []int{0, 3, 5000} {
			want := someSeries(n)
			list := make(samples, 7, 5000)
			d, mem := received(t, c, want.Values, nil)
			if err := d.Decode(codec.Into(&list)); err != nil || !slices.Equal(list, want.Values) {
				t.Errorf("%s: %d floats: %v", c.Name(), n, err)
			}
			if cap(list) != 5000 {
				t.Errorf("%s: %d floats are in other memory", c.Name(), n)
			}
			mem.Free()

			text := make([]byte, 7, 1<<20)
			d, mem = received(t, c, want.Text, nil)
			if err := d.Decode(codec.Into(&text)); err != nil || string(text) != want.Text || cap(text) != 1<<20 {
				t.Errorf("%s: %d bytes of text: %v", c.Name(), len(want.Text), err)
			}
			mem.Free()
			if string(text) != want.Text {
				t.Errorf("%s: the text was not copied", c.Name())
			}
		}
		var list []float64
		d, _ := received(t, c, []any{1, 2.5, 3}, nil)
		if err := d.Decode(codec.Into(&list)); err != nil || !slices.Equal(list, []float64{1, 2.5, 3}) {
			t.Errorf("%s: without memory: %v, %v", c.Name(), list, err)
		}
		d, _ = received(t, c, []any{1, "x"}, nil)
		if err := d.Decode(codec.Into(&list)); err == nil || len(list) != 3 {
			t.Errorf("%s: a str among the floats: %v, %v", c.Name(), list, err)
		}
		d, _ = received(t, c, 1, nil)
		text := []byte("before")
		if err := d.Decode(codec.Into(&text)); err == nil || string(text) != "before" {
			t.Errorf("%s: an int as text: %q, %v", c.Name(), text, err)
		}
	}
	d, mem := received(t, msgpack.Codec, bytes.Repeat([]byte{7}, 2000), nil)
	var b []byte
	if err := d.Decode(codec.Into(&b)); err != nil || len(b) != 2000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	mem.Free()
	if b[0] != 7 || b[1999] != 7 {
		t.Error("the bytes were not copied")
	}
}

// FuzzLoan checks that what is lent equals what is copied, that it does not change
// while other messages use the memory that was freed, and that the end of one loan
// leaves others alone.
func FuzzLoan(f *testing.F) {
	f.Add("a", uint16(3000), uint16(0), true)
	f.Add("\n", uint16(1023), uint16(1), false)
	f.Add("é\U0001f600", uint16(1024), uint16(5), true)
	f.Fuzz(func(t *testing.T, part string, n, shift uint16, first bool) {
		part = strings.ToValidUTF8(part, "")
		v := someSeries(int(n) % 5000)
		v.Name = strings.Repeat("n", int(shift)%64)
		v.Text = strings.Repeat(part, int(n)%5000)
		for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
			data, err := codec.Marshal(c, v, nil)
			if err != nil {
				t.Fatal(err)
			}
			var want series
			if err := codec.Unmarshal(c, data, &want, nil); err != nil {
				t.Fatal(err)
			}
			var loans [3]codec.Loan[series]
			for i := range loans {
				d, mem := received(t, c, v, nil)
				if err := d.Decode(&loans[i]); err != nil {
					t.Fatal(err)
				}
				mem.Free()
			}
			order := []int{0, 1, 2}
			if !first {
				slices.Reverse(order)
			}
			for _, i := range order {
				if !reflect.DeepEqual(loans[i].Value(), want) {
					t.Fatalf("%s: loan %d has another value", c.Name(), i)
				}
				loans[i].Release()
			}
		}
	})
}

func ExampleLoan() {
	// A text of a message is lent until Release.
	var text codec.Loan[string]
	if err := codec.Unmarshal(json.Codec, []byte(`"a long text"`), &text, nil); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(text.Value())
	kept := strings.Clone(text.Value()) // to stay
	text.Release()
	fmt.Println(kept)
	// Output:
	// a long text
	// a long text
}

func ExampleInto() {
	samples := make([]float64, 0, 1000)
	for _, message := range []string{"[1.5, 2.5]", "[3.5]"} {
		if err := codec.Unmarshal(json.Codec, []byte(message), codec.Into(&samples), nil); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(samples, cap(samples))
	}
	// Output:
	// [1.5 2.5] 1000
	// [3.5] 1000
}

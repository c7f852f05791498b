package walk_test

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/codec"
)

// The entries of a map are decoded one after another in the same memory, and
// must not affect each other.
func TestMapEntriesAreApart(t *testing.T) {
	type part struct {
		A, B float64
		List []int
		Ptr  *int
		Map  map[string]any
		Arr  [2][]int
		Any  any
		Big  big.Int
	}
	const text = `{"full": {"a": 1.5, "b": 2.5, "list": [1, 2], "ptr": 3, "map": {"x": 1}, "arr": [[1], [2]], "any": [1], "big": 7}, ` +
		`"later": {"list": [3, 4], "ptr": 5, "arr": [[5], [6]], "big": 8}, "empty": {}}`
	want := map[string]part{
		"full":  {A: 1.5, B: 2.5, List: []int{1, 2}, Ptr: ptr(3), Map: map[string]any{"x": int64(1)}, Arr: [2][]int{{1}, {2}}, Any: []any{int64(1)}, Big: *big.NewInt(7)},
		"later": {List: []int{3, 4}, Ptr: ptr(5), Arr: [2][]int{{5}, {6}}, Big: *big.NewInt(8)},
		"empty": {},
	}
	same := cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 })
	for c, data := range payloads(t, text, nil) {
		var got map[string]part
		if err := codec.Unmarshal(c, data, &got, nil); err != nil {
			t.Fatalf("%s: %v", c.Name(), err)
		}
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s: %s", c.Name(), diff)
		}
		// They are encoded from reused memory, too.
		for range 3 {
			first, err := codec.Marshal(c, got, nil)
			if err != nil {
				t.Fatal(err)
			}
			var again map[string]part
			if err := codec.Unmarshal(c, first, &again, nil); err != nil {
				t.Fatal(err)
			}
			if second, err := codec.Marshal(c, again, nil); err != nil || string(first) != string(second) {
				t.Errorf("%s: %v, %q, then %q", c.Name(), err, first, second)
			}
			if _, err := codec.Marshal(c, map[string]part{"a": {Any: make(chan int)}, "b": {A: 9}}, nil); err == nil {
				t.Error("a channel was encoded")
			}
		}
	}
}

// Runs of floats are decoded correctly, whatever is between them.
func TestFloatFields(t *testing.T) {
	type floats struct {
		A, B, C float64
		N       int
		D, E    float64
	}
	tests := []struct {
		text string
		want floats
	}{
		{`{"a": 1.5, "b": 2.5, "c": 3.5, "n": 4, "d": 5.5, "e": 6.5}`, floats{1.5, 2.5, 3.5, 4, 5.5, 6.5}},
		{`{"e": 6.5, "d": 5.5, "n": 4, "c": 3.5, "b": 2.5, "a": 1.5}`, floats{1.5, 2.5, 3.5, 4, 5.5, 6.5}},
		{`{"a": 1, "b": 2.5, "c": 3, "n": 4, "d": 5, "e": 6.5}`, floats{1, 2.5, 3, 4, 5, 6.5}},
		{`{"a": 1.5, "x": {"b": 9.5}, "b": 2.5, "y": 9.5, "c": 3.5}`, floats{A: 1.5, B: 2.5, C: 3.5}},
		{`{"a": 1.5, "a": 2.5, "b": 3.5}`, floats{A: 2.5, B: 3.5}},
		{`{"b": 2.5}`, floats{B: 2.5}},
		{`{"c": -1e300, "d": 1e-300}`, floats{C: -1e300, D: 1e-300}},
		{`{}`, floats{}},
	}
	for _, tt := range tests {
		for c, data := range payloads(t, `[`+tt.text+`, `+tt.text+`, 7]`, nil) {
			var one, two floats
			var n int
			if err := codec.Unmarshal(c, data, &codec.Tuple{&one, &two, &n}, nil); err != nil || one != tt.want || two != tt.want || n != 7 {
				t.Errorf("%s: %s became %v, %v, %d, %v", c.Name(), tt.text, one, two, n, err)
			}
		}
	}
	for _, text := range []string{`{"a": "x"}`, `{"a": 1.5, "b": null}`, `{"d": 5.5, "e": 9007199254740993}`} {
		for c, data := range payloads(t, text, nil) {
			if err := codec.Unmarshal(c, data, new(floats), nil); err == nil {
				t.Errorf("%s: %s fits", c.Name(), text)
			}
		}
	}
}

// Names that differ in a few bytes only are distinguished, and data after a dict
// is not taken for its fields.
func TestFloatFieldsEnd(t *testing.T) {
	type floats struct {
		A float64 `aiomas:"voltage_a"`
		B float64 `aiomas:"voltage_b"`
		C float64 `aiomas:"a_voltage"`
		D float64 `aiomas:"b_voltage"`
	}
	want := floats{1.5, 2.5, 3.5, 4.5}
	pairs := []string{`"voltage_a": 1.5`, `"voltage_b": 2.5`, `"a_voltage": 3.5`, `"b_voltage": 4.5`}
	for i := range pairs {
		for j := range pairs {
			swapped := slices.Clone(pairs)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			text := "{" + strings.Join(swapped, ", ") + "}"
			for c, data := range payloads(t, text, nil) {
				var got floats
				if err := codec.Unmarshal(c, data, &got, nil); err != nil || got != want {
					t.Errorf("%s: %s became %v, %v", c.Name(), text, got, err)
				}
			}
		}
	}
	for c, data := range payloads(t, `[{"voltage_a": 1.5}, "voltage_b", 2.5]`, nil) {
		var first floats
		var text string
		var x float64
		if err := codec.Unmarshal(c, data, &codec.Tuple{&first, &text, &x}, nil); err != nil || first != (floats{A: 1.5}) || text != "voltage_b" || x != 2.5 {
			t.Errorf("%s: %v, %q, %v, %v", c.Name(), first, text, x, err)
		}
	}
}

// Runs of floats are encoded correctly, whatever is between them.
func TestFloatFieldsAreWritten(t *testing.T) {
	type Inner struct{ F, G float64 }
	type empty struct {
		A, B float64
		C    float64 `aiomas:",omitempty"`
		D    float64
		Temp Celsius
		*Inner
		N    int
		H, I float64
		J    *float64
	}
	nan, tiny := math.NaN(), 5e-324
	tests := []struct {
		v    any
		want string
	}{
		{empty{}, `{"a": 0.0, "b": 0.0, "d": 0.0, "temp": 0.0, "n": 0, "h": 0.0, "i": 0.0, "j": null}`},
		{empty{1.5, -2, 3, 1e300, 20.5, &Inner{6, nan}, 7, 8.25, math.Inf(-1), &tiny},
			`{"a": 1.5, "b": -2.0, "c": 3.0, "d": 1e+300, "temp": 20.5, "f": 6.0, "g": NaN, "n": 7, "h": 8.25, "i": -Infinity, "j": 5e-324}`},
		{&struct {
			C float64 `aiomas:"c,omitempty"`
			A float64
		}{A: 1}, `{"a": 1.0}`},
		{[]Inner{{1, 2}, {3, 4}}, `[{"f": 1.0, "g": 2.0}, {"f": 3.0, "g": 4.0}]`},
		{map[string]Inner{"x": {1, 2}, "y": {3, 4}}, `{"x": {"f": 1.0, "g": 2.0}, "y": {"f": 3.0, "g": 4.0}}`},
	}
	for _, tt := range tests {
		for _, c := range codecs {
			if got, err := text(t, c, tt.v, nil); err != nil || got != tt.want {
				t.Errorf("%s: %s, %v, want %s", c.Name(), got, err, tt.want)
			}
		}
	}
}

// Decoding numbers into typed slices does not box each number, also within a
// struct.
func TestNumberListsAreNotBoxed(t *testing.T) {
	type lists struct {
		Floats []float64
		Ints   []int64
		Mixed  []float64
	}
	const n = 1000
	v := lists{make([]float64, n), make([]int64, n), nil}
	mixed := make([]any, n)
	for i := range n {
		v.Floats[i], v.Ints[i], mixed[i] = float64(i)+0.5, int64(i)*1000, i*1000
	}
	for _, c := range codecs {
		data, err := codec.Marshal(c, map[string]any{"floats": v.Floats, "ints": v.Ints, "mixed": mixed}, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := c.NewDecoder()
		var got lists
		allocs := testing.AllocsPerRun(5, func() {
			d.Reset(data, nil)
			if err := d.Decode(&got); err != nil {
				t.Fatal(err)
			}
		})
		if got.Floats[n-1] != v.Floats[n-1] || got.Ints[n-1] != v.Ints[n-1] || got.Mixed[n-1] != float64(v.Ints[n-1]) {
			t.Errorf("%s: %v", c.Name(), got)
		}
		if allocs > 60 {
			t.Errorf("%s: %v allocations for %d numbers", c.Name(), allocs, 3*n)
		}
	}
}

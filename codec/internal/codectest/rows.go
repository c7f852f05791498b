package codectest

import (
	"errors"
	"math"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
)

// rows is a struct with runs of float fields that are decoded as one slice of
// memory, and other fields between them. Its counterpart has no such runs.
type (
	rows struct {
		A, B        float64
		between     float64
		C           float64
		ActivePower float64
		Voltage     float64
		Left        float64 `aiomas:"-"`
		D           float64
		N           int32
		X           float64 `aiomas:"the_last_one_has_a_long_name"`
	}
	plain struct {
		A, B, C, ActivePower, Voltage, D num
		N                                int32
		X                                num `aiomas:"the_last_one_has_a_long_name"`
	}
	num float64
	// key is a key type that does not use the key memory, unlike string.
	key struct{ text string }
)

func (k *key) UnmarshalText(b []byte) error { k.text = string(b); return nil }

func (k key) String() string { return k.text } // in the path of an error

func (r rows) plain() plain {
	return plain{num(r.A), num(r.B), num(r.C), num(r.ActivePower), num(r.Voltage), num(r.D), r.N, num(r.X)}
}

func (p plain) same(q plain) bool {
	same := func(x, y num) bool { return math.Float64bits(float64(x)) == math.Float64bits(float64(y)) }
	return same(p.A, q.A) && same(p.B, q.B) && same(p.C, q.C) && same(p.ActivePower, q.ActivePower) &&
		same(p.Voltage, q.Voltage) && same(p.D, q.D) && p.N == q.N && same(p.X, q.X)
}

// RowSeeds are values for CheckRows.
var RowSeeds = []any{
	rows{A: 1.5, B: 2.5, C: 3.5, ActivePower: 4.5, Voltage: 5.5, D: 6.5, N: 7, X: 8.5},
	map[string]rows{"a": {A: 1.5}, "b": {X: 2.5}},
	map[string]any{"a": map[string]any{"a": 1.5, "b": 2, "c": "x"}, "b": nil},
	codec.Dict{{Key: "voltage", Value: 1.5}, {Key: "d", Value: 2.5}, {Key: "d", Value: 3.5}, {Key: "n", Value: -1}, {Key: "a", Value: nil}},
}

// CheckRows decodes raw, which need not have been scanned, into structs of floats
// and into maps of them. It checks that only the floats were written, and that
// runs of floats and remembered keys decode like all others.
func CheckRows(t *testing.T, d codec.Decoder, raw []byte) {
	t.Helper()
	var fast struct {
		before float64
		rows   rows
		after  float64
	}
	fast.before, fast.rows.between, fast.rows.Left, fast.after = 1, 2, 3, 4
	var slow plain
	agree(t, d, raw, &fast.rows, &slow)
	if fast.before != 1 || fast.rows.between != 2 || fast.rows.Left != 3 || fast.after != 4 {
		t.Errorf("%q: %v is more than was to be written", raw, fast)
	}
	if !fast.rows.plain().same(slow) {
		t.Errorf("%q: %v, but %v", raw, fast.rows, slow)
	}
	var fastMap map[string]rows
	var slowMap map[key]plain
	agree(t, d, raw, &fastMap, &slowMap)
	if len(fastMap) != len(slowMap) {
		t.Errorf("%q: %v, but %v", raw, fastMap, slowMap)
	}
	for k, r := range fastMap {
		if p, ok := slowMap[key{k}]; !ok || !r.plain().same(p) {
			t.Errorf("%q: under %q %v, but %v", raw, k, r, p)
		}
	}
}

// agree checks that decoding raw into both targets gives the same values, or fails
// at the same place.
func agree(t *testing.T, d codec.Decoder, raw []byte, fast, slow any) {
	t.Helper()
	d.Reset(raw, nil)
	err, kind := d.Decode(fast), d.Kind()
	d.Reset(raw, nil)
	slowErr, slowKind := d.Decode(slow), d.Kind()
	var a, b *codec.DecodeError
	if (err == nil) != (slowErr == nil) || kind != slowKind ||
		errors.As(err, &a) && errors.As(slowErr, &b) && (a.Where != b.Where || a.Offset != b.Offset) {
		t.Errorf("%q: %v, then %v, but %v, then %v", raw, err, kind, slowErr, slowKind)
	}
}

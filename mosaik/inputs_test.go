package mosaik_test

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

func inputsOf(values ...any) mosaik.Inputs {
	var in mosaik.Inputs
	for i, v := range values {
		in.Add("e", "a", "S."+strconv.Itoa(i), v)
	}
	return in
}

func TestSums(t *testing.T) {
	tests := []struct {
		values       []any
		sum, precise float64
	}{
		{nil, 0, 0},
		{[]any{1, 2.5, true, big.NewInt(3)}, 7.5, 7.5},
		// What Python 3.11 and 3.12 print for sum() of these.
		{[]any{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 0.9999999999999999, 1},
		{[]any{1e16, 1.0, -1e16}, 0, 1},
		{[]any{1.0, 1e16, -1e16}, 0, 1},
		{[]any{math.Inf(1), 1.0}, math.Inf(1), math.Inf(1)},
		{[]any{1e308, 1e308, -1e308}, math.Inf(1), math.Inf(1)},
	}
	for _, tt := range tests {
		in := inputsOf(tt.values...)
		if got, err := in.Sum("e", "a"); got != tt.sum || err != nil {
			t.Errorf("Sum%v = %v, %v, want %v", tt.values, got, err, tt.sum)
		}
		if got, err := in.SumPrecise("e", "a"); got != tt.precise || err != nil {
			t.Errorf("SumPrecise%v = %v, %v, want %v", tt.values, got, err, tt.precise)
		}
	}
	if got, err := inputsOf(math.Copysign(0, -1)).Sum("e", "a"); math.Signbit(got) || err != nil {
		t.Errorf("the sum of -0.0 is %v, %v, not 0.0 as in Python", got, err)
	}
	for _, bad := range []any{"1", nil, []any{1.0}} {
		if got, err := inputsOf(1.0, bad).Sum("e", "a"); err == nil {
			t.Errorf("the sum of 1.0 and %v is %v", bad, got)
		}
	}
}

func TestOne(t *testing.T) {
	if v, err := inputsOf(1.5).One("e", "a"); v != mosaik.ValueOf(1.5) || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	for _, in := range []mosaik.Inputs{inputsOf(), inputsOf(1, 2)} {
		if _, err := in.One("e", "a"); !isType(err, aiomas.ValueError) {
			t.Errorf("one of %d: %v", len(in.All("e", "a")), err)
		}
	}
}

func TestInputsKeepTheirOrder(t *testing.T) {
	var in mosaik.Inputs
	var want []string
	for i := range 100 { // more than are looked through
		eid := "e" + strconv.Itoa(i*7919%100)
		want = append(want, eid)
		in.Add(eid, "z", "S.1", i)
		in.Add(eid, "a", "S.0", i)
	}
	if diff := cmp.Diff(want, slices.Collect(in.Entities())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"z", "a"}, slices.Collect(in.Attrs("e7"))); diff != "" {
		t.Error(diff)
	}
	for i, eid := range want {
		if v, err := in.One(eid, "a"); v != mosaik.ValueOf(i) || err != nil {
			t.Errorf("%s: %v, %v, want %d", eid, v, err, i)
		}
	}
	if in.Has("e7", "b") || in.Has("e100", "a") || !in.Has("e7", "a") || in.Len() != 100 {
		t.Error("it has what it has not, or not what it has")
	}
}

func TestValues(t *testing.T) {
	if f, err := mosaik.ValueOf(3).Float(); f != 3 || err != nil {
		t.Errorf("%v, %v", f, err)
	}
	if n, err := mosaik.ValueOf(3).Int(); n != 3 || err != nil {
		t.Errorf("%v, %v", n, err)
	}
	if n, err := mosaik.ValueOf(3.0).Int(); err == nil {
		t.Errorf("3.0 is the int %d", n)
	}
	if n, err := mosaik.ValueOf(new(big.Int).Lsh(big.NewInt(1), 64)).Int(); err == nil {
		t.Errorf("2**64 is the int %d", n)
	}
	if !(mosaik.Value{}).IsNone() || mosaik.ValueOf(0).IsNone() {
		t.Error("what is None")
	}
	var p struct {
		X float64 `aiomas:"x"`
	}
	if err := mosaik.ValueOf(map[string]any{"x": 1}).Decode(&p); p.X != 1 || err != nil {
		t.Errorf("%v, %v", p, err)
	}
	var s string
	if err := mosaik.ValueOf("x").Decode(&s); s != "x" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	var f float64
	if err := mosaik.ValueOf("x").Decode(&f); err == nil {
		t.Errorf("\"x\" is the float %v", f)
	}
}

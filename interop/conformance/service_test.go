package conformance

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// What a peer asks for is bounded: it gets the exception that Python raises, and the
// process lives.
func TestServiceIsBounded(t *testing.T) {
	r := New(json.Codec, nil).Router()
	huge := new(big.Int).Exp(big.NewInt(10), big.NewInt(30), nil)
	for _, c := range []struct {
		path string
		args []any
		want any // an error is that of errors.Is
	}{
		{"payload", []any{big.NewInt(3)}, "xxx"},
		{"payload", []any{big.NewInt(0)}, ""},
		{"payload", []any{big.NewInt(-1)}, ""},
		{"payload", []any{big.NewInt(1e12)}, aiomas.ExceptionType("MemoryError")},
		{"payload", []any{big.NewInt(math.MaxInt64)}, aiomas.ExceptionType("MemoryError")},
		{"payload", []any{huge}, aiomas.ExceptionType("OverflowError")},
		{"payload", []any{new(big.Int).Neg(huge)}, aiomas.ExceptionType("OverflowError")},
		{"call_back", []any{(*aiomas.Proxy)(nil), 1_000_000_000}, aiomas.ExceptionType("MemoryError")},
		{"sleep", []any{-1, "awake"}, "awake"},
	} {
		f, err := r.Resolve(c.path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Invoke(t.Context(), c.args, nil)
		if want, fails := c.want.(error); fails {
			if !errors.Is(err, want) {
				t.Errorf("%s%v: %v, %v", c.path, c.args, got, err)
			}
		} else if got != c.want || err != nil {
			t.Errorf("%s%v: %.20v, %v", c.path, c.args, got, err)
		}
	}
}

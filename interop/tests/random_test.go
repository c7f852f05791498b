package tests

import (
	"bytes"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// values draws any value that the codec can carry without loss.
func values(name string) *rapid.Generator[any] {
	ints := rapid.OneOf(
		rapid.Map(rapid.Int64(), func(v int64) any { return v }),
		rapid.Map(rapid.Int64Range(-300, 300), func(v int64) any { return v }),
		rapid.Map(rapid.Uint64Min(math.MaxInt64+1), func(v uint64) any { return v }),
	)
	floats := rapid.OneOf(
		rapid.Map(rapid.Uint64(), func(bits uint64) any { return math.Float64frombits(bits) }),
		rapid.Map(rapid.Float64(), func(v float64) any { return v }),
		rapid.Map(rapid.Int64(), func(v int64) any { return float64(v) }),
	)
	floats = floats.Filter(func(v any) bool { return !math.IsNaN(v.(float64)) || name == "json" })
	strs := rapid.Map(rapid.String(), func(s string) any { return s })
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(v bool) any { return v }),
		ints, floats, strs, rapid.Just[any](math.NaN()),
	}
	switch name {
	case "json":
		scalars = append(scalars,
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 9, 60), func(b []byte) any { return new(big.Int).SetBytes(append([]byte{1}, b...)) }),
			rapid.Map(rapid.Int32Range(0xd800, 0xdfff), func(r int32) any { // a lone surrogate
				return "s" + string([]byte{0xed, byte(0x80 | r>>6&0x3f), byte(0x80 | r&0x3f)}) + "e"
			}))
	case "msgpack":
		scalars = append(scalars, rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return b }))
	}
	scalar := rapid.OneOf(scalars...)
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return scalar
		}
		inner := rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) })
		keys := rapid.Map(rapid.String(), func(s string) any { return s })
		if name == "msgpack" {
			keys = rapid.OneOf(keys, rapid.Map(rapid.Int64(), func(v int64) any { return v }))
		}
		return rapid.OneOf(scalar, scalar,
			rapid.Map(rapid.SliceOfN(inner, 0, 5), func(l []any) any { return l }),
			rapid.Custom(func(t *rapid.T) any { return drawDict(t, keys, inner) }))
	}
	return value(3)
}

func drawDict(t *rapid.T, keys, inner *rapid.Generator[any]) any {
	d := codec.Dict{}
	seen := map[any]bool{codec.TypeKey: true}
	for range rapid.IntRange(0, 5).Draw(t, "n") {
		k := keys.Draw(t, "key")
		if s, ok := k.(string); ok && strings.ContainsRune(s, '\uFFFD') {
			continue
		}
		if !seen[k] {
			seen[k] = true
			d = append(d, codec.Entry{Key: k, Value: inner.Draw(t, "value")})
		}
	}
	return d
}

// At least 10,000 random values go through a live Python peer: what comes back is
// byte for byte what was sent, so both ends read and write the same.
func TestRandomValuesThroughPython(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		conn, _ := c.dial(t, c.startPython(t).Addr)
		gen := rapid.SliceOfN(values(c.codec.Name()), 100, 110)
		total := 0
		rapid.Check(t, func(rt *rapid.T) {
			list := gen.Draw(rt, "values")
			total += len(list)
			back, err := aiomas.Call[[]codec.Value](t.Context(), conn.Remote("identity"), list)
			if err != nil {
				rt.Fatalf("%v", err)
			}
			for i, v := range list {
				sent, err := c.codec.AppendValue(nil, v, nil)
				if err != nil {
					rt.Fatalf("%#v: %v", v, err)
				}
				if !bytes.Equal(sent, back[i].Raw()) {
					rt.Fatalf("sent %q\nback %q", sent, back[i].Raw())
				}
				got, err := back[i].Any()
				if err != nil {
					rt.Fatalf("%q: %v", sent, err)
				}
				// And what Go made of it is written the same again, but for the
				// order of a dict's entries, which a Go map does not have.
				if _, isDict := v.(codec.Dict); !isDict {
					again, err := c.codec.AppendValue(nil, got, nil)
					if _, isList := v.([]any); err != nil || !isList && !bytes.Equal(again, sent) {
						rt.Fatalf("sent %q\nagain %q, %v", sent, again, err)
					}
				}
			}
		})
		t.Logf("%d values", total)
		if total < 10_000 {
			t.Errorf("only %d values", total)
		}
	})
}

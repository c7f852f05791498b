package msgpack_test

import (
	"bytes"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// scalars are values that decode into what they are.
func scalars() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), toAny[bool]),
		rapid.Map(rapid.Int64(), toAny[int64]),
		rapid.Map(rapid.Uint64Min(math.MaxInt64+1), toAny[uint64]),
		rapid.Map(rapid.Float64(), toAny[float64]),
		rapid.Map(rapid.String(), toAny[string]),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return append([]byte{}, b...) }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) any { return msgpack.Ext{Code: 7, Data: append([]byte{}, b...)} }),
	)
}

func toAny[T any](x T) any { return x }

// naturals are values as Any returns them.
func naturals(depth int) *rapid.Generator[any] {
	if depth == 0 {
		return scalars()
	}
	inner := rapid.Deferred(func() *rapid.Generator[any] { return naturals(depth - 1) })
	keys := rapid.OneOf(rapid.Map(rapid.Int64(), toAny[int64]), rapid.Map(rapid.String(), toAny[string]), rapid.Just[any](nil))
	return rapid.OneOf(
		scalars(),
		rapid.Map(rapid.SliceOfN(inner, 0, 20), func(l []any) any { return append([]any{}, l...) }),
		rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-z_]{0,40}`), inner, 0, 20), toAny[map[string]any]),
		rapid.Map(rapid.MapOfN(keys, inner, 0, 20), func(m map[any]any) any {
			m[int64(1)] = "so that not all keys are strings"
			return m
		}),
		rapid.Map(inner, func(v any) any { return dict([]byte("k"), v, "a", v, []any{int64(1)}, nil) }),
	)
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := naturals(3).Draw(t, "value")
		b, err := codec.Marshal(msgpack.Codec, v, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := codec.Unmarshal(msgpack.Codec, b, &got, nil); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if !same(got, v) {
			t.Fatalf("%s came back as %s", show(v), show(got))
		}
		// Any other entry point writes the same.
		later, err := codec.NewValue(decoderOf(b, nil))
		if err != nil {
			t.Fatal(err)
		}
		m, err := msgpack.Codec.AppendMessage(nil, codec.Result, 1, later, nil)
		if err != nil || !bytes.Equal(m[3:], b) {
			t.Fatalf("%x as a codec.Value is %x, %v", b, m, err)
		}
	})
}

func TestIntsAreSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(0, 64).Draw(t, "bits")
		n := rapid.Uint64().Draw(t, "n") >> (64 - bits)
		b, err := codec.Marshal(msgpack.Codec, n, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := 9
		for _, s := range []struct{ bits, size int }{{32, 5}, {16, 3}, {8, 2}, {7, 1}} {
			if n < 1<<s.bits {
				want = s.size
			}
		}
		if len(b) != want {
			t.Fatalf("%d takes %d bytes", n, len(b))
		}
		again, err := codec.Marshal(msgpack.Codec, new(big.Int).SetUint64(n), nil)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x, %x, %v", b, again, err)
		}
		neg := -int64(n >> 1)
		if b, err = codec.Marshal(msgpack.Codec, neg, nil); err != nil {
			t.Fatal(err)
		}
		var got int64
		if err := codec.Unmarshal(msgpack.Codec, b, &got, nil); err != nil || got != neg {
			t.Fatalf("%d came back as %d, %v", neg, got, err)
		}
	})
}

// A typed target gets what Any gets.
func TestTypedAgreesWithAny(t *testing.T) {
	type record struct {
		Floats []float64          `aiomas:"floats"`
		ByName map[string]float64 `aiomas:"by_name"`
		Ints   []int64            `aiomas:"ints"`
		Words  map[int64]string   `aiomas:"words"`
		Rest   any                `aiomas:"rest"`
	}
	rapid.Check(t, func(t *rapid.T) {
		in := record{
			Floats: rapid.SliceOf(rapid.Float64()).Draw(t, "floats"),
			ByName: rapid.MapOf(rapid.String(), rapid.Float64()).Draw(t, "by name"),
			Ints:   rapid.SliceOf(rapid.Int64()).Draw(t, "ints"),
			Words:  rapid.MapOf(rapid.Int64(), rapid.String()).Draw(t, "words"),
			Rest:   naturals(1).Draw(t, "rest"),
		}
		b, err := codec.Marshal(msgpack.Codec, in, nil)
		if err != nil {
			t.Fatal(err)
		}
		var out record
		if err := codec.Unmarshal(msgpack.Codec, b, &out, nil); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		again, err := codec.Marshal(msgpack.Codec, out, nil)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%+v came back as %+v, %v", in, out, err)
		}
		var natural codec.Dict
		if err := codec.Unmarshal(msgpack.Codec, b, &natural, nil); err != nil {
			t.Fatal(err)
		}
		if again, err = codec.Marshal(msgpack.Codec, natural, nil); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x became %x by way of a Dict, %v", b, again, err)
		}
	})
}

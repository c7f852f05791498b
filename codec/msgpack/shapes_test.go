package msgpack_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// Maps beside each other that have some of their keys in common, and floats or
// other values below them, are written as dicts whose order is given.
func TestMapsBesideEachOther(t *testing.T) {
	key := rapid.SampledFrom(strings.Fields("a b c d e f g h i j k l m n o p q r s t " + strings.Repeat("long", 10)))
	value := rapid.OneOf(
		rapid.Map(rapid.Float64(), toAny[float64]), rapid.Map(rapid.Float64(), toAny[float64]), rapid.Map(rapid.Float64(), toAny[float64]),
		rapid.Just[any](nil), rapid.Just[any]("text"),
		rapid.Map(rapid.MapOfN(key, rapid.Map(rapid.Float64(), toAny[float64]), 0, 9), toAny[map[string]any]))
	floats := rapid.MapOfN(key, rapid.Float64(), 0, 21)
	inner := rapid.OneOf(
		rapid.Map(floats, toAny[map[string]float64]),
		rapid.Map(floats, func(m map[string]float64) any { return anyMap(m) }),
		rapid.Map(rapid.MapOfN(key, value, 0, 21), toAny[map[string]any]))
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(inner, 1, 3).Draw(t, "kinds")
		outer := rapid.MapOfN(key, rapid.SampledFrom(kinds), 0, 21).Draw(t, "outer")
		for range 2 { // the second time all shapes are known
			got, err := codec.Marshal(msgpack.Codec, outer, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := codec.Marshal(msgpack.Codec, ordered(outer), nil)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s\n got %x\nwant %x", show(outer), got, want)
			}
		}
	})
}

// Keys that are too long to be remembered make no difference.
func TestMapsOfLongKeys(t *testing.T) {
	m := map[string]float64{}
	for i := range 9 {
		m[strings.Repeat(string(rune('a'+i)), 1<<13)] = float64(i)
	}
	want := encoded(t, ordered(m))
	for range 2 {
		if !bytes.Equal(encoded(t, m), want) || !bytes.Equal(encoded(t, anyMap(m)), want) {
			t.Fatal("not in the order of the keys, or not with their values")
		}
	}
}

func anyMap(m map[string]float64) map[string]any {
	out := make(map[string]any, len(m))
	for k, x := range m {
		out[k] = x
	}
	return out
}

// ordered returns v with dicts in the order of their keys in the place of maps.
func ordered(v any) any {
	d := codec.Dict{}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			d = append(d, codec.Entry{Key: k, Value: ordered(v[k])})
		}
	case map[string]float64:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			d = append(d, codec.Entry{Key: k, Value: v[k]})
		}
	default:
		return v
	}
	return d
}

package blosc_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
)

// series is a time series: what a numeric array of an agent looks like.
func series(n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = math.Round((100+50*math.Sin(float64(i)/96*2*math.Pi))*8) / 8
	}
	return s
}

// state is the state of many units: dicts of floats.
func state(units int) map[string]any {
	m := make(map[string]any)
	for i := range units {
		unit := make(map[string]any)
		for j := range 15 {
			unit[fmt.Sprintf("value_%d", j)] = float64(i*j) + 0.5
		}
		m[fmt.Sprintf("unit_%d", i)] = unit
	}
	return m
}

var benchmarks = []struct {
	name  string
	value any
}{
	{"call", &codec.Call{Path: "agents/0/step", Args: []any{1234, 2}}},
	{"state of 10 KB", state(40)},
	{"array of 8 MB", series(1_000_000)},
}

func BenchmarkAppendMessage(b *testing.B) {
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			plain := len(encode(b, msgpackCodec, bb.value))
			buf := make([]byte, 0, 2*plain+1000)
			b.SetBytes(int64(plain))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if buf, err = blosc.Codec.AppendMessage(buf[:0], codec.Request, 77, bb.value, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}

func BenchmarkParseMessage(b *testing.B) {
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			payload := encode(b, blosc.Codec, bb.value)
			b.SetBytes(int64(len(encode(b, msgpackCodec, bb.value))))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := blosc.Codec.ParseMessage(payload, codec.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkArray is the whole way of a big array, from numbers to numbers.
func BenchmarkArray(b *testing.B) {
	array := series(1_000_000)
	b.SetBytes(int64(len(array)) * 8)
	var buf []byte
	d := blosc.Codec.NewDecoder()
	for b.Loop() {
		var err error
		if buf, err = blosc.Codec.AppendMessage(buf[:0], codec.Result, 77, array, nil); err != nil {
			b.Fatal(err)
		}
		m, err := blosc.Codec.ParseMessage(buf, codec.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		d.Reset(m.Content, nil)
		var back []float64
		if err := d.Decode(&back); err != nil || len(back) != len(array) {
			b.Fatal(len(back), err)
		}
	}
}

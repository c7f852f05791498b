package msgpack_test

import (
	"fmt"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// state is the state of an agent of about 10 KB: a nested dict of floats.
func state() map[string]any {
	m := make(map[string]any)
	for i := range 40 {
		unit := make(map[string]any)
		for j := range 15 {
			unit[fmt.Sprintf("value_%d", j)] = float64(i*j) + 0.5
		}
		m[fmt.Sprintf("unit_%d", i)] = unit
	}
	return m
}

func typedState() map[string]map[string]float64 {
	m := make(map[string]map[string]float64)
	for k, v := range state() {
		m[k] = make(map[string]float64)
		for k2, v2 := range v.(map[string]any) {
			m[k][k2] = v2.(float64)
		}
	}
	return m
}

func encoded(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := codec.Marshal(msgpack.Codec, v, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func BenchmarkAppendMessage(b *testing.B) {
	call := &codec.Call{Path: "add", Args: []any{1234, 2}}
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = msgpack.Codec.AppendMessage(buf[:0], codec.Request, 77, call, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseMessage(b *testing.B) {
	call := &codec.Call{Path: "add", Args: []any{1234, 2}}
	payload, err := msgpack.Codec.AppendMessage(nil, codec.Request, 77, call, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := msgpack.Codec.ParseMessage(payload, codec.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeAny(b *testing.B) {
	list := make([]any, 1000)
	for i := range list {
		list[i] = float64(i) + 0.5
	}
	for name, v := range map[string]any{"state": state(), "list": list} {
		b.Run(name, func(b *testing.B) {
			buf := encoded(b, v)
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = msgpack.Codec.AppendValue(buf[:0], v, nil)
			}
		})
	}
}

func BenchmarkEncodeTyped(b *testing.B) {
	type point struct{ X, Y, Z float64 }
	points := make([]point, 400)
	floats := make([]float64, 1000)
	for name, v := range map[string]any{"maps": typedState(), "floats": floats, "structs": points} {
		b.Run(name, func(b *testing.B) {
			buf := encoded(b, v)
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = msgpack.Codec.AppendValue(buf[:0], v, nil)
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	buf := encoded(b, state())
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := msgpack.Codec.ParseValue(buf, codec.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeAny(b *testing.B) {
	type point struct{ X, Y, Z float64 }
	for name, v := range map[string]any{"state": state(), "floats": make([]float64, 1000), "structs": make([]point, 400)} {
		b.Run(name, func(b *testing.B) {
			buf := encoded(b, v)
			d := msgpack.Codec.NewDecoder()
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(buf, nil)
				if _, err := d.Any(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeTyped(b *testing.B) {
	type point struct{ X, Y, Z float64 }
	b.Run("maps", func(b *testing.B) { benchmarkDecode(b, typedState()) })
	b.Run("floats", func(b *testing.B) { benchmarkDecode(b, make([]float64, 1000)) })
	b.Run("structs", func(b *testing.B) { benchmarkDecode(b, make([]point, 400)) })
}

func benchmarkDecode[T any](b *testing.B, v T) {
	buf := encoded(b, v)
	d := msgpack.Codec.NewDecoder()
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		var target T
		d.Reset(buf, nil)
		if err := d.Decode(&target); err != nil {
			b.Fatal(err)
		}
	}
}

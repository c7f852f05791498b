package json_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// state is an agent's state of about 10 KB: dicts of floats in a dict.
func state() map[string]any {
	s := make(map[string]any)
	for i := range 20 {
		unit := make(map[string]any)
		for j := range 20 {
			unit[fmt.Sprintf("value_%02d", j)] = float64(i*j)*1.37 + 0.123456789
		}
		s[fmt.Sprintf("unit_%02d", i)] = unit
	}
	return s
}

// mixed is a list of dicts of the same nesting with two sets of keys, as of two kinds of units.
func mixed() (list []any) {
	for i := range 50 {
		list = append(list,
			map[string]any{"id": i, "power": 1.5, "voltage": 230.0, "controller": nil},
			map[string]any{"node": i, "branch_from": 1, "branch_to": 2})
	}
	return list
}

func BenchmarkAppendMessage(b *testing.B) {
	call := &codec.Call{Path: "add", Args: []any{12345, 2}}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = json.Codec.AppendMessage(buf[:0], codec.Request, 123456, call, nil)
	}
}

func BenchmarkParseMessage(b *testing.B) {
	payload := []byte(`[0, 123456, ["add", [12345, 2], {}]]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Codec.ParseMessage(payload, codec.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	floats := make([]float64, 1000)
	for i := range floats {
		floats[i] = float64(i) * 1.1
	}
	type point struct{ X, Y, Z float64 }
	type unit struct {
		Name  string
		Pos   *point
		Trace []float64
	}
	units := make([]unit, 50)
	for i := range units {
		units[i] = unit{"unit", &point{1.5, 2.5, float64(i)}, []float64{0.25, 1.75}}
	}
	for name, v := range map[string]any{
		"state": state(), "floats": floats, "structs": units,
		"text1MiB":    strings.Repeat("abcdefghijklmnop", 65536),
		"lines1MiB":   strings.Repeat("a line of text, as they are.....\n", 31775),
		"umlauts1MiB": strings.Repeat("ä", 524288),
	} {
		b.Run(name, func(b *testing.B) {
			buf := []byte(marshal(b, v, nil))
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = json.Codec.AppendValue(buf[:0], v, nil)
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	for name, v := range map[string]any{
		"state":       state(),
		"text1MiB":    strings.Repeat("abcdefghijklmnop", 65536),
		"lines1MiB":   strings.Repeat("a line of text, as they are.....\n", 31775),
		"umlauts1MiB": strings.Repeat("ä", 524288),
	} {
		b.Run(name, func(b *testing.B) {
			data := []byte(marshal(b, v, nil))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := json.Codec.ParseValue(data, codec.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	type units map[string]map[string]float64
	floats := make([]float64, 1000)
	for i := range floats {
		floats[i] = float64(i) * 1.1
	}
	for name, bench := range map[string]struct{ v, target any }{
		"state/any":    {state(), new(any)},
		"mixed/any":    {mixed(), new(any)},
		"state/typed":  {state(), new(units)},
		"floats/any":   {floats, new(any)},
		"floats/typed": {floats, new([]float64)},
		"text1MiB":     {strings.Repeat("abcdefghijklmnop", 65536), new(string)},
		"lines1MiB":    {strings.Repeat("a line of text, as they are.....\n", 31775), new(string)},
	} {
		b.Run(name, func(b *testing.B) {
			data := []byte(marshal(b, bench.v, nil))
			d := json.Codec.NewDecoder()
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(data, nil)
				if err := d.Decode(bench.target); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

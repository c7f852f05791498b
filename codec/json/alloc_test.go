package json_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Encoding and parsing a small message does not allocate.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("with the race detector a sync.Pool forgets on purpose")
	}
	type point struct{ X, Y float64 }
	call := &codec.Call{Path: "agents/0/add", Args: []any{1234, 2.5, "text", true, nil}}
	kwargs := &codec.Call{Path: "f", Args: []any{[]float64{1, 2}, []string{"a"}}, Kwargs: map[string]any{"b": 1, "a": map[string]any{"x": 1.5}}}
	var states, structs, maps any = state(), []point{{1, 2}, {3, 4}}, map[string]float64{"a": 1, "b": 2}
	payload, err := json.Codec.AppendMessage(nil, codec.Request, 77, kwargs, nil)
	if err != nil {
		t.Fatal(err)
	}
	floats := []byte(marshal(t, make([]float64, 50), nil))
	dict := []byte(`{"a": 1.5, "b": 2.5, "c": 3.5}`)
	long := []byte(`"` + strings.Repeat("x", 10_000) + `"`)
	buf := make([]byte, 0, 64<<10)
	d := json.Codec.NewDecoder()
	var list []float64
	names := map[string]point{}
	for i := range 24 {
		names[fmt.Sprintf("unit_%02d", i)] = point{1, 2}
	}
	units := []byte(marshal(t, names, nil))
	var byName map[string]point
	var m map[string]float64
	var text string
	tests := []struct {
		name string
		most float64
		f    func() error
	}{
		{"append a call", 0, func() error { _, err := json.Codec.AppendMessage(buf, codec.Request, 77, call, nil); return err }},
		{"append kwargs", 0, func() error { _, err := json.Codec.AppendMessage(buf, codec.Request, 77, kwargs, nil); return err }},
		{"append a state", 0, func() error { _, err := json.Codec.AppendValue(buf, states, nil); return err }},
		{"append structs", 0, func() error { _, err := json.Codec.AppendValue(buf, structs, nil); return err }},
		{"append a map", 0, func() error { _, err := json.Codec.AppendValue(buf, maps, nil); return err }},
		{"parse a message", 0, func() error { _, err := json.Codec.ParseMessage(payload, codec.Limits{}); return err }},
		{"skip", 0, func() error { d.Reset(payload, nil); return d.Skip() }},
		{"read ints", 0, func() error {
			d.Reset(payload, nil)
			if _, err := d.List(); err != nil {
				return err
			}
			for range 2 {
				d.More()
				if _, err := d.Int64(); err != nil {
					return err
				}
			}
			return nil
		}},
		{"floats", 1, func() error { d.Reset(floats, nil); return d.Decode(&list) }},
		{"a map of structs", 6, func() error { d.Reset(units, nil); return d.Decode(&byName) }},
		{"dict of floats", 2, func() error { d.Reset(dict, nil); return d.Decode(&m) }},
		{"text", 1, func() error { d.Reset(long, nil); return d.Decode(&text) }},
	}
	for _, tt := range tests {
		if err := tt.f(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if n := testing.AllocsPerRun(200, func() { _ = tt.f() }); n > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", tt.name, n, tt.most)
		}
	}
}

// Many small dicts after a large one are not made in its size.
func TestMemoryFollowsTheBytes(t *testing.T) {
	large := marshal(t, state(), nil)
	payload := []byte("[" + large + strings.Repeat(", {}, []", 10_000) + "]")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v, err := decodeAny(payload, nil)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 120*uint64(len(payload)) {
		t.Errorf("%d bytes of JSON took %d bytes of memory", len(payload), got)
	}
	runtime.KeepAlive(v)
}

package msgpack_test

import (
	"fmt"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// What every message pays stays free of allocations.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("with the race detector a sync.Pool forgets on purpose")
	}
	call := &codec.Call{Path: "agents/0/add", Args: []any{1234, 2.5, "text", []float64{1, 2}}}
	kwargs := &codec.Call{Path: "f", Kwargs: map[string]any{"b": 1, "a": map[string]any{"x": 1.5, "y": 2.5}}}
	var content, withKwargs any = call, kwargs
	var states any = state()
	type point struct{ X, Y float64 }
	var structs any = []point{{1, 2}, {3, 4}}
	payload, err := msgpack.Codec.AppendMessage(nil, codec.Request, 77, call, nil)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 64<<10)
	d := msgpack.Codec.NewDecoder()
	floats := encoded(t, make([]float64, 100))
	var list []float64
	names := map[string]point{}
	for i := range 24 {
		names[fmt.Sprintf("unit_%02d", i)] = point{1, 2}
	}
	units := encoded(t, names)
	var byName map[string]point
	tests := []struct {
		name string
		most float64
		f    func() error
	}{
		{"append a call", 0, func() error { _, err := msgpack.Codec.AppendMessage(buf, codec.Request, 77, content, nil); return err }},
		{"append kwargs", 0, func() error {
			_, err := msgpack.Codec.AppendMessage(buf, codec.Request, 77, withKwargs, nil)
			return err
		}},
		{"append a state", 0, func() error { _, err := msgpack.Codec.AppendValue(buf, states, nil); return err }},
		{"append structs", 0, func() error { _, err := msgpack.Codec.AppendValue(buf, structs, nil); return err }},
		{"parse a message", 0, func() error { _, err := msgpack.Codec.ParseMessage(payload, codec.Limits{}); return err }},
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
		{"a map of structs", 6, func() error {
			d.Reset(units, nil)
			return d.Decode(&byName)
		}},
		{"floats", 1, func() error {
			d.Reset(floats, nil)
			return d.Decode(&list)
		}},
	}
	for _, tt := range tests {
		if got := testing.AllocsPerRun(200, func() {
			if err := tt.f(); err != nil {
				t.Fatal(err)
			}
		}); got > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", tt.name, got, tt.most)
		}
	}
}

package mosaik

import (
	"fmt"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
)

// benchInputs are those of a step of 1,000 entities, encoded.
func benchInputs(b *testing.B) codec.Value {
	b.Helper()
	var in Inputs
	for i := range 1000 {
		in.Add(fmt.Sprintf("entity_%d", i), "p", fmt.Sprintf("Other-0.entity_%d", i), 0.1*float64(i))
	}
	raw, err := codec.Marshal(wire, in.dict(), nil)
	if err != nil {
		b.Fatal(err)
	}
	d := wire.NewDecoder()
	d.Reset(raw, nil)
	v, err := codec.NewValue(d)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func BenchmarkReadInputs(b *testing.B) {
	raw, r := benchInputs(b), newReader()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.inputs(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUseInputs(b *testing.B) {
	raw, r := benchInputs(b), newReader()
	b.ReportAllocs()
	for b.Loop() {
		in, err := r.inputs(raw)
		if err != nil {
			b.Fatal(err)
		}
		for eid := range in.Entities() {
			if _, err := in.Sum(eid, "p"); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkWriteOutput(b *testing.B) {
	var want Outputs
	for i := range 1000 {
		want = append(want, Wanted{fmt.Sprintf("entity_%d", i), []string{"p"}})
	}
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		out := want.Fill(func(string, string) (any, bool) { return 0.1, true })
		var err error
		if buf, err = wire.AppendValue(buf[:0], out.dict(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

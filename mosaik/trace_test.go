package mosaik_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

func TestTrace(t *testing.T) {
	sim := &fake{}
	sim.step = func(ctx context.Context, time int64, _ mosaik.Inputs, _ int64) (int64, error) {
		if time == 2 {
			return 0, errors.New("oops")
		}
		_, err := mosaik.WorldFrom(ctx).Progress(ctx)
		return time + 2, err
	}
	var file bytes.Buffer
	s := serve(t, sim, mosaik.WithTrace(&file))
	ctx := t.Context()
	d, err := mosaik.Connect(ctx, s.addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Init(ctx, "S-0", 1, nil); err != nil {
		t.Fatal(err)
	}
	var in mosaik.Inputs
	in.Add("e", "a", "X-0.1.2", 1.0)
	in.Add("e", "a", "X-0.2", 1.0)
	in.Add("f", "a", "Y.1", 1.0)
	if _, err := d.Step(ctx, 0, in, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Step(ctx, 2, mosaik.Inputs{}, 1); err == nil {
		t.Fatal("no failure")
	}
	if _, err := d.GetData(ctx, mosaik.Outputs{{EID: "e", Attrs: []string{"a", "b"}}}); err != nil {
		t.Fatal(err)
	}
	if err := d.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.end(t); err != nil {
		t.Fatal(err)
	}
	var got []mosaik.Record
	for dec := json.NewDecoder(&file); ; {
		var r mosaik.Record
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if r.Sim != "S-0" || r.Duration <= 0 || r.Request == 0 || r.Reply == 0 && r.Call != "stop" || time.Since(r.Start) > time.Hour {
			t.Errorf("%+v", r)
		}
		got = append(got, r)
	}
	at := func(t int64) *int64 { return &t }
	want := []mosaik.Record{
		{Call: "init"}, {Call: "get_progress", ToMosaik: true},
		{Call: "step", Time: at(0), Next: at(2), From: map[string]int{"X-0": 2, "Y": 1}},
		{Call: "step", Time: at(2), Error: "RuntimeError: S-0: step(time=2): oops"},
		{Call: "get_data", Values: 2}, {Call: "stop"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(mosaik.Record{}, "Sim", "Start", "Duration", "Request", "Reply"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

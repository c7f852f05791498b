package mosaik_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

func isType(err error, typ aiomas.ExceptionType) bool { return errors.Is(err, typ) }

func TestParams(t *testing.T) {
	type params struct {
		Size  int64    `mosaik:"step_size"`
		File  string   `mosaik:"file,required"`
		Names []string `mosaik:"names"`
		Other int
	}
	tests := []struct {
		name   string
		params map[string]any
		want   params
		fails  string // TypeError
	}{
		{"defaults", map[string]any{"file": "f"}, params{60, "f", []string{"x"}, 3}, ""},
		{"all", map[string]any{"file": "f", "step_size": 1, "names": []string{}}, params{1, "f", []string{}, 3}, ""},
		{"unknown", map[string]any{"file": "f", "Other": 1}, params{}, "init() got an unexpected keyword argument 'Other'"},
		{"missing", nil, params{}, "init() missing 1 required positional argument: 'file'"},
		{"another type", map[string]any{"file": "f", "step_size": 1.0}, params{}, "init() argument 'step_size': float does not fit int64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := params{60, "", []string{"x"}, 3}
			var resolution float64
			sim := &fake{}
			sim.init = func(_ context.Context, _ string, p mosaik.Params) (mosaik.Meta, error) {
				resolution = p.TimeResolution
				return mosaik.Meta{}, p.Decode(&got)
			}
			_, err := drive(t, sim).Init(t.Context(), "S-0", 0.25, tt.params)
			if tt.fails != "" {
				if e := remote(t, err); e.Type != "TypeError" || e.Message != "S-0: init: "+tt.fails {
					t.Errorf("%s: %s", e.Type, e.Message)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil || resolution != 0.25 {
				t.Errorf("%v, time resolution %v, %s", err, resolution, diff)
			}
		})
	}
}

func TestParamsOfSeveralMissing(t *testing.T) {
	var p mosaik.Params
	var two struct {
		A int `mosaik:"a,required"`
		B int `mosaik:"b,required"`
	}
	var three struct {
		A int `mosaik:"a,required"`
		B int `mosaik:"b,required"`
		C int `mosaik:"c,required"`
	}
	for want, target := range map[string]any{
		"TypeError: () missing 2 required positional arguments: 'a' and 'b'":       &two,
		"TypeError: () missing 3 required positional arguments: 'a', 'b', and 'c'": &three,
	} {
		if err := p.Decode(target); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	m := map[string]any{"x": 1}
	if err := p.Decode(&m); err != nil || len(m) != 1 {
		t.Errorf("into a map: %v, %v", m, err)
	}
	if err := p.Decode(m); err == nil {
		t.Error("into no pointer")
	}
}

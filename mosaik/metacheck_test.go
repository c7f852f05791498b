package mosaik_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

func TestMetaCheck(t *testing.T) {
	ab, a, b, none := []string{"a", "b"}, []string{"a"}, []string{"b"}, []string{}
	model := func(typ mosaik.Type, m mosaik.ModelMeta) mosaik.Meta {
		if m.Attrs == nil {
			m.Attrs = ab
		}
		return mosaik.Meta{Type: typ, Models: map[string]mosaik.ModelMeta{"M": m}}
	}
	tests := []struct {
		name string
		meta mosaik.Meta
		want []string // "model attribute" of each error; empty: it is good
	}{
		{"nothing", mosaik.Meta{}, nil},
		{"version", mosaik.Meta{APIVersion: "3.x"}, []string{" "}},
		{"older version", mosaik.Meta{APIVersion: "2.4"}, []string{" "}},
		{"long version", mosaik.Meta{APIVersion: "3.0.16"}, nil},
		{"type", mosaik.Meta{Type: "timely"}, []string{" "}},
		{"model named like a call", mosaik.Meta{Models: map[string]mosaik.ModelMeta{"step": {}, "finalize": {}}}, []string{"finalize ", "step "}},
		{"extra method named like a call or model", mosaik.Meta{ExtraMethods: []string{"stop", "M", "x"}, Models: map[string]mosaik.ModelMeta{"M": {}}}, []string{" ", " "}},

		{"time-based", model(mosaik.TimeBased, mosaik.ModelMeta{}), nil},
		{"time-based, empty trigger", model(mosaik.TimeBased, mosaik.ModelMeta{Trigger: none, NonPersistent: none}), nil},
		{"time-based with all", model(mosaik.TimeBased, mosaik.ModelMeta{NonTrigger: ab, Persistent: ab}), nil},
		{"time-based with a part", model(mosaik.TimeBased, mosaik.ModelMeta{NonTrigger: a, Persistent: b}), []string{"M b", "M a"}},
		{"time-based trigger", model(mosaik.TimeBased, mosaik.ModelMeta{Trigger: a}), []string{"M a"}},
		{"time-based events", model(mosaik.TimeBased, mosaik.ModelMeta{NonPersistent: b}), []string{"M b"}},
		{"event-based", model(mosaik.EventBased, mosaik.ModelMeta{}), nil},
		{"event-based, empty", model(mosaik.EventBased, mosaik.ModelMeta{NonTrigger: none, Persistent: none}), nil},
		{"event-based non-trigger", model(mosaik.EventBased, mosaik.ModelMeta{NonTrigger: a}), []string{"M a"}},
		{"event-based with a part", model(mosaik.EventBased, mosaik.ModelMeta{Trigger: a}), []string{"M b"}},
		{"hybrid", model(mosaik.Hybrid, mosaik.ModelMeta{}), nil},
		{"hybrid with trigger", model(mosaik.Hybrid, mosaik.ModelMeta{Trigger: a, NonPersistent: b}), nil},
		{"hybrid with non-trigger", model(mosaik.Hybrid, mosaik.ModelMeta{NonTrigger: a}), nil},
		{"hybrid with both", model(mosaik.Hybrid, mosaik.ModelMeta{Trigger: a, NonTrigger: b, Persistent: b, NonPersistent: a}), nil},
		{"hybrid with overlap", model(mosaik.Hybrid, mosaik.ModelMeta{Trigger: a, NonTrigger: ab}), []string{"M a"}},
		{"hybrid with a gap", model(mosaik.Hybrid, mosaik.ModelMeta{Trigger: a, NonTrigger: none}), []string{"M b"}},
		{"hybrid with persistent only", model(mosaik.Hybrid, mosaik.ModelMeta{Persistent: a}), []string{"M b"}},
		{"trigger of no attribute", model(mosaik.Hybrid, mosaik.ModelMeta{Trigger: []string{"c"}}), []string{"M c"}},
		{"any inputs", model(mosaik.Hybrid, mosaik.ModelMeta{AnyInputs: true, Trigger: []string{"c"}}), nil},
		{"any inputs with both", model(mosaik.Hybrid, mosaik.ModelMeta{AnyInputs: true, Trigger: a, NonTrigger: b}), []string{"M "}},
		{"any inputs, time-based list", model(mosaik.TimeBased, mosaik.ModelMeta{AnyInputs: true, NonTrigger: ab}), []string{"M "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			err := tt.meta.Check()
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				for _, e := range joined.Unwrap() {
					var bad *mosaik.MetaError
					if !errors.As(e, &bad) || e.Error() == "" {
						t.Errorf("%T", e)
						continue
					}
					got = append(got, bad.Model+" "+bad.Attr)
				}
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

package function_test

import (
	"reflect"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/function"
)

type Range struct{ From, To int }

type rangeQuery struct {
	*Range
	Name string
}

// A keyword struct may embed another one by a pointer, which is made when one of
// its fields is passed.
func TestKeywordStructEmbedsAPointer(t *testing.T) {
	f := plan(t, "f", func(q rangeQuery) []any {
		if q.Range == nil {
			return []any{q.Name}
		}
		return []any{q.Name, q.From, q.To}
	}, function.Options{KeywordStruct: true})
	for args, want := range map[string]string{
		`[], {"from": 1, "name": "a", "to": 2}`: "[a 1 2]",
		`[], {"name": "b"}`:                     "[b]",
	} {
		if got := call(t, f, args); got != want {
			t.Errorf("%s: %s", args, got)
		}
	}
}

// Defaults behind an embedded pointer are not written to.
func TestKeywordStructPointerDefaults(t *testing.T) {
	shared := Range{1, 2}
	f := plan(t, "f", func(q rangeQuery) []int { return []int{q.From, q.To} },
		function.Options{KeywordStruct: true, KeywordDefaults: []any{rangeQuery{Range: &shared}}})
	if got := call(t, f, `[], {"from": 7}`); got != "[7 2]" {
		t.Error(got)
	}
	if got := call(t, f, `[], {}`); got != "[1 2]" {
		t.Error(got)
	}
	if shared != (Range{1, 2}) {
		t.Errorf("the defaults have become %v", shared)
	}
}

type bounds struct {
	Low, High int
}

type charge struct {
	bounds         // its fields are keywords, too
	Named  bounds  `aiomas:"named"`
	Rate   float64 `aiomas:"rate"`
	Steps  []int   `aiomas:"steps"`
	Note   *string `aiomas:"note"`
	Unit   string  `aiomas:"unit,required"`
	Hidden int     `aiomas:"-"`
	Any    any     `aiomas:"any"`
	Map    map[string]int
}

// Fields of a keyword struct without an argument have their default values, in
// each call.
func TestKeywordStructDefaults(t *testing.T) {
	note := "default"
	defaults := charge{bounds{1, 2}, bounds{3, 4}, 0.5, []int{1}, &note, "unused", 7, "x", map[string]int{"a": 1}}
	var got charge
	keep := func(c charge) { got = c }
	filled := plan(t, "charge", keep, function.Options{KeywordStruct: true, KeywordDefaults: []any{defaults}})
	zero := plan(t, "zero", keep, function.Options{KeywordStruct: true})
	for _, c := range []struct {
		f      *function.Function
		kwargs string
		change func(*charge)
	}{
		{filled, `{"unit": "W"}`, func(*charge) {}},
		{filled, `{"unit": "W", "rate": 2, "high": 9, "note": null, "map": {"b": 2}}`, func(c *charge) {
			c.Rate, c.High, c.Note, c.Map = 2, 9, nil, map[string]int{"b": 2}
		}},
		{filled, `{"unit": "W", "named": {"low": 8}, "steps": [5], "any": null}`, func(c *charge) {
			c.Named.Low, c.Steps, c.Any = 8, []int{5}, nil
		}},
		{filled, `{"unit": "W"}`, func(*charge) {}}, // nothing of the calls before
		{zero, `{"unit": "W"}`, func(c *charge) { *c = charge{Unit: "W"} }},
	} {
		want := defaults
		want.Unit = "W"
		c.change(&want)
		got = charge{}
		if s := call(t, c.f, `[], `+c.kwargs); s != "<nil>" || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s\ngot  %+v\nwant %+v", c.kwargs, s, got, want)
		}
	}
	// A default does not replace what is required.
	if s := call(t, filled, `[], {}`); s != "charge() missing 1 required keyword-only argument: 'unit'" {
		t.Error(s)
	}
	if note != "default" || defaults.Steps[0] != 1 || defaults.Map["a"] != 1 || len(defaults.Map) != 1 {
		t.Errorf("the defaults have changed: %+v", defaults)
	}
}

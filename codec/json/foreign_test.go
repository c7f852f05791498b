package json_test

import (
	stdjson "encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Raw holds any JSON; its UnmarshalJSON is a pointer method.
type Raw string

func (r Raw) MarshalJSON() ([]byte, error) {
	switch r {
	case "error":
		return nil, errors.New("no")
	case "panic":
		panic("boom")
	}
	return []byte(r), nil
}

func (r *Raw) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"error"`:
		return errors.New("no")
	case `"panic"`:
		panic("boom")
	}
	*r = Raw(b)
	return nil
}

// Both also has a text form, which is not used.
type Both struct{ N int }

func (b *Both) MarshalJSON() ([]byte, error) { return stdjson.Marshal([]int{b.N}) }
func (b Both) MarshalText() ([]byte, error)  { return []byte("text"), nil }

func TestForeign(t *testing.T) {
	tests := []struct {
		value any
		want  string
	}{
		{Raw(`{"b":1,"a":[1.50,1E2,1e400,-0,"é😀"],"big":123456789012345678901234567890,"n":null}`), `{"b": 1, "a": [1.5, 100.0, Infinity, 0, "\u00e9\ud83d\ude00"], "big": 123456789012345678901234567890, "n": null}`},
		{[]Raw{`1`, `1.0`}, `[1, 1.0]`}, {map[string]Raw{"k": `[]`}, `{"k": []}`}, {struct{ R *Raw }{}, `{"r": null}`}, {(*Raw)(nil), `null`},
		{stdjson.Number("12"), `12`}, {stdjson.Number("1.50"), `1.5`}, {stdjson.Number("1e2"), `100.0`}, {stdjson.Number(""), `0`}, {[]stdjson.Number{"123456789012345678901234567890"}, `[123456789012345678901234567890]`},
		{stdjson.RawMessage(` {"a" : [ ] } `), `{"a": []}`}, {struct{ M stdjson.RawMessage }{stdjson.RawMessage(`[1,2]`)}, `{"m": [1, 2]}`},
		{Both{1}, `[1]`}, {&Both{2}, `[2]`}, {map[string]Both{"b": {3}}, `{"b": [3]}`},
	}
	for _, tt := range tests {
		if got := marshal(t, tt.value, nil); got != tt.want {
			t.Errorf("%T %v: %s, want %s", tt.value, tt.value, got, tt.want)
		}
	}

	refused := []struct {
		value         any
		where, reason string
	}{
		{[]Raw{"error"}, "[0]", "Could not serialize object of type json_test.Raw"}, {[]Raw{"panic"}, "[0]", "panicked: boom"}, {map[string]Raw{"k": `{"a":`}, "k", "the JSON of json_test.Raw"}, {Raw(""), "", "the JSON of"}, {Raw("1 2"), "", "the JSON of"}, {Raw("\"\xff\""), "", "the JSON of"},
		{Raw(`[{"__type__": [0, 1]}]`), "[0]", "marks a custom type"}, {Raw(strings.Repeat("[", 501) + strings.Repeat("]", 501)), "[0]", "nested deeper"}, {stdjson.Number("x"), "", "is not a number"}, {stdjson.Number("1x"), "", "the JSON of"}, {stdjson.Number("[1]"), "", "is not a number"}, {[]stdjson.RawMessage{nil, []byte("{")}, "[1]", "the JSON of"},
	}
	for _, tt := range refused {
		_, err := codec.Marshal(json.Codec, tt.value, nil)
		var ee *codec.EncodeError
		if !errors.As(err, &ee) || !strings.HasPrefix(ee.Where, tt.where) || !strings.Contains(ee.Reason, tt.reason) {
			t.Errorf("%T %v: %v, want %q at %q", tt.value, tt.value, err, tt.reason, tt.where)
		}
	}
}

func TestForeignDecode(t *testing.T) {
	tests := []struct {
		text string
		want any
	}{
		{`{"a": [1.50, NaN], "é": "\u00e9"}`, Raw(`{"a": [1.50, NaN], "é": "\u00e9"}`)}, {`[1, "x" , {}]`, []Raw{`1`, `"x"`, `{}`}}, {`{"k": null}`, map[string]Raw{"k": `null`}}, {`{"k": null, "l": 1}`, map[string]*Raw{"k": nil, "l": ptr(Raw(`1`))}},
		{`12`, stdjson.Number("12")}, {`[1.50, 1E400]`, []stdjson.Number{"1.50", "1E400"}}, {`{"m": [1, 2]}`, struct{ M stdjson.RawMessage }{stdjson.RawMessage(`[1, 2]`)}},
	}
	for _, tt := range tests {
		target := reflect.New(reflect.TypeOf(tt.want))
		if err := codec.Unmarshal(json.Codec, []byte(tt.text), target.Interface(), nil); err != nil || !reflect.DeepEqual(target.Elem().Interface(), tt.want) {
			t.Errorf("%s: %v, %v, want %v", tt.text, target.Elem(), err, tt.want)
		}
	}
	for text, target := range map[string]any{`"error"`: new(Raw), `"panic"`: new(Raw), `"12"`: new(stdjson.Number), `[1]`: new(stdjson.Number), `[null]`: new([]stdjson.Number)} {
		var de *codec.DecodeError
		if err := codec.Unmarshal(json.Codec, []byte(text), target, nil); !errors.As(err, &de) {
			t.Errorf("%s into %T: %v", text, target, err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

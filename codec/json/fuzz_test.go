package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// seed adds all known accepted and refused inputs.
func seed(f *testing.F) {
	f.Helper()
	for _, text := range accepted {
		f.Add([]byte("[0, 1, " + text + "]"))
	}
	for _, tt := range refused {
		f.Add([]byte("[0, 1, " + tt.text + "]"))
	}
	for _, c := range golden.Cases(f, "json") {
		if c.Kind == golden.Message {
			f.Add(c.Payload)
		}
	}
}

// FuzzParseMessage: every decoder accepts what the scan accepts; encoding and
// decoding the result gives the same value; and decoding bytes that were
// refused, or never scanned, returns an error or a value.
func FuzzParseMessage(f *testing.F) {
	seed(f)
	reg := registry(f, "Point", "complex", "object")
	limits := codec.Limits{Depth: 100, Elements: 10_000}
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := bytes.Clone(payload)
		m, err := json.Codec.ParseMessage(payload, limits)
		if err != nil {
			wild(payload, reg)
			if m.Content != nil {
				t.Errorf("an error with content: %v", err)
			}
			return
		}
		d := json.Codec.NewDecoder()
		d.Reset(m.Content, reg)
		if raw, err := d.Raw(); err != nil || len(bytes.TrimSpace(raw)) != len(bytes.TrimSpace(m.Content)) || d.Kind() != codec.KindInvalid {
			t.Fatalf("Raw of %q: %q, %v", m.Content, raw, err)
		}
		d.Reset(m.Content, reg)
		v, err := d.Any()
		if err != nil {
			if de := (*codec.DecodeError)(nil); !errors.As(err, &de) {
				t.Fatalf("%v is no DecodeError", err)
			}
			if !bytes.Contains(payload, []byte("__type__")) && !bytes.Contains(payload, []byte(`\u`)) {
				t.Fatalf("%q was accepted by the scan: %v", m.Content, err)
			}
			return
		}
		first, err := json.Codec.AppendMessage(nil, m.Type, m.ID, v, reg.Bind(1))
		if err != nil {
			t.Fatalf("%q: %v", m.Content, err)
		}
		m2, err := json.Codec.ParseMessage(first, codec.Limits{})
		if err != nil {
			t.Fatalf("%q became %q: %v", payload, first, err)
		}
		v2, err := decodeAny(m2.Content, reg)
		if err != nil || !same(v, v2) {
			t.Fatalf("%q became %q: %s, %v", payload, first, show(v2), err)
		}
		if !bytes.Equal(payload, before) {
			t.Fatal("the payload was changed")
		}
	})
}

// wild decodes bytes that are not JSON.
func wild(payload []byte, reg *codec.Registry) {
	for _, target := range []any{new(any), new([]float64), new(map[string]float64), new(codec.Dict), new(codec.Value), new(Point), new(map[int][]string), new(*big.Int), new(string)} {
		d := json.Codec.NewDecoder()
		d.Reset(payload, reg)
		_ = d.Decode(target)
	}
}

// FuzzDecodeTyped: a typed target and any agree on what a value is.
func FuzzDecodeTyped(f *testing.F) {
	f.Add([]byte(`{"i8": -1, "u16": 2, "f": 1.5, "s": "x", "b": true, "opt": {"i8": 1}, "list": [1], "floats": [1, 2.5], "texts": ["a"], "dict": {"a": 1}, "by_int": {"1": "x"}, "any": [{}], "nested": [{"a": [true]}]}`))
	f.Add([]byte(`{"dict": {"a": 1.5, "b": 2, "a": 3}, "floats": [1, "x"]}`))
	f.Add([]byte(`{"__type__": [0, {"x": 1, "y": 2}]}`))
	for _, v := range codectest.RowSeeds {
		f.Add([]byte(marshal(f, v, nil)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		codectest.CheckRows(t, json.Codec.NewDecoder(), data)
		if _, err := json.Codec.ParseValue(data, codec.Limits{Depth: 50}); err != nil {
			return
		}
		var x typed
		err := codec.Unmarshal(json.Codec, data, &x, nil)
		if err != nil {
			if de := (*codec.DecodeError)(nil); !errors.As(err, &de) {
				t.Fatalf("%v is no DecodeError", err)
			}
		} else {
			again, err := codec.Marshal(json.Codec, &x, nil)
			if err != nil {
				t.Fatalf("%q: %v", data, err)
			}
			var y typed
			if err := codec.Unmarshal(json.Codec, again, &y, nil); err != nil || marshal(t, y, nil) != string(again) {
				t.Fatalf("%q became %q: %v", data, again, err)
			}
		}
		agree[[]float64](t, data)
		agree[map[string]float64](t, data)
		agree[[]any](t, data)
		agree[map[string]any](t, data)
		agree[codec.Dict](t, data)
		agree[string](t, data)
		agree[float64](t, data)
		agree[*big.Int](t, data)
	})
}

// agree compares decoding into a T with decoding into an any, if the value fits a
// T.
func agree[T any](t *testing.T, data []byte) {
	t.Helper()
	var x T
	var v any
	if codec.Unmarshal(json.Codec, data, &x, nil) != nil || codec.Unmarshal(json.Codec, data, &v, nil) != nil || v == nil {
		return
	}
	a, errA := decodeAny([]byte(marshal(t, x, nil)), nil)
	b, errB := decodeAny([]byte(marshal(t, v, nil)), nil)
	if errA != nil || errB != nil || !same(normal(a), normal(b)) {
		t.Fatalf("%q is %v for %T, and %v for any", data, show(x), x, show(v))
	}
}

// FuzzOracle: this package and encoding/json accept the same inputs and decode
// them to the same values, except for differences by design.
func FuzzOracle(f *testing.F) {
	seed(f)
	for _, tt := range refused {
		f.Add([]byte(tt.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := json.Codec.ParseValue(data, codec.Limits{Depth: 10_000})
		ours, theirs := err == nil, stdjson.Valid(data)
		switch {
		case ours && theirs:
			checkSameRead(t, data)
		case ours == theirs:
		case theirs && !utf8.Valid(data): // encoding/json replaces it by U+FFFD
		case theirs && strings.Contains(err.Error(), "digits, more than"):
		case ours && (bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Infinity"))):
		default:
			t.Errorf("%q: they say %v, we say %v", data, theirs, err)
		}
	})
}

// checkSameRead compares the results of encoding/json and this package for data.
func checkSameRead(t *testing.T, data []byte) {
	t.Helper()
	ours, err := decodeAny(data, nil)
	if err != nil {
		if !bytes.Contains(data, []byte("__type__")) && !bytes.Contains(data, []byte(`\u`)) {
			t.Errorf("%q: %v", data, err)
		}
		return
	}
	d := stdjson.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var theirs any
	if err := d.Decode(&theirs); err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	half := bytes.Contains(data, []byte(`\ud`)) || bytes.Contains(data, []byte(`\uD`)) // encoding/json reads a lone surrogate as U+FFFD
	if theirs = withNumbers(theirs); !half && !same(ours, theirs) {
		t.Errorf("%q: they read %s, we read %s", data, show(theirs), show(ours))
	}
}

// withNumbers parses each encoding/json.Number in v.
func withNumbers(v any) any {
	switch v := v.(type) {
	case stdjson.Number:
		if strings.ContainsAny(string(v), ".eE") {
			x, _ := strconv.ParseFloat(string(v), 64) // an infinity past the range, as in Python
			return x
		}
		n, _ := new(big.Int).SetString(string(v), 10)
		switch {
		case n.IsInt64():
			return n.Int64()
		case n.IsUint64():
			return n.Uint64()
		}
		return n
	case []any:
		for i := range v {
			v[i] = withNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = withNumbers(v[k])
		}
	}
	return v
}

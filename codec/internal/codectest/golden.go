package codectest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// goldenValue converts v to the Go value that it represents: a dict to a
// codec.Dict if ordered, else to the map that Any returns.
func goldenValue(v any, ordered bool) any {
	return golden.Convert(v, func(v any) any {
		switch v := v.(type) {
		case golden.Dict:
			if m, ok := v.Map(); ok && !ordered {
				return m
			}
			d := make(codec.Dict, len(v))
			for i, e := range v {
				d[i] = codec.Entry{Key: e.Key, Value: e.Value}
			}
			return d
		case golden.Ext:
			return msgpack.Ext{Code: int8(v.Code), Data: v.Data}
		case golden.Proxy:
			return &Proxy{v.Path}
		case golden.Custom:
			return goldenCustom(v)
		}
		return make(chan int) // this cannot be encoded either
	})
}

func goldenCustom(v golden.Custom) any {
	switch v.Class {
	case "Point":
		switch d := v.Data.(type) {
		case map[string]any:
			return Point{d["x"], d["y"]}
		case codec.Dict:
			x, _ := d.Get("x")
			y, _ := d.Get("y")
			return Point{x, y}
		}
	case "complex":
		p := v.Data.([]any)
		return complex(p[0].(float64), p[1].(float64))
	case "Arrow":
		return Arrow(v.Data.(string))
	case "Refuses":
		return Refuses{}
	case "object":
		return &Proxy{v.Data.(string)}
	}
	panic("codectest: a golden value of class " + v.Class)
}

// DecodeAny decodes the result of ParseValue, or the content of a message, by
// Any, which must consume all of it, and by Decode into an any, which must give
// the same result.
func DecodeAny(tb testing.TB, c codec.Codec, content []byte, reg *codec.Registry) (any, error) {
	tb.Helper()
	d := c.NewDecoder()
	d.Reset(content, reg)
	v, err := d.Any()
	if err == nil && d.Kind() != codec.KindInvalid {
		tb.Errorf("%.100q: Any left something", content)
	}
	var other any
	d.Reset(content, reg)
	if otherErr := d.Decode(&other); (err == nil) != (otherErr == nil) || err == nil && !Same(v, other) {
		tb.Errorf("%.100q: Any gives\n %s, %v, Decode\n %s, %v", content, Show(v), err, Show(other), otherErr)
	}
	return v, err
}

// ParseAny is [DecodeAny] of a payload.
func ParseAny(tb testing.TB, c codec.Codec, payload []byte, reg *codec.Registry) (any, error) {
	tb.Helper()
	content, err := c.ParseValue(payload, codec.Limits{})
	if err != nil {
		return nil, err
	}
	return DecodeAny(tb, c, content, reg)
}

// Values tests that c encodes values to the same bytes as Python, refuses the
// same values, decodes the bytes to the same values, and encodes a received
// codec.Value unchanged.
func Values(t *testing.T, c codec.Codec) {
	t.Helper()
	for _, g := range golden.Of(t, c.Name(), golden.Value, "") {
		reg := Registry(t, g.Types...)
		got, err := c.AppendValue(nil, goldenValue(g.Value, true), reg)
		if !g.Encoded() {
			if ee := (*codec.EncodeError)(nil); !errors.As(err, &ee) {
				t.Errorf("%s: Python refuses this (%s), Go gives %.100q, %v", g.Name, g.Error, got, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", g.Name, err)
			continue
		}
		if err := g.Match(got); err != nil {
			t.Error(err)
			continue
		}
		v, err := ParseAny(t, c, got, reg)
		compare(t, g, v, err)

		// A received value that is encoded again keeps the order of its dicts.
		var later codec.Value
		if err := codec.Unmarshal(c, got, &later, reg); err != nil {
			t.Errorf("%s: codec.Value: %v", g.Name, err)
			continue
		}
		again, err := c.AppendValue(nil, later, reg)
		want, wantErr := c.AppendValue(nil, goldenValue(g.Decoded, true), reg)
		if err != nil || wantErr != nil || !bytes.Equal(again, want) {
			t.Errorf("%s: codec.Value came back as\n %.100q, %v, want\n %.100q, %v", g.Name, again, err, want, wantErr)
		}
	}
}

// compare reports a test error if the value or error differs from Python's result
// for g.
func compare(t *testing.T, g golden.Case, got any, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: decode: %v", g.Name, err)
	} else if want := goldenValue(g.Decoded, false); !Same(want, got) {
		t.Errorf("%s: decoded\n %s, Python\n %s", g.Name, Show(got), Show(want))
	}
}

// Decodes tests that c decodes and refuses the same as Python, for encodings
// from any encoder. It skips the cases for which differs returns true, where Go
// deviates on purpose.
func Decodes(t *testing.T, c codec.Codec, differs func(golden.Case) bool) {
	t.Helper()
	for _, g := range golden.Of(t, c.Name(), golden.Decode, "") {
		if differs(g) {
			continue
		}
		got, err := ParseAny(t, c, g.Payload, Registry(t, g.Types...))
		if g.Error == "" {
			compare(t, g, got, err)
		} else if de := (*codec.DecodeError)(nil); !errors.As(err, &de) {
			t.Errorf("%s: Python refuses this (%s), Go gives %s, %v", g.Name, g.Error, Show(got), err)
		}
	}
}

// Messages tests that c writes and reads the messages between two real peers.
func Messages(t *testing.T, c codec.Codec) {
	t.Helper()
	for _, g := range golden.Of(t, c.Name(), golden.Message, "") {
		reg := Registry(t, g.Types...)
		got, err := c.AppendMessage(nil, codec.MessageType(g.MsgType), g.ID, goldenValue(g.Value, true), reg)
		if err != nil {
			t.Errorf("%s: %v", g.Name, err)
			continue
		}
		if err := g.Match(got); err != nil {
			t.Error(err)
		}
		m, err := c.ParseMessage(g.Payload, codec.Limits{})
		if err != nil || m.Type != codec.MessageType(g.MsgType) || m.ID != g.ID {
			t.Errorf("%s: %v, %v", g.Name, m, err)
			continue
		}
		v, err := DecodeAny(t, c, m.Content, reg)
		compare(t, g, v, err)
	}
}

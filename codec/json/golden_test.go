package json_test

import (
	"errors"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// goldenValue returns the Go value that v stands for: dicts with their order
// when ordered, else what Any makes of them.
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
		case golden.Proxy:
			return &Proxy{v.Path}
		case golden.Custom:
			return goldenCustom(v)
		}
		return make(chan int) // which cannot be encoded either
	})
}

func goldenCustom(v golden.Custom) any {
	switch data := v.Data.(type) {
	case map[string]any:
		return Point{data["x"], data["y"]}
	case codec.Dict:
		x, _ := data.Get("x")
		y, _ := data.Get("y")
		return Point{x, y}
	case []any:
		return complex(data[0].(float64), data[1].(float64))
	case string:
		if v.Class == "object" {
			return &Proxy{data}
		}
		return Arrow(data)
	}
	return Refuses{}
}

// Go writes the bytes that Python writes, refuses what Python refuses, and
// decodes them to what Python decodes.
func TestGoldenValues(t *testing.T) {
	for _, c := range golden.Of(t, "json", golden.Value, "") {
		reg := registry(t, c.Types...)
		got, err := json.Codec.AppendValue(nil, goldenValue(c.Value, true), reg)
		if !c.Encoded() {
			if ee := (*codec.EncodeError)(nil); !errors.As(err, &ee) {
				t.Errorf("%s: Python refuses this (%s), Go gives %.100q, %v", c.Name, c.Error, got, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if err := c.Match(got); err != nil {
			t.Error(err)
			continue
		}
		v, err := decodeAny(got, reg)
		if err != nil {
			t.Errorf("%s: decode: %v", c.Name, err)
		} else if want := goldenValue(c.Decoded, false); !same(want, v) {
			t.Errorf("%s: decoded\n %s, Python\n %s", c.Name, show(v), show(want))
		}

		// A value that is passed on keeps the order of its dicts.
		var later codec.Value
		if err := codec.Unmarshal(json.Codec, got, &later, reg); err != nil {
			t.Errorf("%s: codec.Value: %v", c.Name, err)
			continue
		}
		want := marshal(t, goldenValue(c.Decoded, true), reg)
		if again := marshal(t, later, reg); again != want {
			t.Errorf("%s: codec.Value came back as\n %.100s, want\n %.100s", c.Name, again, want)
		}
	}
}

// looseTypeID are the cases in which Python finds a type id that is no int but
// equal to one, and Go does not.
var looseTypeID = map[string]bool{
	`decode/{"__type__": [0.0, {"x": 1, "y": 2}]}`: true,
	`decode/{"__type__": [true, [1.0, 2.0]]}`:      true,
}

// What Python decodes or refuses, whoever encoded it.
func TestGoldenDecodes(t *testing.T) {
	for _, c := range golden.Of(t, "json", golden.Decode, "") {
		got, err := decodeAny(c.Payload, registry(t, c.Types...))
		if c.Error != "" || looseTypeID[c.Name] {
			if de := (*codec.DecodeError)(nil); !errors.As(err, &de) {
				t.Errorf("%s: Python refuses this (%s), Go gives %v, %v", c.Name, c.Error, show(got), err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		} else if want := goldenValue(c.Decoded, false); !same(want, got) {
			t.Errorf("%s: decoded\n %s, Python\n %s", c.Name, show(got), show(want))
		}
	}
}

// The messages between two real peers.
func TestGoldenMessages(t *testing.T) {
	for _, c := range golden.Of(t, "json", golden.Message, "") {
		reg := registry(t, c.Types...)
		got, err := json.Codec.AppendMessage(nil, codec.MessageType(c.MsgType), c.ID, goldenValue(c.Value, true), reg)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if err := c.Match(got); err != nil {
			t.Error(err)
		}
		m, err := json.Codec.ParseMessage(c.Payload, codec.Limits{})
		if err != nil || m.Type != codec.MessageType(c.MsgType) || m.ID != c.ID {
			t.Errorf("%s: %v, %v", c.Name, m, err)
			continue
		}
		v, err := decodeAny(m.Content, reg)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		} else if want := goldenValue(c.Decoded, false); !same(want, v) {
			t.Errorf("%s: decoded\n %s, Python\n %s", c.Name, show(v), show(want))
		}
	}
}

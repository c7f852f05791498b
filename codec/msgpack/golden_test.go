package msgpack_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// The twins of the custom types of the captures.
type (
	Point   struct{ X, Y any }
	Arrow   string
	Refuses struct{}
	Other   struct{ C chan int } // cannot be encoded
)

func goldenRegistry(t *testing.T, types []string) *codec.Registry {
	t.Helper()
	all := map[string]codec.Serializer{
		"Point": codec.NewStructSerializer[Point](),
		"complex": codec.NewSerializer(
			func(z complex128) ([2]float64, error) { return [2]float64{real(z), imag(z)}, nil },
			func(p [2]float64) (complex128, error) { return complex(p[0], p[1]), nil }),
		"Arrow": codec.NewSerializer(
			func(a Arrow) (string, error) { return string(a), nil },
			func(s string) (Arrow, error) { return Arrow(s), nil }),
		"Refuses": codec.NewSerializer(
			func(Refuses) (any, error) { return nil, errors.New("no") },
			func(any) (Refuses, error) { return Refuses{}, nil }),
	}
	var list []codec.Serializer
	object := false
	for _, name := range types {
		if name == "object" {
			object = true
			continue
		}
		list = append(list, all[name])
	}
	reg, err := codec.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	if object {
		reg = reg.WithObject(proxyObject)
	}
	return reg
}

// goldenValue returns the Go value that v stands for; dicts keep their order
// when ordered, else they are what Any gives.
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
			return proxy{v.Path}
		case golden.Custom:
			return goldenCustom(v)
		}
		return Other{}
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
		return proxy{v.Data.(string)}
	}
	return Other{}
}

func decodeAny(t *testing.T, payload []byte, reg *codec.Registry) (v any, err error) {
	t.Helper()
	raw, err := msgpack.Codec.ParseValue(payload, codec.Limits{})
	if err != nil {
		return nil, err
	}
	d := msgpack.Codec.NewDecoder()
	d.Reset(raw, reg)
	if v, err = d.Any(); err == nil && d.Kind() != codec.KindInvalid {
		t.Errorf("%x: Any left something", payload)
	}
	return v, err
}

// Go writes the bytes that Python writes, refuses what Python refuses, and
// decodes what Python decodes.
func TestGoldenValues(t *testing.T) {
	for _, c := range golden.Cases(t, "msgpack") {
		if c.Kind != golden.Value {
			continue
		}
		reg := goldenRegistry(t, c.Types)
		got, err := msgpack.Codec.AppendValue(nil, goldenValue(c.Value, true), reg)
		if !c.Encoded() {
			var ee *codec.EncodeError
			if !errors.As(err, &ee) {
				t.Errorf("%s: Python refuses this (%s), Go gives %x, %v", c.Name, c.Error, got, err)
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
		v, err := decodeAny(t, got, reg)
		if err != nil {
			t.Errorf("%s: decode: %v", c.Name, err)
			continue
		}
		if want := goldenValue(c.Decoded, false); !same(want, v) {
			t.Errorf("%s: decoded\n %s, Python\n %s", c.Name, show(v), show(want))
		}
		// The same in the order of the dict, by way of a value of later use.
		var later codec.Value
		if err := codec.Unmarshal(msgpack.Codec, got, &later, reg); err != nil {
			t.Errorf("%s: codec.Value: %v", c.Name, err)
			continue
		}
		again, err := msgpack.Codec.AppendValue(nil, later, reg)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: codec.Value came back as %.100x, %v", c.Name, again, err)
		}
	}
}

// What Python decodes or refuses, whoever encoded it.
func TestGoldenDecodes(t *testing.T) {
	for _, c := range golden.Of(t, "msgpack", golden.Decode, "") {
		got, err := decodeAny(t, c.Payload, goldenRegistry(t, c.Types))
		if c.Error != "" {
			if pythonLacksExt(c.Payload) {
				continue
			}
			var de *codec.DecodeError
			if !errors.As(err, &de) {
				t.Errorf("%s: Python refuses this (%s), Go gives %v, %v", c.Name, c.Error, got, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if want := goldenValue(c.Decoded, false); !same(want, got) {
			t.Errorf("%s: decoded\n %s, Python\n %s", c.Name, show(got), show(want))
		}
	}
}

// pythonLacksExt: we read negative extension types from other peers.
func pythonLacksExt(b []byte) bool {
	return b != nil && (len(b) > 1 && b[0] >= 0xd4 && b[0] <= 0xd8 && b[1] > 0x7f || len(b) > 2 && b[0] == 0xc7 && b[2] > 0x7f)
}

// Messages between two real peers.
func TestGoldenMessages(t *testing.T) {
	seen := 0
	for _, c := range golden.Cases(t, "msgpack") {
		if c.Kind != golden.Message {
			continue
		}
		seen++
		reg := goldenRegistry(t, c.Types)
		content := goldenValue(c.Value, true)
		got, err := msgpack.Codec.AppendMessage(nil, codec.MessageType(c.MsgType), c.ID, content, reg)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if err := c.Match(got); err != nil {
			t.Error(err)
		}
		m, err := msgpack.Codec.ParseMessage(c.Payload, codec.Limits{})
		if err != nil || m.Type != codec.MessageType(c.MsgType) || m.ID != c.ID {
			t.Errorf("%s: %v, %v", c.Name, m, err)
			continue
		}
		d := msgpack.Codec.NewDecoder()
		d.Reset(m.Content, reg)
		v, err := d.Any()
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		} else if want := goldenValue(c.Decoded, false); !same(want, v) {
			t.Errorf("%s: decoded\n %s, Python\n %s", c.Name, show(v), show(want))
		}
	}
	if seen == 0 {
		t.Error("no messages have been captured")
	}
}

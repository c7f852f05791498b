package blosc_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/chunk"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// goldenValue returns the Go value that v stands for. It reports false for
// what only a registry can carry.
func goldenValue(v any) (value any, ok bool) {
	ok = true
	value = golden.Convert(v, func(v any) any {
		switch v := v.(type) {
		case golden.Dict:
			d := make(codec.Dict, len(v))
			for i, e := range v {
				d[i] = codec.Entry{Key: e.Key, Value: e.Value}
			}
			return d
		case golden.Ext:
			return msgpack.Ext{Code: int8(v.Code), Data: v.Data}
		case golden.Other:
			return make(chan int)
		}
		ok = false
		return nil
	})
	return value, ok
}

// Python's MsgPackBlosc writes what its MsgPack writes, in a chunk, and so do
// we, both byte for byte.
func TestGoldens(t *testing.T) {
	plain := make(map[string]golden.Case)
	for _, c := range golden.Cases(t, "msgpack") {
		plain[c.Name] = c
	}
	seen := make(map[golden.Kind]int)
	for _, c := range golden.Cases(t, "msgpack-blosc") {
		if inner := plain[c.Name].Payload; c.Kind == golden.Value && inner != nil {
			checkChunk(t, c, inner)
		} else if c.Payload != nil { // tracebacks name the codec, so they have no twins
			inner, err := blosc.Codec.ParseValue(c.Payload, codec.Limits{})
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			checkChunk(t, c, inner)
		}
		value, ok := goldenValue(c.Value)
		if !ok {
			continue
		}
		seen[c.Kind]++
		switch c.Kind {
		case golden.Value:
			checkValue(t, c, value)
		case golden.Message:
			checkMessage(t, c, value)
		default:
			t.Errorf("%s: a case of kind %s", c.Name, c.Kind)
		}
	}
	if seen[golden.Value] < 900 || seen[golden.Message] < 150 {
		t.Errorf("%v goldens: some are missing", seen)
	}
}

// checkChunk compares a payload with one that holds data.
func checkChunk(t *testing.T, c golden.Case, data []byte) {
	t.Helper()
	payload, err := chunk.Compress(nil, data, 8)
	if err != nil {
		t.Errorf("%s: %v", c.Name, err)
		return
	}
	if err := c.Match(payload); err != nil {
		t.Error(err)
	}
	got, err := blosc.Codec.ParseValue(payload, codec.Limits{})
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%s: %d bytes, not %d, %v", c.Name, len(got), len(data), err)
	}
}

func checkValue(t *testing.T, c golden.Case, value any) {
	t.Helper()
	payload, err := codec.Marshal(blosc.Codec, value, nil)
	if !c.Encoded() {
		var ee *codec.EncodeError
		if !errors.As(err, &ee) {
			t.Errorf("%s: Python refuses this (%s), Go gives %x, %v", c.Name, c.Error, payload, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", c.Name, err)
		return
	}
	if err := c.Match(payload); err != nil {
		t.Error(err)
	}
	var later codec.Value
	if err := codec.Unmarshal(blosc.Codec, payload, &later, nil); err != nil {
		t.Errorf("%s: %v", c.Name, err)
		return
	}
	again, err := codec.Marshal(blosc.Codec, later, nil)
	if err != nil || !bytes.Equal(again, payload) {
		t.Errorf("%s: came back as %.100x, %v", c.Name, again, err)
	}
}

func checkMessage(t *testing.T, c golden.Case, content any) {
	t.Helper()
	payload, err := blosc.Codec.AppendMessage(nil, codec.MessageType(c.MsgType), c.ID, content, nil)
	if err == nil {
		err = c.Match(payload)
	}
	if err != nil {
		t.Errorf("%s: %v", c.Name, err)
		return
	}
	m, err := blosc.Codec.ParseMessage(payload, codec.Limits{})
	if err != nil || m.Type != codec.MessageType(c.MsgType) || m.ID != c.ID {
		t.Errorf("%s: %v %d, %v", c.Name, m.Type, m.ID, err)
		return
	}
	want, err := codec.Marshal(msgpack.Codec, content, nil)
	if err != nil || !bytes.Equal(m.Content, want) {
		t.Errorf("%s: content %.100x, want %.100x, %v", c.Name, m.Content, want, err)
	}
}

package codecs

import (
	stdjson "encoding/json"
	"fmt"

	goccy "github.com/goccy/go-json"
	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	ours "github.com/aiomas-go/aiomas-go/codec/msgpack"
)

const (
	callID = 100_000
	addend = 12_345
)

func init() {
	for _, c := range []codec.Codec{json.Codec, ours.Codec} {
		add(c.Name()+"/envelope/encode/aiomas", func() func() error { return encodeCall(c) })
		add(c.Name()+"/envelope/decode/aiomas", func() func() error { return decodeCall(c) })
	}
	// The libraries take the message as the list that it is, like Python does.
	message := []any{0, callID, []any{"add", []any{addend, 2}, map[string]any{}}}
	library("json/envelope", "encoding/json", message, stdjson.Marshal, stdjson.Unmarshal)
	library("json/envelope", "goccy/go-json", message, goccy.Marshal, goccy.Unmarshal)
	library("msgpack/envelope", "vmihailenco", message, msgpack.Marshal, msgpack.Unmarshal)
	library("msgpack/envelope", "tinylib", message,
		func(v any) ([]byte, error) { return msgp.AppendIntf(nil, v) }, readIntf)
}

// encodeCall encodes the request add(12345, 2).
func encodeCall(c codec.Codec) func() error {
	call := &codec.Call{Path: "add", Args: []any{addend, 2}}
	var buf []byte
	return func() (err error) {
		buf, err = c.AppendMessage(buf[:0], codec.Request, callID, call, nil)
		return err
	}
}

// decodeCall scans and decodes that request: its path into a string, its
// arguments into ints.
func decodeCall(c codec.Codec) func() error {
	payload, err := c.AppendMessage(nil, codec.Request, callID, &codec.Call{Path: "add", Args: []any{addend, 2}}, nil)
	if err != nil {
		panic(err)
	}
	d := c.NewDecoder()
	return func() error {
		m, err := c.ParseMessage(payload, codec.Limits{})
		if err != nil {
			return err
		}
		d.Reset(m.Content, nil)
		return readCall(d)
	}
}

var sink string // what a decoder returns must not be optimised away

func readCall(d codec.Decoder) (err error) {
	if _, err := d.List(); err != nil || !d.More() {
		return err
	}
	if sink, err = d.Str(); err != nil || !d.More() {
		return err
	}
	sum := int64(0)
	if _, err := d.List(); err != nil {
		return err
	}
	for d.More() {
		n, err := d.Int64()
		if err != nil {
			return err
		}
		sum += n
	}
	if !d.More() {
		return fmt.Errorf("no kwargs")
	}
	if _, err := d.Dict(); err != nil || d.More() || d.More() || sum != addend+2 {
		return fmt.Errorf("not the call: sum %d: %w", sum, err)
	}
	return nil
}

// library adds a library's way to encode v, and to decode it into an any.
func library(what, name string, v any, marshal func(any) ([]byte, error), unmarshal func([]byte, any) error) {
	encode, decode := "/encode/", "/decode/"
	if what != "json/envelope" && what != "msgpack/envelope" {
		encode, decode = "/encode-any/", "/decode-any/"
	}
	add(what+encode+name, func() func() error {
		return func() error {
			_, err := marshal(v)
			return err
		}
	})
	add(what+decode+name, func() func() error {
		data, err := marshal(v)
		if err != nil {
			panic(err)
		}
		return func() error {
			var v any
			return unmarshal(data, &v)
		}
	})
}

func readIntf(b []byte, v any) (err error) {
	*v.(*any), _, err = msgp.ReadIntfBytes(b)
	return err
}

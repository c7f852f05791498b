package codecs

import (
	"fmt"

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
	// The libraries decode the message as a list, as Python does.
	var message any = []any{0, callID, []any{"add", []any{addend, 2}, map[string]any{}}}
	for _, l := range jsonLibraries {
		addLibrary("json/envelope", "", l, message)
	}
	addLibrary("msgpack/envelope", "", vmihailenco, message)
	addLibrary("msgpack/envelope", "", tinylib, message)
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

// decodeCall scans and decodes that request: its path to a string, its arguments to ints.
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

func readCall(d codec.Decoder) (err error) {
	if _, err := d.List(); err != nil || !d.More() {
		return err
	}
	if _, err = d.Str(); err != nil || !d.More() {
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

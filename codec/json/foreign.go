package json

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"math"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// Types with their own JSON form: those that implement encoding/json.Marshaler
// and Unmarshaler, and encoding/json.Number, whose kind is string.

var (
	numberType      = reflect.TypeFor[stdjson.Number]()
	marshalerType   = reflect.TypeFor[stdjson.Marshaler]()
	unmarshalerType = reflect.TypeFor[stdjson.Unmarshaler]()
)

func foreignEncode(t reflect.Type) func(s walk.Sink, v reflect.Value) error {
	switch {
	case t == numberType:
		return encodeNumber
	case walk.Implements(t, marshalerType):
		return encodeMarshaler
	}
	return nil
}

func foreignDecode(t reflect.Type) func(d codec.Decoder, v reflect.Value) error {
	switch {
	case t == numberType:
		return decodeNumber
	case walk.Implements(t, unmarshalerType):
		return decodeUnmarshaler
	}
	return nil
}

func encodeNumber(s walk.Sink, v reflect.Value) error {
	text := []byte(v.String())
	if len(text) == 0 {
		text = []byte("0") // as in encoding/json
	}
	if k := (&decoder{data: text}).Kind(); k != codec.KindInt && k != codec.KindFloat {
		return codec.NewEncodeError("%.40q is not a number", text)
	}
	return rewriteAll(s, text, numberType)
}

func encodeMarshaler(s walk.Sink, v reflect.Value) error {
	text, err := v.Addr().Interface().(stdjson.Marshaler).MarshalJSON()
	if err != nil {
		return &codec.EncodeError{Reason: fmt.Sprintf("Could not serialize object of type %v", v.Type()), Err: err}
	}
	return rewriteAll(s, text, v.Type())
}

// rewriteAll converts JSON from a user's method to Python's dialect.
func rewriteAll(s walk.Sink, text []byte, t reflect.Type) error {
	raw, err := Codec.ParseValue(text, codec.Limits{Size: math.MaxInt64})
	if err != nil {
		return &codec.EncodeError{Reason: fmt.Sprintf("the JSON of %v", t), Err: err}
	}
	d := &decoder{data: raw}
	return rewrite(s, d)
}

// rewrite writes the value at the cursor. The depth was limited by the scan,
// and is again by the sink.
func rewrite(s walk.Sink, d *decoder) error {
	switch d.Kind() {
	case codec.KindString:
		text, err := d.Str()
		if err != nil {
			return err
		}
		return s.Str(text)
	case codec.KindList:
		return rewriteList(s, d)
	case codec.KindDict:
		return rewriteDict(s, d)
	default:
		v, err := d.any()
		if err != nil {
			return err
		}
		return s.Any(v)
	}
}

func rewriteList(s walk.Sink, d *decoder) error {
	if _, err := d.List(); err != nil {
		return err
	}
	if err := s.BeginList(-1); err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		s.Elem(i)
		if err := rewrite(s, d); err != nil {
			return codec.AtIndex(err, i)
		}
	}
	s.EndList()
	return nil
}

func rewriteDict(s walk.Sink, d *decoder) error {
	if _, err := d.Dict(); err != nil {
		return err
	}
	if err := s.BeginDict(-1); err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		key, err := d.Str()
		if err != nil {
			return err
		}
		if err := walk.CheckKey(key); err != nil {
			return err
		}
		if err := s.KeyStr(i, key); err != nil {
			return err
		}
		if err := rewrite(s, d); err != nil {
			return codec.At(err, key)
		}
	}
	s.EndDict()
	return nil
}

func decodeNumber(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindInt && k != codec.KindFloat {
		return codec.NewDecodeError("%v does not fit %v", k, numberType)
	}
	raw, err := d.Raw()
	v.SetString(string(raw))
	return err
}

func decodeUnmarshaler(d codec.Decoder, v reflect.Value) error {
	raw, err := d.Raw()
	if err != nil {
		return err
	}
	// A copy, since not all implementations observe that they must not keep the bytes.
	if err := v.Addr().Interface().(stdjson.Unmarshaler).UnmarshalJSON(bytes.Clone(raw)); err != nil {
		return &codec.DecodeError{Offset: -1, Reason: fmt.Sprintf("Could not deserialize %v", v.Type()), Err: err}
	}
	return nil
}

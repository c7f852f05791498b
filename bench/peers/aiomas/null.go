package main

import (
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/aiomas-go/aiomas-go/codec"
)

// null is a codec that does almost nothing: fixed fields, no scan, and only the types that
// add needs. A connection with it shows the cost of everything but the codec.
//
// A message is type, id (8 bytes) and content; a content is an int (8 bytes),
// or the length of a path, the path and two ints.
type null struct{}

func (null) Name() string { return "null" }

func (null) AppendMessage(dst []byte, t codec.MessageType, id int64, content any, _ *codec.Registry) ([]byte, error) {
	dst = binary.BigEndian.AppendUint64(append(dst, byte(t)), uint64(id))
	switch c := content.(type) {
	case *codec.Call:
		dst = append(append(dst, byte(len(c.Path))), c.Path...)
		for _, a := range c.Args {
			dst = binary.BigEndian.AppendUint64(dst, uint64(a.(int)))
		}
		return dst, nil
	case int:
		return binary.BigEndian.AppendUint64(dst, uint64(c)), nil
	}
	return dst, fmt.Errorf("the null codec has no %T", content)
}

func (null) ParseMessage(payload []byte, _ codec.Limits) (codec.Message, error) {
	if len(payload) < 9 {
		return codec.Message{}, &codec.EnvelopeError{Reason: "too short"}
	}
	return codec.Message{
		Type: codec.MessageType(payload[0]), ID: int64(binary.BigEndian.Uint64(payload[1:])), Content: payload[9:],
	}, nil
}

func (null) AppendValue([]byte, any, *codec.Registry) ([]byte, error) { panic("not used") }
func (null) ParseValue([]byte, codec.Limits) ([]byte, error)          { panic("not used") }
func (null) NewDecoder() codec.Decoder                                { return new(nullDecoder) }

// nullDecoder reads a request as [path, [int, int], {}].
type nullDecoder struct {
	b    []byte
	left []int
}

func (d *nullDecoder) Reset(raw []byte, _ *codec.Registry) { d.b, d.left = raw, d.left[:0] }
func (d *nullDecoder) Codec() codec.Codec                  { return null{} }
func (d *nullDecoder) Registry() *codec.Registry           { return nil }

func (d *nullDecoder) List() (int, error) {
	n := 3
	if len(d.left) > 0 {
		n = len(d.b) / 8
	}
	d.left = append(d.left, n)
	return n, nil
}

func (d *nullDecoder) Dict() (int, error) {
	d.left = append(d.left, 0)
	return 0, nil
}

func (d *nullDecoder) More() bool {
	top := len(d.left) - 1
	if d.left[top] == 0 {
		d.left = d.left[:top]
		return false
	}
	d.left[top]--
	return true
}

func (d *nullDecoder) StrBytes() ([]byte, error) {
	n := int(d.b[0])
	s := d.b[1 : 1+n]
	d.b = d.b[1+n:]
	return s, nil
}

func (d *nullDecoder) Int64() (int64, error) {
	v := int64(binary.BigEndian.Uint64(d.b))
	d.b = d.b[8:]
	return v, nil
}

func (d *nullDecoder) Decode(target any) error {
	t, ok := target.(*int)
	if !ok {
		return codec.NewDecodeError("the null codec has no %T", target)
	}
	v, err := d.Int64()
	*t = int(v)
	return err
}

func (d *nullDecoder) Kind() codec.Kind          { panic("not used") }
func (d *nullDecoder) Null() error               { panic("not used") }
func (d *nullDecoder) Bool() (bool, error)       { panic("not used") }
func (d *nullDecoder) Uint64() (uint64, error)   { panic("not used") }
func (d *nullDecoder) BigInt() (*big.Int, error) { panic("not used") }
func (d *nullDecoder) Float64() (float64, error) { panic("not used") }
func (d *nullDecoder) Str() (string, error)      { panic("not used") }
func (d *nullDecoder) Bytes() ([]byte, error)    { panic("not used") }
func (d *nullDecoder) Skip() error               { panic("not used") }
func (d *nullDecoder) Raw() ([]byte, error)      { panic("not used") }
func (d *nullDecoder) Any() (any, error)         { panic("not used") }

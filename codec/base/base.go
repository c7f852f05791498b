// Package base makes a codec from any format for plain values, as users of
// Python's aiomas do with a subclass of aiomas.codecs.Codec:
//
//	var Codec = base.New("cbor", format{})
//
// The [Format] writes and reads plain values only; messages, Go types, custom
// types and proxies are handled by this package, as in the codecs of aiomas. A
// Python peer needs a codec that writes the same bytes.
//
// Such a codec makes two more passes over its values than the other codecs of this
// module.
package base

import (
	"fmt"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// A Format writes and reads plain values. It must be safe for concurrent use. A
// panic in it becomes an error.
type Format interface {
	// Append appends the bytes of v to dst, like Python's Codec.encode. v is nil, a
	// bool, int64, uint64 (past int64), *big.Int (past uint64), float64, string,
	// []byte, []any or codec.Dict. The elements of the last two are plain, too; the
	// keys of a dict may be of any kind that Python can hash. An error fails the call
	// that carries v.
	Append(dst []byte, v any) ([]byte, error)

	// Parse reads the one value in data, like Python's Codec.decode. The result is
	// a plain value; it may also contain any other type of int and float, big.Int,
	// and a map[string]any or map[any]any for a dict without order. Parse must not
	// recurse deeper than lim.Depth, and must not allocate memory for a declared
	// length that exceeds the remaining data. An error ends the connection, since
	// the id of the message is unknown.
	Parse(data []byte, lim codec.Limits) (any, error)
}

// New returns a codec for the format f; name is its [codec.Codec] Name. The codec
// is safe for concurrent use.
func New(name string, f Format) codec.Codec {
	c := &base{name: name, format: f}
	c.walk = &walk.Format{Name: name, AppendKey: appendKey, CompareKeys: c.compareKeys}
	return c
}

type base struct {
	name   string
	format Format
	walk   *walk.Format
}

func (c *base) Name() string { return c.name }

func (c *base) AppendMessage(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry) ([]byte, error) {
	if t > codec.Exception {
		return dst, codec.NewEncodeError("%d is not a message type", t)
	}
	v, err := c.plain(content, reg, 1)
	if err != nil {
		return dst, err
	}
	return c.append(dst, []any{int64(t), id, v})
}

func (c *base) AppendValue(dst []byte, v any, reg *codec.Registry) ([]byte, error) {
	v, err := c.plain(v, reg, 0)
	if err != nil {
		return dst, err
	}
	return c.append(dst, v)
}

// plain returns v as a plain value.
func (c *base) plain(v any, reg *codec.Registry, depth int) (any, error) {
	s := &sink{base: c, reg: reg, depth: depth}
	if err := s.Any(v); err != nil {
		return nil, err
	}
	return s.value, nil
}

func (c *base) append(dst []byte, v any) (b []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			b, err = dst, codec.NewEncodeError("the format %s panicked: %v", c.name, r)
		}
	}()
	if b, err = c.format.Append(dst, v); err != nil {
		return dst, &codec.EncodeError{Reason: c.name, Err: err}
	}
	return b, nil
}

func (c *base) ParseMessage(payload []byte, lim codec.Limits) (m codec.Message, err error) {
	lim = lim.WithDefaults()
	v, err := c.parse(payload, lim)
	if err != nil {
		return m, &codec.EnvelopeError{Reason: err.Error()}
	}
	list, ok := v.([]any)
	if !ok || len(list) != 3 {
		return m, &codec.EnvelopeError{Reason: "not a list of three"}
	}
	check := checker{lim: lim, left: lim.Elements - 1}
	t, err := check.int(list[0])
	if err != nil || t < 0 || t > int64(codec.Exception) {
		return m, &codec.EnvelopeError{Reason: "the message type is not 0, 1 or 2"}
	}
	if m.ID, err = check.int(list[1]); err != nil {
		return m, &codec.EnvelopeError{Reason: "the message id is not an int of 64 bits"}
	}
	m.Type = codec.MessageType(t)
	if v, err = check.plain(list[2], 1); err != nil {
		return m, err
	}
	if m.Content, err = c.append(nil, v); err != nil {
		return m, &codec.DecodeError{Offset: -1, Reason: "the content cannot be kept", Err: err}
	}
	return m, nil
}

func (c *base) ParseValue(data []byte, lim codec.Limits) ([]byte, error) {
	if _, err := c.parsePlain(data, lim.WithDefaults()); err != nil {
		return nil, err
	}
	return data, nil
}

// parsePlain parses and checks one value. The error is a *codec.DecodeError.
func (c *base) parsePlain(data []byte, lim codec.Limits) (any, error) {
	v, err := c.parse(data, lim)
	if err != nil {
		return nil, &codec.DecodeError{Offset: -1, Reason: c.name, Err: err}
	}
	check := checker{lim: lim, left: lim.Elements}
	return check.plain(v, 0)
}

func (c *base) parse(data []byte, lim codec.Limits) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("the format %s panicked: %v", c.name, r)
		}
	}()
	if int64(len(data)) > lim.Size {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), lim.Size)
	}
	return c.format.Parse(data, lim)
}

func (c *base) NewDecoder() codec.Decoder { return &decoder{base: c} }

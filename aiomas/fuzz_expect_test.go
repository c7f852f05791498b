package aiomas_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"slices"

	"github.com/aiomas-go/aiomas-go/codec"
)

// An expectation is what a stream must lead to.
type expectation struct {
	owed    map[int64]int                    // answers by id
	open    int                              // answers in all
	echoes  map[int64][]byte                 // results of same, by ids that are used once
	replies map[int64]func(target any) error // the first to each id: decodes it
	broken  bool                             // the stream breaks the protocol
	partial bool                             // it ends within a frame
	bytes   int                              // of contents
}

var errException = errors.New("an exception")

// proxyMark stands for a proxy in what is expected.
type proxyMark struct{ path string }

var expectRegistry = (*codec.Registry)(nil).WithObject(codec.ObjectSerializer{
	Source: func(reflect.Type) bool { return false },
	Target: reflect.TypeFor[*proxyMark](),
	Decode: func(_ any, d codec.Decoder) (any, error) {
		path, err := d.Str()
		return &proxyMark{path}, err
	},
})

// expect reads a stream as docs/protocol.md says.
func expect(c codec.Codec, stream []byte) *expectation {
	e := &expectation{owed: map[int64]int{}, echoes: map[int64][]byte{}, replies: map[int64]func(any) error{}}
	for {
		switch {
		case len(stream) == 0:
			return e
		case len(stream) < 4:
			e.partial = true
			return e
		}
		n := int64(binary.BigEndian.Uint32(stream))
		switch stream = stream[4:]; {
		case n > sessionFrame:
			e.broken = true
			return e
		case n > int64(len(stream)):
			e.partial = true
			return e
		}
		m, err := c.ParseMessage(stream[:n], codec.Limits{Size: sessionFrame})
		if err != nil && !isDecodeError(err) {
			e.broken = true
			return e
		}
		e.add(c, m, err)
		stream = stream[n:]
	}
}

func (e *expectation) add(c codec.Codec, m codec.Message, err error) {
	e.bytes += len(m.Content)
	switch {
	case m.Type == codec.Request:
		if e.owed[m.ID]++; e.owed[m.ID] == 1 && err == nil {
			e.echoes[m.ID] = echo(c, m.Content)
		} else {
			delete(e.echoes, m.ID)
		}
		e.open++
	case e.replies[m.ID] != nil: // comes too late
	default:
		content := bytes.Clone(m.Content)
		e.replies[m.ID] = func(target any) error {
			switch {
			case err != nil:
				return err
			case m.Type == codec.Exception:
				return errException
			}
			d := c.NewDecoder()
			d.Reset(content, expectRegistry)
			return d.Decode(target)
		}
	}
}

// echo returns the result of a call of same, or nil if it is none or has none.
func echo(c codec.Codec, content []byte) []byte {
	var path string
	var x any
	var kwargs map[string]any
	d := c.NewDecoder()
	d.Reset(content, nil)
	if d.Kind() != codec.KindList || d.Decode(&codec.Tuple{&path, &codec.Tuple{&x}, &kwargs}) != nil || path != "same" || len(kwargs) > 0 || anyOrder(x) {
		return nil
	}
	payload, err := c.AppendMessage(nil, codec.Result, 0, x, nil)
	if err != nil {
		return nil
	}
	m, err := c.ParseMessage(payload, codec.Limits{})
	if err != nil {
		return nil
	}
	return m.Content
}

// anyOrder tells whether there is a map with several keys NaN in x: nothing tells
// them apart, so that they are written in any order.
func anyOrder(x any) bool {
	switch x := x.(type) {
	case []any:
		return slices.ContainsFunc(x, anyOrder)
	case map[string]any:
		for _, v := range x {
			if anyOrder(v) {
				return true
			}
		}
	case map[any]any:
		nan := 0
		for k, v := range x {
			if k != k { //nolint:gocritic // as NaN does
				nan++
			}
			if nan > 1 || anyOrder(v) {
				return true
			}
		}
	case codec.Dict:
		return slices.ContainsFunc(x, func(e codec.Entry) bool { return anyOrder(e.Key) || anyOrder(e.Value) })
	}
	return false
}

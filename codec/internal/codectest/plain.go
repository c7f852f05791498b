package codectest

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// PlainMsgPack is MessagePack as a base.Format, for plain values only.
type PlainMsgPack struct{}

// Append writes v.
func (PlainMsgPack) Append(dst []byte, v any) ([]byte, error) {
	return msgpack.Codec.AppendValue(dst, opaques(v), nil)
}

// Parse is the inverse of Append.
func (PlainMsgPack) Parse(data []byte, lim codec.Limits) (any, error) {
	raw, err := msgpack.Codec.ParseValue(data, lim)
	if err != nil {
		return nil, err
	}
	var v any
	err = codec.Message{Content: raw}.Decode(msgpack.Codec, &v, new(codec.Registry).WithDecoding(codec.Decoding{Ordered: true, Opaque: true}))
	return dicts(v), err
}

// opaques converts dicts that mark a custom type, which are plain here, to
// codec.Opaque; dicts converts them back.
func opaques(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, x := range v {
			list[i] = opaques(x)
		}
		return list
	case codec.Dict:
		if x, ok := v.Get(codec.TypeKey); ok {
			list := x.([]any)
			return codec.Opaque{ID: list[0].(int64), Data: opaques(list[1])}
		}
		d := make(codec.Dict, len(v))
		for i, e := range v {
			d[i] = codec.Entry{Key: opaques(e.Key), Value: opaques(e.Value)}
		}
		return d
	}
	return v
}

func dicts(v any) any {
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			v[i] = dicts(x)
		}
	case codec.Dict:
		for i, e := range v {
			v[i] = codec.Entry{Key: dicts(e.Key), Value: dicts(e.Value)}
		}
	case codec.Opaque:
		return codec.Dict{{Key: codec.TypeKey, Value: []any{v.ID, dicts(v.Data)}}}
	}
	return v
}

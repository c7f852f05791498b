package json

import (
	"math/big"
	"reflect"
	"strconv"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// AppendMessage appends [t, id, content].
func (c *jsonCodec) AppendMessage(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry) ([]byte, error) {
	return c.AppendMessageGap(dst, t, id, content, reg, nil)
}

// AppendMessageGap is AppendMessage, but may leave out a text that needs no
// escaping and put it in g, if g is not nil.
func (*jsonCodec) AppendMessageGap(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry, g *gap.Gap) ([]byte, error) {
	if t > codec.Exception {
		return dst, codec.NewEncodeError("%d is not a message type", t)
	}
	buf := append(number.AppendInt(append(dst, '[', '0'+byte(t), ',', ' '), id), ',', ' ')
	if buf, ok := appendPlain(buf, content, g); ok {
		return append(buf, ']'), nil
	}
	g.Drop()
	e := newEncoder(buf, reg)
	e.depth = 1
	err := e.Any(content)
	buf = append(e.buf, ']')
	e.release()
	if err != nil {
		return dst, err
	}
	return buf, nil
}

// AppendValue appends v as json.dumps writes it.
func (*jsonCodec) AppendValue(dst []byte, v any, reg *codec.Registry) ([]byte, error) {
	e := newEncoder(dst, reg)
	err := e.Any(v)
	buf := e.buf
	e.release()
	if err != nil {
		return dst, err
	}
	return buf, nil
}

// encoder is the walk.Sink of JSON. It is pooled, since converting it to an
// interface would allocate for each message.
type encoder struct {
	buf    []byte
	depth  int
	reg    *codec.Registry
	sorter dictSorter
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

func newEncoder(dst []byte, reg *codec.Registry) *encoder {
	e := encoders.Get().(*encoder)
	e.buf, e.reg, e.depth = dst, reg, 0
	return e
}

// maxPooledEntries bounds the memory of a pooled encoder: 112 KiB.
const maxPooledEntries = 2048

func (e *encoder) release() {
	e.buf, e.reg = nil, nil
	if len(e.sorter.entries) > 0 { // left over after an error
		e.sorter.pop(0)
	}
	if cap(e.sorter.entries) > maxPooledEntries {
		e.sorter = dictSorter{}
	}
	encoders.Put(e)
}

func (e *encoder) Registry() *codec.Registry { return e.reg }

func (e *encoder) Null() { e.buf = append(e.buf, "null"...) }

func (e *encoder) Bool(v bool) {
	if v {
		e.buf = append(e.buf, "true"...)
	} else {
		e.buf = append(e.buf, "false"...)
	}
}

func (e *encoder) Int(v int64)     { e.buf = number.AppendInt(e.buf, v) }
func (e *encoder) Uint(v uint64)   { e.buf = number.AppendUint(e.buf, v) }
func (e *encoder) Float(v float64) { e.buf = number.AppendFloat(e.buf, v) }

func (e *encoder) BigInt(v *big.Int) (err error) {
	e.buf, err = appendBigInt(e.buf, v)
	return err
}

func (e *encoder) Str(v string) (err error) {
	e.buf, err = appendString(e.buf, v)
	return err
}

// Bytes returns an error: Python's JSON codec has no bytes.
func (e *encoder) Bytes([]byte) error {
	return codec.NewEncodeError("No serializer found for type %q: JSON has no bytes", "[]byte")
}

func (e *encoder) enter(open byte) error {
	if e.depth++; e.depth > codec.MaxEncodeDepth {
		return codec.NewEncodeError("nested deeper than %d, or a value that contains itself", codec.MaxEncodeDepth)
	}
	e.buf = append(e.buf, open)
	return nil
}

func (e *encoder) BeginList(int) error { return e.enter('[') }
func (e *encoder) BeginDict(int) error { return e.enter('{') }

func (e *encoder) Elem(i int) {
	if i > 0 {
		e.buf = append(e.buf, ',', ' ')
	}
}

func (e *encoder) EndList() {
	e.depth--
	e.buf = append(e.buf, ']')
}

func (e *encoder) EndDict() {
	e.depth--
	e.buf = append(e.buf, '}')
}

func (e *encoder) KeyStr(i int, key string) (err error) {
	e.Elem(i)
	if e.buf, err = appendString(e.buf, key); err != nil {
		return err
	}
	e.buf = append(e.buf, ':', ' ')
	return nil
}

func (e *encoder) Field(i int, key []byte) {
	e.Elem(i)
	e.buf = append(e.buf, key...)
}

func (e *encoder) Floats(i int, f *walk.FloatFields, v reflect.Value) {
	b := e.buf
	for j, field := range f.Index {
		if i+j > 0 {
			b = append(b, ',', ' ')
		}
		b = append(b, f.Keys[j]...)
		b = number.AppendFloat(b, v.Field(field).Float())
	}
	e.buf = b
}

// appendField encodes a key for Field.
func appendField(b []byte, name string) ([]byte, error) {
	b, err := appendString(b, name)
	return append(b, ": "...), err
}

// Key writes the key of a dict as text, as json.dumps does.
func (e *encoder) Key(i int, key any) error {
	text, err := keyText(key)
	if err != nil {
		return err
	}
	return e.KeyStr(i, text)
}

// keyText returns the text of a key that is not a string.
func keyText(key any) (string, error) {
	var b []byte
	switch key := key.(type) {
	case nil:
		return "null", nil
	case bool:
		b = strconv.AppendBool(b, key)
	case int64:
		b = number.AppendInt(b, key)
	case uint64:
		b = number.AppendUint(b, key)
	case float64:
		b = number.AppendFloat(b, key)
	case *big.Int:
		var err error
		if b, err = appendBigInt(b, key); err != nil {
			return "", err
		}
	}
	return string(b), nil
}

// KeyBytes returns an error: only strings and the types that Python converts to
// text can be keys.
func (*encoder) KeyBytes(v reflect.Value) ([]byte, error) {
	t := v.Type()
	name := t.String()
	if k := t.Kind(); k == reflect.Slice || k == reflect.Array {
		name = "tuple"
		if t.Elem() == reflect.TypeFor[byte]() {
			name = "bytes"
		}
	}
	return nil, codec.NewEncodeError("keys must be str, int, float, bool or None, not %s", name)
}

// RawKey is never called, since KeyBytes always fails.
func (*encoder) RawKey(int, []byte) {}

// Any writes a value of any type; types that are not listed here are encoded by
// reflection.
func (e *encoder) Any(v any) error {
	switch v := v.(type) {
	case nil:
		e.Null()
	case bool:
		e.Bool(v)
	case int:
		e.Int(int64(v))
	case int64:
		e.Int(v)
	case float64:
		e.Float(v)
	case string:
		return e.Str(v)
	case []any:
		return e.list(v)
	case map[string]any:
		return e.dict(v)
	case *codec.Call:
		return format.EncodeCall(e, v)
	case codec.Call:
		return format.EncodeCall(e, &v)
	case codec.Tuple:
		return e.list(v)
	case codec.Dict:
		return format.EncodeDict(e, v)
	case codec.Value:
		return format.EncodeLater(e, v)
	case []float64:
		return writeList(e, v, (*encoder).Float)
	case []int:
		return writeList(e, v, func(e *encoder, x int) { e.Int(int64(x)) })
	case []int64:
		return writeList(e, v, (*encoder).Int)
	case []string:
		return e.strings(v)
	case map[string]float64:
		return e.floatDict(v)
	case map[string]string:
		return walk.EncodeStrMap(e, v, walk.Sink.Str)
	case []byte:
		return e.Bytes(v)
	case *big.Int:
		if v == nil {
			e.Null()
			return nil
		}
		return e.BigInt(v)
	default:
		return e.other(v)
	}
	return nil
}

// other is Any for the types that are used less often.
func (e *encoder) other(v any) error {
	switch v := v.(type) {
	case int8:
		e.Int(int64(v))
	case int16:
		e.Int(int64(v))
	case int32:
		e.Int(int64(v))
	case uint:
		e.Uint(uint64(v))
	case uint8:
		e.Uint(uint64(v))
	case uint16:
		e.Uint(uint64(v))
	case uint32:
		e.Uint(uint64(v))
	case uint64:
		e.Uint(v)
	case float32:
		e.Float(float64(v))
	default:
		return format.Encode(e, reflect.ValueOf(v))
	}
	return nil
}

func (e *encoder) list(list []any) error {
	if err := e.enter('['); err != nil {
		return err
	}
	for i, x := range list {
		if i > 0 {
			e.buf = append(e.buf, ',', ' ')
		}
		if err := e.Any(x); err != nil {
			return codec.AtIndex(err, i)
		}
	}
	e.EndList()
	return nil
}

func writeList[T any](e *encoder, list []T, write func(*encoder, T)) error {
	if err := e.enter('['); err != nil {
		return err
	}
	for i, x := range list {
		if i > 0 {
			e.buf = append(e.buf, ',', ' ')
		}
		write(e, x)
	}
	e.EndList()
	return nil
}

func (e *encoder) strings(list []string) error {
	if err := e.enter('['); err != nil {
		return err
	}
	for i, x := range list {
		e.Elem(i)
		if err := e.Str(x); err != nil {
			return codec.AtIndex(err, i)
		}
	}
	e.EndList()
	return nil
}

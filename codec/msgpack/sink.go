package msgpack

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"reflect"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// format has the choices of MessagePack about Go types.
var format = &walk.Format{
	Name:          "msgpack",
	TagName:       "msgpack",
	ForeignEncode: foreignEncode,
	ForeignDecode: foreignDecode,
	AppendKey:     appendStr,
	CompareKeys:   compareKeys,
	FloatSize:     9,
	Floats:        floatFields,
}

// sink is the walk.Sink of MessagePack.
type sink struct {
	b []byte
	encoding
}

var sinks = sync.Pool{New: func() any { return new(sink) }}

// appendWalked writes a value of any type by reflection.
func appendWalked(b []byte, v reflect.Value, e encoding) ([]byte, error) {
	s := sinks.Get().(*sink)
	s.b, s.encoding = b, e
	err := format.Encode(s, v)
	b = s.b
	*s = sink{}
	sinks.Put(s)
	return b, err
}

func (s *sink) Registry() *codec.Registry { return s.reg }

func (s *sink) Null()           { s.b = append(s.b, codeNil) }
func (s *sink) Bool(v bool)     { s.b = appendBool(s.b, v) }
func (s *sink) Int(v int64)     { s.b = appendInt(s.b, v) }
func (s *sink) Uint(v uint64)   { s.b = appendUint(s.b, v) }
func (s *sink) Float(v float64) { s.b = appendFloat(s.b, v) }

func (s *sink) BigInt(v *big.Int) (err error) {
	s.b, err = appendBigInt(s.b, v)
	return err
}

func (s *sink) Str(v string) (err error) {
	s.b, err = appendStr(s.b, v)
	return err
}

func (s *sink) Bytes(v []byte) (err error) {
	s.b, err = appendBin(s.b, v)
	return err
}

func (s *sink) BeginList(n int) (err error) {
	s.encoding, err = s.enter(n)
	s.b = appendArrayHeader(s.b, n)
	return err
}

// FloatList implements [walk.FloatLister].
func (s *sink) FloatList(list []float64) (err error) {
	s.b, err = appendFloats(s.b, list, s.encoding)
	return err
}

func (s *sink) Elem(int) {}
func (s *sink) EndList() { s.depth-- }

func (s *sink) BeginDict(n int) (err error) {
	s.encoding, err = s.enter(n)
	s.b = appendMapHeader(s.b, n)
	return err
}

// KeyStr does not refuse "__type__": package walk does so, and also writes this
// key.
func (s *sink) KeyStr(_ int, key string) error { return s.Str(key) }

func (s *sink) Field(_ int, key []byte) { s.b = append(s.b, key...) }

// Floats writes all keys at once, then the floats between them.
func (s *sink) Floats(_ int, f *walk.FloatFields, v reflect.Value) {
	start := len(s.b)
	s.b = append(s.b, f.Text...)
	out := s.b[start:]
	for i, field := range f.Index {
		b := out[f.Ends[i]:]
		b[0] = codeFloat64
		binary.BigEndian.PutUint64(b[1:9], math.Float64bits(v.Field(field).Float()))
	}
}

func (s *sink) Key(_ int, key any) error { return s.Any(key) }

// KeyBytes encodes the key in the unused capacity after the written bytes.
func (s *sink) KeyBytes(v reflect.Value) ([]byte, error) {
	b, err := appendKey(s.b[len(s.b):], v.Interface(), s.encoding)
	return bytes.Clone(b), err
}

func (s *sink) RawKey(_ int, key []byte) { s.b = append(s.b, key...) }

func (s *sink) EndDict() { s.depth-- }

func (s *sink) Any(v any) (err error) {
	s.b, err = appendAny(s.b, v, s.encoding)
	return err
}

package base

import (
	"fmt"
	"math/big"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// sink is the walk.Sink that builds a plain value.
type sink struct {
	base  *base
	reg   *codec.Registry
	depth int
	value any        // the value written last
	open  []unclosed // the enclosing lists and dicts
}

// unclosed is a list or a dict that is being written.
type unclosed struct {
	list   []any
	dict   codec.Dict
	key    any // of the next value
	isDict bool
}

func (s *sink) put(v any) {
	if len(s.open) == 0 {
		s.value = v
		return
	}
	if top := &s.open[len(s.open)-1]; top.isDict {
		top.dict = append(top.dict, codec.Entry{Key: top.key, Value: v})
	} else {
		top.list = append(top.list, v)
	}
}

func (s *sink) Registry() *codec.Registry { return s.reg }

func (s *sink) Null()              { s.put(nil) }
func (s *sink) Bool(v bool)        { s.put(v) }
func (s *sink) Int(v int64)        { s.put(v) }
func (s *sink) Float(v float64)    { s.put(v) }
func (s *sink) Str(v string) error { s.put(v); return nil }

func (s *sink) Bytes(v []byte) error {
	s.put(append(make([]byte, 0, len(v)), v...))
	return nil
}

func (s *sink) Uint(v uint64) {
	n, _ := plainInt(v)
	s.put(n)
}

func (s *sink) BigInt(v *big.Int) error {
	n, _ := plainInt(v)
	s.put(n)
	return nil
}

func (s *sink) begin(u unclosed) error {
	if s.depth++; s.depth > codec.MaxEncodeDepth {
		return codec.NewEncodeError("nested deeper than %d, or a value that contains itself", codec.MaxEncodeDepth)
	}
	s.open = append(s.open, u)
	return nil
}

func (s *sink) end() (u unclosed) {
	s.depth--
	u = s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	return u
}

func (s *sink) BeginList(n int) error { return s.begin(unclosed{list: make([]any, 0, max(n, 0))}) }
func (s *sink) Elem(int)              {}
func (s *sink) EndList()              { s.put(s.end().list) }

func (s *sink) BeginDict(n int) error {
	return s.begin(unclosed{dict: make(codec.Dict, 0, max(n, 0)), isDict: true})
}
func (s *sink) EndDict() { s.put(s.end().dict) }

func (s *sink) KeyStr(_ int, key string) error {
	s.open[len(s.open)-1].key = key
	return nil
}

func appendKey(b []byte, name string) ([]byte, error) { return append(b, name...), nil }

func (s *sink) Field(i int, key []byte) { _ = s.KeyStr(i, string(key)) }

func (s *sink) Floats(i int, f *walk.FloatFields, v reflect.Value) {
	for j, field := range f.Index {
		s.Field(i+j, f.Keys[j])
		s.Float(v.Field(field).Float())
	}
}

func (s *sink) Key(_ int, key any) error {
	if n, ok := plainInt(key); ok {
		key = n
	}
	s.open[len(s.open)-1].key = key
	return nil
}

// KeyBytes accepts keys that Python can hash: not dicts, except custom types.
func (s *sink) KeyBytes(v reflect.Value) ([]byte, error) {
	key, err := s.key(v.Interface())
	if err != nil {
		return nil, err
	}
	b, err := s.base.append(nil, key)
	if err == nil {
		_, err = s.base.parsePlain(b, noLimits)
	}
	return b, err
}

// RawKey parses the key again, as KeyBytes did.
func (s *sink) RawKey(_ int, key []byte) {
	v, _ := s.base.parsePlain(key, noLimits)
	s.open[len(s.open)-1].key = v
}

// key returns a key as a plain value.
func (s *sink) key(key any) (any, error) {
	v, err := s.base.plain(key, s.reg, s.depth)
	if err != nil {
		return nil, codec.At(err, "key")
	}
	if !hashable(v) {
		return nil, codec.NewEncodeError("%T as the key of a dict: Python cannot hash a dict", key)
	}
	return v, nil
}

// dict writes a dict directly. The walk would encode its keys and parse them again.
func (s *sink) dict(dict codec.Dict) error {
	if err := s.BeginDict(len(dict)); err != nil {
		return err
	}
	for _, e := range dict {
		key, err := s.key(e.Key)
		if text, ok := key.(string); ok && err == nil {
			err = walk.CheckKey(text)
		}
		if err != nil {
			return err
		}
		s.open[len(s.open)-1].key = key
		if err := s.Any(e.Value); err != nil {
			return codec.At(err, fmt.Sprint(e.Key))
		}
	}
	s.EndDict()
	return nil
}

func hashable(v any) bool {
	switch v := v.(type) {
	case codec.Dict:
		return len(v) == 1 && v[0].Key == any(codec.TypeKey)
	case []any:
		for _, x := range v {
			if !hashable(x) {
				return false
			}
		}
	}
	return true
}

// Any writes the types that the walk leaves to the codec, and passes others to the
// walk.
func (s *sink) Any(v any) error {
	switch v := v.(type) {
	case codec.Dict:
		return s.dict(v)
	case map[string]any:
		return walk.EncodeStrMap(s, v, walk.Sink.Any)
	case map[string]float64:
		return walk.EncodeStrMap(s, v, func(s walk.Sink, x float64) error { s.Float(x); return nil })
	case map[string]string:
		return walk.EncodeStrMap(s, v, walk.Sink.Str)
	}
	return s.base.walk.Encode(s, reflect.ValueOf(v))
}

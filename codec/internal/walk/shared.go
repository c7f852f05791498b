package walk

import (
	"fmt"
	"slices"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// EncodeDict writes the entries of d in their order; a nil Dict is an empty
// one.
func (f *Format) EncodeDict(s Sink, d codec.Dict) error {
	if err := s.BeginDict(len(d)); err != nil {
		return err
	}
	for i := range d {
		if err := f.EncodeKey(s, i, d[i].Key); err != nil {
			return err
		}
		if err := s.Any(d[i].Value); err != nil {
			return codec.At(err, keyText(d[i].Key))
		}
	}
	s.EndDict()
	return nil
}

// EncodeCall writes the content of an RPC request, [path, args, kwargs].
// Errors name the argument: args[0], kwargs.x.
func (f *Format) EncodeCall(s Sink, c *codec.Call) error {
	if c == nil {
		s.Null()
		return nil
	}
	if err := s.BeginList(3); err != nil {
		return err
	}
	s.Elem(0)
	if err := s.Str(c.Path); err != nil {
		return codec.At(err, "path")
	}
	s.Elem(1)
	if err := encodeSlice(s, c.Args, Sink.Any); err != nil {
		return codec.At(err, "args")
	}
	s.Elem(2)
	if err := f.EncodeStrMap(s, c.Kwargs); err != nil {
		return codec.At(err, "kwargs")
	}
	s.EndList()
	return nil
}

// EncodeStrMap writes m in the order of its keys, without an allocation unless
// m is large.
func (f *Format) EncodeStrMap(s Sink, m map[string]any) error {
	return EncodeStrMap(s, m, Sink.Any)
}

// EncodeStrMap writes any map with string keys in the order of the keys.
func EncodeStrMap[V any](s Sink, m map[string]V, write func(s Sink, v V) error) error {
	if err := s.BeginDict(len(m)); err != nil {
		return err
	}
	if len(m) > 0 {
		if err := encodeEntries(s, m, write); err != nil {
			return err
		}
	}
	s.EndDict()
	return nil
}

func encodeEntries[V any](s Sink, m map[string]V, write func(s Sink, v V) error) error {
	keys := SortedKeys(m)
	defer keys.Release()
	for i, k := range keys.List {
		if err := CheckKey(k); err != nil {
			return err
		}
		if err := s.KeyStr(i, k); err != nil {
			return err
		}
		if err := write(s, m[k]); err != nil {
			return codec.At(err, k)
		}
	}
	return nil
}

// EncodeLater writes a value that was received on any connection, with any
// codec, to s. The order of its dicts is kept.
func (f *Format) EncodeLater(s Sink, v codec.Value) error {
	x, err := v.Ordered()
	if err != nil {
		return &codec.EncodeError{Reason: fmt.Sprintf("cannot pass on the %v", v.Kind()), Err: err}
	}
	return s.Any(x)
}

// Keys holds the sorted keys of a map in a pooled slice.
type Keys struct{ List []string }

// maxPooledKeys bounds the length of a pooled slice of keys: 16 KiB.
const maxPooledKeys = 1024

var keysPool = sync.Pool{New: func() any { return new(Keys) }}

// SortedKeys returns the keys of m in order; call Release when done.
func SortedKeys[V any](m map[string]V) *Keys {
	k := keysPool.Get().(*Keys)
	for key := range m {
		k.List = append(k.List, key)
	}
	slices.Sort(k.List)
	return k
}

// Release returns k to the pool; k.List must not be used afterwards.
func (k *Keys) Release() {
	if cap(k.List) > maxPooledKeys {
		return
	}
	clear(k.List)
	k.List = k.List[:0]
	keysPool.Put(k)
}

package json

import (
	"encoding/binary"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// scratch collects the elements of the containers that are being read, one
// behind the other, so that each slice and map is made once, in its final size.
type scratch struct {
	values []any
	floats []float64
	keys   []string
	cache  keyCache
	shapes [8]shape // of the last dict, by nesting
}

// maxScratch bounds what a pooled scratch holds on to: 160 KiB.
const maxScratch = 4096

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) release() {
	if cap(s.values) > maxScratch {
		s.values = nil
	}
	if cap(s.keys) > maxScratch {
		s.keys = nil
	}
	if cap(s.floats) > maxScratch {
		s.floats = nil
	}
	s.drop(0, 0) // what an error left
	s.floats = s.floats[:0]
	scratches.Put(s)
}

// Any reads a value of any kind.
func (d *decoder) Any() (any, error) {
	if c := d.peek(); d.scratch != nil || c != '[' && c != '{' {
		return d.any()
	}
	s := scratches.Get().(*scratch)
	d.scratch = s
	v, err := d.any()
	d.scratch = nil
	s.release()
	return v, err
}

func (d *decoder) any() (any, error) {
	switch c := d.peek(); kinds[c] {
	case codec.KindString:
		return d.Str()
	case codec.KindList:
		return d.list()
	case codec.KindDict:
		return d.dict()
	case codec.KindNull:
		return nil, d.Null()
	case codec.KindBool:
		return d.Bool()
	case codec.KindInt:
		return d.anyNumber()
	case codec.KindFloat:
		return d.Float64()
	}
	return nil, d.malformed()
}

func (d *decoder) list() (any, error) {
	if _, err := d.List(); err != nil {
		return nil, err
	}
	s := d.scratch
	base := len(s.values)
	for d.More() {
		v, err := d.any()
		if err != nil {
			return nil, codec.AtIndex(err, len(s.values)-base)
		}
		s.values = append(s.values, v)
	}
	list := make([]any, len(s.values)-base)
	copy(list, s.values[base:])
	s.drop(base, len(s.keys))
	return list, nil
}

func (d *decoder) dict() (any, error) {
	if _, err := d.Dict(); err != nil {
		return nil, err
	}
	s := d.scratch
	base, keyBase := len(s.values), len(s.keys)
	shape := &s.shapes[d.depth%len(s.shapes)]
	var custom any
	isCustom := false
	for d.More() {
		key, known := shape.next(d, len(s.keys)-keyBase)
		if !known {
			var err error
			if key, err = d.key(); err != nil {
				return nil, err
			}
			if key == codec.TypeKey {
				isCustom = true
				if custom, err = format.ReadCustom(d); err != nil {
					return nil, err
				}
				continue
			}
		}
		v, err := d.any()
		if err != nil {
			return nil, codec.At(err, key)
		}
		s.keys = append(s.keys, key)
		s.values = append(s.values, v)
	}
	if isCustom {
		s.drop(base, keyBase) // whatever else was in the dict, as in Python
		return custom, nil
	}
	m := make(map[string]any, len(s.keys)-keyBase)
	for i, key := range s.keys[keyBase:] {
		m[key] = s.values[base+i]
	}
	shape.keep(s.keys[keyBase:])
	s.drop(base, keyBase)
	return m, nil
}

// shape holds the keys of a dict. Dicts that stand beside each other often have
// the same keys in the same order: then a comparison finds them.
type shape struct {
	keys []string
	hits int
}

// A shape is kept by the pool: it must not be large.
const maxShape, maxShapeKey = 64, 64

// next passes over the key at the cursor if it is the i-th of the shape.
func (s *shape) next(d *decoder, i int) (string, bool) {
	if i == 0 {
		s.hits = 0
	}
	if i >= len(s.keys) {
		return "", false
	}
	key := s.keys[i]
	end := d.pos + 1 + len(key) // after the quote that More left us at
	if end >= len(d.data) || d.data[d.pos] != '"' || d.data[end] != '"' || string(d.data[d.pos+1:end]) != key {
		return "", false
	}
	d.pos = end + 1
	s.hits++
	return key, true
}

// keep makes a shape of keys if it is none of them yet.
func (s *shape) keep(keys []string) {
	if s.hits == len(keys) || len(keys) == 0 || len(keys) > maxShape {
		return
	}
	s.keys = s.keys[:0]
	for _, key := range keys {
		if len(key) > maxShapeKey || strings.ContainsAny(key, `"\\`) { // cannot be compared with what is in quotes
			s.keys = s.keys[:0]
			return
		}
		s.keys = append(s.keys, key)
	}
}

// drop forgets what was collected since there were so many values and keys.
func (s *scratch) drop(values, keys int) {
	clear(s.keys[keys:])
	clear(s.values[values:])
	s.keys, s.values = s.keys[:keys], s.values[:values]
}

// key reads the key of a dict.
func (d *decoder) key() (string, error) {
	body, escaped, err := d.quoted()
	if err != nil {
		return "", err
	}
	if escaped {
		d.buf = unescape(d.buf[:0], body)
		return string(d.buf), nil
	}
	return d.scratch.cache.get(body), nil
}

// keyCache finds short keys that were read before, so that the keys of a list
// of equal dicts are allocated once.
type keyCache [256]string

const maxCachedKey = 32

func (c *keyCache) get(key []byte) string {
	if n := len(key); n == 0 || n > maxCachedKey {
		return string(key)
	}
	slot := &c[hashKey(key)]
	if *slot != string(key) {
		*slot = string(key)
	}
	return *slot
}

// hashKey hashes the length and the last bytes of a key, in which keys differ
// most.
func hashKey(key []byte) uint8 {
	var x uint64
	if n := len(key); n >= 8 {
		x = binary.LittleEndian.Uint64(key[n-8:])
	} else {
		for _, c := range key {
			x = x<<8 | uint64(c)
		}
	}
	return uint8((x ^ uint64(len(key))<<56) * 0x9e3779b97f4a7c15 >> 56)
}

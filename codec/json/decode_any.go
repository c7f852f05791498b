package json

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// scratch collects the elements of the lists being read on a stack, so that
// each slice is allocated once, in its final size. It also remembers the keys
// of dicts.
type scratch struct {
	values []any
	cache  keyCache
	shapes [8]shape // of the last dicts, by nesting
}

// maxScratch bounds the memory of a pooled scratch: 64 KiB.
const maxScratch = 4096

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) release() {
	if cap(s.values) > maxScratch {
		s.values = nil
	}
	s.drop(0) // left over after an error
	scratches.Put(s)
}

// Any reads a value of any kind.
func (d *decoder) Any() (any, error) {
	c := d.peek()
	if c != '[' && c != '{' {
		return d.any()
	}
	if d.reg.Decoding().Ordered {
		return format.ReadOrdered(d)
	}
	if !d.HoldKeys() {
		return d.any()
	}
	v, err := d.any()
	d.ReleaseKeys()
	return v, err
}

// HoldKeys makes sure that d has a scratch, and reports whether ReleaseKeys must
// be called.
func (d *decoder) HoldKeys() bool {
	if d.scratch != nil {
		return false
	}
	d.scratch = scratches.Get().(*scratch)
	return true
}

// ReleaseKeys returns the scratch to its pool.
func (d *decoder) ReleaseKeys() {
	d.scratch.release()
	d.scratch = nil
}

// Key reads key i of the dict that was entered last, for [walk.KeyReader].
func (d *decoder) Key(i int) (string, error) {
	s := d.shape()
	s.size = i + 1
	return d.key(s, i)
}

// Expect returns the number of entries that the dict that was entered last
// probably has; see [walk.KeyReader].
func (d *decoder) Expect(int) int { return d.shape().expect(d) }

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
	base, first := len(s.values), d.pos
	var long []any // the elements read so far of a longer list
	for d.More() {
		if len(s.values)-base == maxListScratch {
			long = extend(d, long, s.values[base:], first)
			s.drop(base)
		}
		v, err := d.any()
		if err != nil {
			return nil, codec.AtIndex(err, len(long)+len(s.values)-base)
		}
		s.values = append(s.values, v)
	}
	if long != nil {
		long = trim(append(long, s.values[base:]...))
	} else {
		long = make([]any, len(s.values)-base)
		copy(long, s.values[base:])
	}
	s.drop(base)
	return long, nil
}

// maxListScratch is how many elements of one list are collected in scratch.
const maxListScratch = 1024

// extend appends elements to a list that begins at byte first. If the list must
// grow, extend also reserves room for the elements still to come: as many as
// the remaining bytes can hold if they are as long as those before, but at most
// three times the present length. Growing by a quarter at a time took a third
// of the time of reading 10,000 floats.
func extend[T any](d *decoder, list, more []T, first int) []T {
	if n := len(list) + len(more); n > cap(list) {
		rest := float64(len(d.data)-d.pos) * float64(n) / float64(d.pos-first)
		list = slices.Grow(list, len(more)+min(int(rest*1.02), 3*n))
	}
	return append(list, more...)
}

// trim releases the memory that extend reserved for elements that did not
// follow.
func trim[T any](list []T) []T {
	if n := len(list); cap(list) > n+n/4 {
		return append(make([]T, 0, n), list...)
	}
	return list
}

func (d *decoder) dict() (any, error) {
	if _, err := d.Dict(); err != nil {
		return nil, err
	}
	shape := d.shape()
	m := make(map[string]any, shape.expect(d))
	var custom any
	isCustom := false
	n := 0
	for ; d.More(); n++ {
		key, err := d.key(shape, n)
		if err != nil {
			return nil, err
		}
		if key == codec.TypeKey {
			isCustom = true
			if custom, err = format.ReadLastCustom(d); err != nil {
				return nil, err
			}
			continue
		}
		v, err := d.any()
		if err != nil {
			return nil, codec.At(err, key)
		}
		m[key] = v
	}
	shape.size = n
	if isCustom {
		return custom, nil // the rest of the dict is ignored, as in Python
	}
	return m, nil
}

// shape records the keys and size of the last dict at some depth. Sibling dicts
// often have the same keys in the same order: then a comparison finds each key,
// and the map is made in its final size.
type shape struct {
	keys []string // none with escapes
	size int
}

// Shapes are kept in the pool, so their size is bounded.
const maxShape, maxShapeKey = 64, 64

func (d *decoder) shape() *shape { return &d.scratch.shapes[d.depth%len(d.scratch.shapes)] }

// expect returns the initial size of the map for the dict that contains the
// cursor. It is at most the number of entries that the remaining bytes can
// hold.
func (s *shape) expect(d *decoder) int {
	const shortest = len(`"":0,`)
	if d.peek() == '}' {
		return 0
	}
	return min(s.size, (len(d.data)-d.pos)/shortest)
}

// key reads the i-th key of a dict.
func (d *decoder) key(s *shape, i int) (string, error) {
	if i < len(s.keys) {
		key := s.keys[i]
		end := d.pos + 1 + len(key) // More has left d.pos at the opening quote
		if end+2 < len(d.data) && d.data[d.pos] == '"' && d.data[end] == '"' && string(d.data[d.pos+1:end]) == key {
			d.pos = end + 1
			if d.data[end+1] == ':' && d.data[end+2] == ' ' {
				d.pos = end + 3
			}
			return key, nil
		}
	}
	body, escaped, err := d.quoted()
	if err != nil {
		return "", err
	}
	if escaped {
		d.buf = unescape(d.buf[:0], body)
		return string(d.buf), nil
	}
	key := d.scratch.cache.get(body)
	switch {
	case len(key) > maxShapeKey || key == codec.TypeKey:
	case i < len(s.keys):
		s.keys[i] = key
	case i == len(s.keys) && i < maxShape:
		s.keys = append(s.keys, key)
	}
	return key, nil
}

// drop truncates the stack to the given number of values.
func (s *scratch) drop(values int) {
	clear(s.values[values:])
	s.values = s.values[:values]
}

// keyCache caches short keys, so that the keys of a list of similar dicts are
// allocated once. Where a shape has them all it saves nothing; where dicts of two
// kinds alternate, a tenth of the time, as BenchmarkDecode/mixed shows.
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

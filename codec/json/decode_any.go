package json

import (
	"strconv"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// scratch collects the elements of the containers that are being read, one
// behind the other, so that each slice and map is made once, in its final size.
type scratch struct {
	values []any
	keys   []string
	cache  keyCache
}

// maxScratch bounds what a pooled scratch holds on to: 96 KiB.
const maxScratch = 4096

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) release() {
	if cap(s.values) > maxScratch {
		s.values = nil
	}
	if cap(s.keys) > maxScratch {
		s.keys = nil
	}
	s.drop(0, 0) // what an error left
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

func (d *decoder) anyNumber() (any, error) {
	s := d.number()
	if !isInt(s) {
		return d.Float64()
	}
	d.pos += len(s)
	if n, ok := parseInt64(s); ok {
		return n, nil
	}
	if n, err := strconv.ParseUint(string(s), 10, 64); err == nil {
		return n, nil
	}
	return parseBigInt(s)
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
	var custom any
	isCustom := false
	for d.More() {
		key, err := d.key()
		if err != nil {
			return nil, err
		}
		if key == codec.TypeKey {
			isCustom = true
			if custom, err = format.ReadCustom(d); err != nil {
				return nil, err
			}
			continue
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
	s.drop(base, keyBase)
	return m, nil
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
	n := len(key)
	slot := &c[(uint(key[0])*31^uint(key[n/2])*7^uint(key[n-1])*13^uint(n)*61)&255]
	if *slot != string(key) {
		*slot = string(key)
	}
	return *slot
}

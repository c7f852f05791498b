package msgpack

import (
	"encoding/binary"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// keyMemory remembers short keys, so that each is allocated only once, which
// BenchmarkDecodeTyped/maps shows. Key memories are pooled: one for each connection would be most of the memory of
// an idle connection.
type keyMemory struct {
	shapes [8]keyShape // by nesting
	cache  [256]string
}

// keyShape holds the keys of the last dict at some depth. Sibling dicts mostly
// have the same keys in the same order: then a comparison finds each key.
type keyShape []string

const (
	maxKeyShape = 64
	maxShortKey = 31 // maximum length of a remembered key, and of a key with a header of one byte
)

var keyMemories = sync.Pool{New: func() any { return new(keyMemory) }}

// HoldKeys makes sure that d has a memory for keys, and reports whether
// ReleaseKeys must be called.
func (d *decoder) HoldKeys() bool {
	if d.keys != nil {
		return false
	}
	d.keys = keyMemories.Get().(*keyMemory)
	return true
}

// ReleaseKeys returns the memory to its pool.
func (d *decoder) ReleaseKeys() {
	keyMemories.Put(d.keys)
	d.keys = nil
}

// Expect returns n, which is exact in this format, for [walk.KeyReader].
func (d *decoder) Expect(n int) int { return n }

// Key reads key i of the dict that was entered last, for [walk.KeyReader].
func (d *decoder) Key(i int) (string, error) { return d.key(d.shape(0), i) }

// shape returns the keyShape for a dict that is the given number of levels
// below the containers that d has entered.
func (d *decoder) shape(more int) *keyShape {
	return &d.keys.shapes[(d.depth+len(d.left)+more)%len(d.keys.shapes)]
}

// key reads the k-th key of a dict, which is a str.
func (d *decoder) key(shape *keyShape, k int) (string, error) {
	if k < len(*shape) {
		key := (*shape)[k]
		if b := d.b[d.i:]; len(b) > len(key) && b[0] == codeFixStr|byte(len(key)) && string(b[1:1+len(key)]) == key {
			d.i += 1 + len(key)
			return key, nil
		}
	}
	raw, err := d.StrBytes()
	if err != nil {
		return "", err
	}
	if len(raw) > maxShortKey {
		return string(raw), nil
	}
	key := d.keys.get(raw)
	switch {
	case key == codec.TypeKey:
	case k < len(*shape):
		(*shape)[k] = key
	case k == len(*shape) && k < maxKeyShape:
		*shape = append(*shape, key)
	}
	return key, nil
}

func (m *keyMemory) get(key []byte) string {
	var x uint64
	n := len(key)
	if n >= 8 { // names differ most in their last bytes and their length
		x = binary.LittleEndian.Uint64(key[n-8:])
	} else {
		for _, c := range key {
			x = x<<8 | uint64(c)
		}
	}
	slot := &m.cache[(x^uint64(n)<<56)*0x9e3779b97f4a7c15>>56]
	if *slot != string(key) {
		*slot = string(key)
	}
	return *slot
}

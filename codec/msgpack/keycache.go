package msgpack

import (
	"encoding/binary"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// keyMemory remembers short keys that were read, so that each is allocated
// once. They are in a pool: one for each connection would be most of the memory
// of an idle one.
type keyMemory struct {
	shapes [8]keyShape // by nesting
	cache  [256]string
}

// keyShape are the keys of the last dicts at some depth. Dicts that stand
// beside each other mostly have the same keys in the same order: then comparing
// is enough to find them.
type keyShape []string

const (
	maxKeyShape = 64
	maxShortKey = 31 // bytes of the longest key that is kept, and of the longest with a header of one byte
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

// ReleaseKeys gives the memory back.
func (d *decoder) ReleaseKeys() {
	keyMemories.Put(d.keys)
	d.keys = nil
}

// Expect returns n, which is known, for [walk.KeyReader].
func (d *decoder) Expect(n int) int { return n }

// Key reads key i of the dict that was entered last, for [walk.KeyReader].
func (d *decoder) Key(i int) (string, error) { return d.key(d.shape(0), i) }

// shape is for the keys of a dict that was entered by so many more than is known.
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
	if n >= 8 { // names differ at their ends most, and in their length
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

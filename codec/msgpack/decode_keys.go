package msgpack

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// anyKeys reads a dict of n pairs with keys other than strings. The first k
// pairs, which begin at first, are already in done. The result is a map[any]any
// if all keys can be keys of a Go map, else a codec.Dict.
func (d *decoder) anyKeys(done map[string]any, first, k, n int) (any, error) {
	var dict keyed
	if k == 0 {
		return d.restOfKeys(&dict, k, n)
	}
	if err := dict.reorder(d, done, first, k); err != nil {
		return nil, err
	}
	v, err := d.restOfKeys(&dict, k, n)
	if err == nil {
		d.spans.add(first, d.i)
	}
	return v, err
}

// restOfKeys reads the pairs of a dict of n pairs, from pair k on.
func (d *decoder) restOfKeys(dict *keyed, k, n int) (any, error) {
	hashable := true
	for ; k < n; k++ {
		start := d.i
		key, err := d.any()
		if err != nil {
			return nil, err
		}
		if key == codec.TypeKey {
			return d.custom(n - k - 1)
		}
		raw := d.b[start:d.i]
		v, err := d.any()
		if err != nil {
			return nil, codec.At(err, fmt.Sprint(key))
		}
		dict.put(raw, key, v)
		hashable = hashable && isHashable(key)
	}
	d.depth--
	if !hashable {
		return dict.entries, nil
	}
	m := make(map[any]any, len(dict.entries))
	for _, e := range dict.entries {
		m[e.Key] = e.Value
	}
	return m, nil
}

// keyed is a dict that identifies its keys by their bytes, since not all keys
// are comparable in Go.
type keyed struct {
	entries codec.Dict
	place   map[string]int
}

// put adds an entry; of equal keys the first position and the last value are
// kept, as in Python.
func (d *keyed) put(raw []byte, key, v any) {
	if same, ok := hashed(raw); ok {
		if i, ok := d.place[same]; ok {
			d.entries[i].Value = v
			return
		}
		if d.place == nil {
			d.place = make(map[string]int)
		}
		d.place[same] = len(d.entries)
	}
	d.entries = append(d.entries, codec.Entry{Key: key, Value: v})
}

// reorder adds the entries of done to d in the order in which they were read:
// as the k pairs that begin at first. done must not be used afterwards.
func (d *keyed) reorder(from *decoder, done map[string]any, first, k int) error {
	next := from.i
	from.i = first
	for range k {
		start := from.i
		key, err := from.Str()
		if err != nil {
			return err
		}
		raw := from.b[start:from.i]
		if err := from.skipDicts(); err != nil {
			return err
		}
		d.put(raw, key, done[key])
	}
	from.i = next
	return nil
}

// maxHashed is the maximum length of a key that is compared with other keys.
// Keys can be nested, and a nested key would be traversed again at every level.
const maxHashed = 1 << 10

// hashed returns a text that is the same for all encodings of keys that are
// equal in Python, where True, 1 and 1.0 are equal. It returns false for a key
// that equals no other, such as NaN.
func hashed(raw []byte) (same string, ok bool) {
	if len(raw) > maxHashed {
		return "", false
	}
	var out []byte
	for i := 0; i < len(raw); {
		end, h, ok := tokenEnd(raw, i)
		if !ok {
			return "", false
		}
		token := raw[i:end]
		switch h.kind {
		case codec.KindBool:
			out = append(out, token[0]-codeFalse)
		case codec.KindFloat:
			var x float64
			if token[0] == codeFloat64 {
				x = math.Float64frombits(binary.BigEndian.Uint64(token[1:]))
			} else {
				x = float64(math.Float32frombits(binary.BigEndian.Uint32(token[1:])))
			}
			switch {
			case x != x:
				return "", false
			case x != math.Trunc(x) || x < -1<<63 || x >= 1<<64:
				out = appendFloat(out, x)
			case x < 0:
				out = appendInt(out, int64(x))
			default:
				out = appendUint(out, uint64(x))
			}
		default:
			out = normalize(out, token)
		}
		i = end
	}
	return string(out), true
}

// isHashable reports whether key can be a key of a map[any]any.
func isHashable(key any) bool {
	switch key.(type) {
	case nil, bool, int64, uint64, float64, string:
		return true
	case []byte, []any:
		return false
	}
	return reflect.ValueOf(key).Comparable()
}

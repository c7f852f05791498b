package msgpack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// appendStrMap writes m in the order of its keys.
func appendStrMap(b []byte, m map[string]any, e encoding) ([]byte, error) {
	e, err := e.enter(len(m))
	if err != nil {
		return b, err
	}
	switch {
	case len(m) == 0:
		return append(b, codeFixMap), nil
	case e.scratch != nil:
		return appendEntries(b, m, e)
	}
	e.scratch = scratches.Get().(*scratch)
	if b, err = appendEntries(b, m, e); err == nil {
		e.scratch.release() // not after an error, when its state is inconsistent
	}
	return b, err
}

func appendEntries(b []byte, m map[string]any, e encoding) ([]byte, error) {
	s, start := e.scratch, len(e.scratch.pairs)
	sh := s.shapeFor(len(m), e.depth)
	known := false
	if sh != nil {
		if sh.floats {
			if b, sh.floats = sh.appendFloats(b, m); sh.floats {
				return b, nil
			}
		}
		s.pairs, known = sh.match(s.pairs, m)
	}
	if !known {
		for k, v := range m {
			s.pairs = append(s.pairs, pair{k, v})
		}
		slices.SortFunc(s.pairs[start:], func(x, y pair) int { return strings.Compare(x.key, y.key) })
	}
	list := s.pairs[start:]
	var err error
	if sh != nil && !known {
		if known, err = sh.remember(len(list), func(i int) string { return list[i].key }); err != nil {
			return b, err
		}
	}
	if known {
		b, err = appendShaped(b, sh, list, e)
	} else {
		b, err = appendPairs(appendMapHeader(b, len(m)), list, e)
	}
	if err != nil {
		return b, err
	}
	clear(s.pairs[start : start+len(list)]) // do not keep values alive
	s.pairs = s.pairs[:start]
	return b, nil
}

func appendPairs(b []byte, list []pair, e encoding) ([]byte, error) {
	var err error
	for i := range list {
		if b, err = appendKeyStr(b, list[i].key); err != nil {
			return b, err
		}
		if b, err = appendAny(b, list[i].value, e); err != nil {
			return b, codec.At(err, list[i].key)
		}
	}
	return b, nil
}

// appendShaped writes the values of list with the keys of sh. Sibling maps of
// floats mostly have the same shape, so the shape of the last one is tried
// first, which saves a twentieth of the time.
func appendShaped(b []byte, sh *shape, list []pair, e encoding) ([]byte, error) {
	sh.busy = true
	from, others := uint32(0), 0
	var last *shape // of the last map in list
	for i := range list {
		end := sh.keys[i].end
		b = append(b, sh.text[from:end]...)
		from = end + 9
		var err error
		switch v := list[i].value.(type) {
		case float64:
			b = appendFloat(b, v)
			continue
		case map[string]any:
			known := false
			if last != nil && last.floats && len(v) == len(last.keys) {
				b, known = last.appendFloats(b, v)
				last.floats = known // so that it is not tried again
			}
			if !known {
				b, err = appendStrMap(b, v, e)
				last = e.scratch.shapeFor(len(v), e.depth+1)
			}
		default:
			b, err = appendAny(b, v, e)
		}
		others++
		if err != nil {
			return b, codec.At(err, sh.keys[i].name)
		}
	}
	sh.busy, sh.floats = false, others == 0
	return b, nil
}

// appendFloatMap writes m in the order of its keys.
func appendFloatMap(b []byte, m map[string]float64, e encoding) ([]byte, error) {
	e, err := e.enter(len(m))
	if err != nil {
		return b, err
	}
	if len(m) == 0 {
		return append(b, codeFixMap), nil
	}
	if e.scratch == nil {
		e.scratch = scratches.Get().(*scratch)
		defer e.scratch.release() // it has no pairs
	}
	sh := e.scratch.shapeFor(len(m), e.depth)
	known := false
	if sh != nil {
		if b, known = sh.appendFloatMap(b, m); known {
			return b, nil
		}
	}
	keys := walk.SortedKeys(m)
	defer keys.Release()
	if sh != nil {
		if known, err = sh.remember(len(keys.List), func(i int) string { return keys.List[i] }); err != nil {
			return b, err
		}
	}
	if !known {
		return appendFloatsOf(appendMapHeader(b, len(m)), m, keys.List)
	}
	sh.floats = true
	if b, known = sh.appendFloatMap(b, m); !known {
		return b, codec.NewEncodeError("a map that changed while it was encoded")
	}
	return b, nil
}

func appendFloatsOf(b []byte, m map[string]float64, keys []string) ([]byte, error) {
	for _, k := range keys {
		var err error
		if b, err = appendKeyStr(b, k); err != nil {
			return b, err
		}
		b = appendFloat(b, m[k])
	}
	return b, nil
}

// appendTextMap writes m in the order of its keys.
func appendTextMap(b []byte, m map[string]string, e encoding) ([]byte, error) {
	if _, err := e.enter(len(m)); err != nil {
		return b, err
	}
	b = appendMapHeader(b, len(m))
	keys := walk.SortedKeys(m)
	defer keys.Release()
	for _, k := range keys.List {
		var err error
		if b, err = appendKeyStr(b, k); err != nil {
			return b, err
		}
		if b, err = appendStr(b, m[k]); err != nil {
			return b, codec.At(err, k)
		}
	}
	return b, nil
}

func appendDict(b []byte, d codec.Dict, e encoding) ([]byte, error) {
	e, err := e.enter(len(d))
	if err != nil {
		return b, err
	}
	b = appendMapHeader(b, len(d))
	for i := range d {
		if b, err = appendKey(b, d[i].Key, e); err != nil {
			return b, err
		}
		if b, err = appendAny(b, d[i].Value, e); err != nil {
			return b, codec.At(err, fmt.Sprint(d[i].Key))
		}
	}
	return b, nil
}

// appendKey writes a key of a dict: a value of any kind that Python can hash.
// Python cannot hash a dict, nor a tuple that contains one, unless it is a
// custom type.
func appendKey(b []byte, key any, e encoding) ([]byte, error) {
	if list, ok := key.([]any); ok { // without this case, nested keys would be scanned again at each level
		return appendTupleKey(b, list, e)
	}
	start := len(b)
	b, err := appendAny(b, key, e)
	if err != nil {
		return b, codec.At(err, "key")
	}
	switch key := key.(type) {
	case nil, bool, int, int64, uint64, float64, []byte, codec.Opaque:
		return b, nil
	case string:
		return b, walk.CheckKey(key)
	}
	// The form of a value of another type is known only from its bytes.
	for i := start; i < len(b); {
		end, h, _ := tokenEnd(b, i)
		if h.kind == codec.KindDict {
			if h.n != 1 || !atTypeKey(b, end) {
				return b, codec.NewEncodeError("%T as the key of a dict: Python cannot hash a dict", key)
			}
			end, _ = skip(b, i)
		}
		i = end
	}
	if atTypeKey(b, start) {
		return b, walk.CheckKey(codec.TypeKey)
	}
	return b, nil
}

// appendTupleKey writes a tuple as a key.
func appendTupleKey(b []byte, list []any, e encoding) ([]byte, error) {
	e, err := e.enter(len(list))
	if err != nil {
		return b, codec.At(err, "key")
	}
	b = appendArrayHeader(b, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok { // "__type__" is allowed here
			b, err = appendStr(b, s)
			err = codec.At(err, "key")
		} else {
			b, err = appendKey(b, v, e)
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

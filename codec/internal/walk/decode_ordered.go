package walk

import (
	"github.com/aiomas-go/aiomas-go/codec"
)

// readDict reads a dict in its order. Of two equal keys the first position and
// the last value are kept.
func (f *Format) readDict(d codec.Decoder, t *codec.Dict, read func(codec.Decoder) (any, error)) error {
	switch k := d.Kind(); k {
	case codec.KindDict:
	case codec.KindNull:
		*t = nil
		return d.Null()
	default:
		return mismatch(k, dictType)
	}
	n, err := d.Dict()
	if err != nil {
		return err
	}
	list := dictBuilder{dict: make(codec.Dict, 0, min(max(n, 0), maxPresize))}
	for d.More() {
		key, err := readKey(d)
		if err != nil {
			return err
		}
		if key == codec.TypeKey {
			return customMismatch(d, dictType)
		}
		x, err := read(d)
		if err != nil {
			return codec.At(err, keyText(key))
		}
		list.set(key, x)
	}
	*t = list.dict
	return nil
}

func readKey(d codec.Decoder) (any, error) {
	if d.Kind() == codec.KindString {
		return d.Str()
	}
	return d.Any()
}

// dictBuilder builds a Dict and finds equal keys without comparing all pairs.
type dictBuilder struct {
	dict  codec.Dict
	index map[any]int // nil while there are few entries
}

const manyEntries = 16

// set adds an entry. Of equal keys the first key and the last value are kept,
// as in Python, where True is 1 and 1 is 1.0.
func (b *dictBuilder) set(key, value any) {
	id, ok := identity(key)
	if !ok {
		b.dict = append(b.dict, codec.Entry{Key: key, Value: value})
		return
	}
	if i, ok := b.find(id); ok {
		b.dict[i].Value = value
		return
	}
	if b.index != nil {
		b.index[id] = len(b.dict)
	}
	b.dict = append(b.dict, codec.Entry{Key: key, Value: value})
}

func (b *dictBuilder) find(id any) (int, bool) {
	if b.index == nil {
		if len(b.dict) < manyEntries {
			for i := range b.dict {
				if x, ok := identity(b.dict[i].Key); ok && x == id {
					return i, true
				}
			}
			return 0, false
		}
		b.index = make(map[any]int, 2*manyEntries)
		for i := range b.dict {
			if x, ok := identity(b.dict[i].Key); ok {
				b.index[x] = i
			}
		}
	}
	i, ok := b.index[id]
	return i, ok
}

// readTuple reads a list of exactly the length of t into the values that its
// elements point to. A nil Tuple accepts any list.
func (f *Format) readTuple(d codec.Decoder, t *codec.Tuple) error {
	switch k := d.Kind(); k {
	case codec.KindList:
	case codec.KindNull:
		*t = nil
		return d.Null()
	default:
		return mismatch(k, tupleType)
	}
	if *t == nil {
		return readSlice(d, (*[]any)(t), codec.Decoder.Any)
	}
	if _, err := d.List(); err != nil {
		return err
	}
	n := 0
	for ; d.More(); n++ {
		if n == len(*t) {
			return codec.NewDecodeError("a list of more than %d does not fit a tuple of %[1]d", n)
		}
		if err := f.Decode(d, (*t)[n]); err != nil {
			return codec.AtIndex(err, n)
		}
	}
	if n < len(*t) {
		return codec.NewDecodeError("a list of %d does not fit a tuple of %d", n, len(*t))
	}
	return nil
}

func (f *Format) readCall(d codec.Decoder, c *codec.Call) error {
	if k := d.Kind(); k != codec.KindList {
		return mismatch(k, callType)
	}
	return f.readTuple(d, &codec.Tuple{&c.Path, &c.Args, &c.Kwargs})
}

// ReadOrdered is the Any of every codec for lists and dicts with
// [codec.Decoding].Ordered.
func (f *Format) ReadOrdered(d codec.Decoder) (any, error) {
	if d.Kind() == codec.KindDict {
		return f.readOrderedDict(d)
	}
	list := []any{}
	err := readSlice(d, &list, codec.Decoder.Any)
	return list, err
}

func (f *Format) readOrderedDict(d codec.Decoder) (any, error) {
	if _, err := d.Dict(); err != nil {
		return nil, err
	}
	list := dictBuilder{dict: codec.Dict{}}
	var custom any
	isCustom := false
	for d.More() {
		key, err := readKey(d)
		if err != nil {
			return nil, err
		}
		if key == codec.TypeKey {
			custom, err = f.ReadLastCustom(d)
			isCustom = true
		} else {
			var x any
			x, err = d.Any()
			list.set(key, x)
		}
		if err != nil {
			return nil, codec.At(err, keyText(key))
		}
	}
	if isCustom {
		return custom, nil
	}
	return list.dict, nil
}

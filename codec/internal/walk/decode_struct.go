package walk

import (
	"cmp"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// decode reads a dict into the struct v. With strict, for structs that are
// custom types, the dict must have all fields and no others, as Python's
// constructor demands.
func (fs *fields) decode(d codec.Decoder, v reflect.Value, strict bool) error {
	if fs.refused != "" || fs.unset != "" {
		return codec.NewDecodeError("%s", cmp.Or(fs.refused, fs.unset))
	}
	if fs.asList {
		return fs.decodeList(d, v)
	}
	if k := d.Kind(); k != codec.KindDict {
		return mismatch(k, fs.typ)
	}
	if fs.pointers != nil {
		fs.unshare(v)
	}
	if _, err := d.Dict(); err != nil {
		return err
	}
	return fs.decodeDict(d, v, strict)
}

// decodeDict reads the entries of a dict into the struct v.
func (fs *fields) decodeDict(d codec.Decoder, v reflect.Value, strict bool) error {
	floats := fs.f.Floats
	var few [32]bool // on the stack for nearly all structs
	seen := few[:]
	if strict && len(fs.list) > len(few) {
		seen = make([]bool, len(fs.list))
	}
	for next := 0; ; next++ {
		// Fields mostly arrive in order, and runs of floats can be long.
		if floats != nil && next < len(fs.list) {
			if n := fs.list[next].floats; n > 0 {
				n = floats(d, fs.keys[next:next+n], fs.list[next].row(v))
				if strict {
					for i := range n {
						seen[next+i] = true
					}
				}
				next += n
			}
		}
		if !d.More() {
			break
		}
		if d.Kind() != codec.KindString {
			if err := fs.unknown(d, strict); err != nil {
				return err
			}
			continue
		}
		name, err := d.StrBytes()
		if err != nil {
			return err
		}
		if next >= len(fs.list) || fs.list[next].name != string(name) {
			i, known := fs.byName[string(name)]
			if !known {
				if string(name) == codec.TypeKey {
					return customMismatch(d, fs.typ)
				}
				if err := fs.skip(d, strict, name); err != nil {
					return err
				}
				continue
			}
			next = i
		}
		fd := &fs.list[next]
		if strict {
			seen[next] = true
		}
		if err := fd.dec.decode(d, fd.make(v)); err != nil {
			return codec.At(err, fd.name)
		}
	}
	if strict {
		return fs.checkSeen(seen)
	}
	return nil
}

// checkSeen returns an error if a required field was not seen.
func (fs *fields) checkSeen(seen []bool) error {
	for i := range fs.list {
		if !seen[i] && fs.list[i].empty == nil {
			return codec.NewDecodeError("the field %q of %v is missing (%s)", fs.list[i].name, fs.typ, sameOrder)
		}
	}
	return nil
}

// skip skips the value of a key for which the struct has no field.
func (fs *fields) skip(d codec.Decoder, strict bool, name []byte) error {
	if strict {
		return codec.NewDecodeError("%v has no field %q (%s)", fs.typ, name, sameOrder)
	}
	return d.Skip()
}

// unknown skips an entry whose key is not a string.
func (fs *fields) unknown(d codec.Decoder, strict bool) error {
	if strict {
		return codec.NewDecodeError("a key of kind %v does not fit %v", d.Kind(), fs.typ)
	}
	if err := d.Skip(); err != nil {
		return err
	}
	return d.Skip()
}

package walk

import (
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// encodesAsList reports whether t has the blank field that makes its values
// lists:
//
//	_ struct{} `aiomas:",list"`
func encodesAsList(t reflect.Type) bool {
	for i := range t.NumField() {
		if sf := t.Field(i); sf.Name == "_" && parseTag(sf.Tag.Get("aiomas")).list {
			return true
		}
	}
	return false
}

// checkList checks that all fields can be elements of a list: since elements are
// identified by position, only the last ones can be omitted.
func (fs *fields) checkList(all []candidate) {
	for i := range all {
		if all[i].throughPointer {
			fs.refuse("%v is a list and the field %q is in an embedded pointer, which may be nil", fs.typ, all[i].name)
		}
		if i > 0 && all[i].empty == nil && all[i-1].empty != nil {
			fs.refuse("%v is a list and the field %q follows %q, which may be left out", fs.typ, all[i].name, all[i-1].name)
		}
	}
}

func (fs *fields) encodeList(s Sink, v reflect.Value) error {
	n := len(fs.list)
	for ; n > 0; n-- {
		fd := &fs.list[n-1]
		if omitted, err := fd.omitted(fd.of(v)); err != nil {
			return err
		} else if !omitted {
			break
		}
	}
	if err := s.BeginList(n); err != nil {
		return err
	}
	for i := range n {
		fd := &fs.list[i]
		s.Elem(i)
		if err := fd.enc.encode(s, fd.of(v)); err != nil {
			return codec.At(err, fd.name)
		}
	}
	s.EndList()
	return nil
}

// decodeList reads a list into the struct v. Fields that are omitted from the
// list stay unchanged.
func (fs *fields) decodeList(d codec.Decoder, v reflect.Value) error {
	if k := d.Kind(); k != codec.KindList {
		return mismatch(k, fs.typ)
	}
	if _, err := d.List(); err != nil {
		return err
	}
	n := 0
	for ; d.More(); n++ {
		if n == len(fs.list) {
			return codec.NewDecodeError("a list of more than %d does not fit %v", n, fs.typ)
		}
		fd := &fs.list[n]
		if err := fd.dec.decode(d, fd.make(v)); err != nil {
			return codec.At(err, fd.name)
		}
	}
	if n < len(fs.list) && fs.list[n].empty == nil {
		return codec.NewDecodeError("a list of %d does not fit %v, whose element %d is %q", n, fs.typ, n, fs.list[n].name)
	}
	return nil
}

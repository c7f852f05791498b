package walk

import (
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// ReadCustom reads a custom type. The decoder must be at the value of a
// codec.TypeKey, [typeid, data]; the caller skips the rest of the dict, as
// Python does.
func (f *Format) ReadCustom(d codec.Decoder) (any, error) {
	id, err := enterCustom(d)
	if err != nil {
		return nil, err
	}
	c, err := d.Registry().ByID(id)
	if err != nil {
		return nil, err
	}
	x, err := f.customData(d, c)
	if err != nil {
		return nil, err
	}
	return x, endCustom(d)
}

// ReadLastCustom is ReadCustom for a caller that iterates over the dict with
// d.More. Of several custom types in one dict the last one counts, as in
// Python: an invalid one is ignored if another one follows.
func (f *Format) ReadLastCustom(d codec.Decoder) (x any, err error) {
	err = lastCustom(d, func() error {
		x, err = f.ReadCustom(d)
		return err
	})
	return x, err
}

// lastCustom reads a custom type, and if that fails, the next one in the dict.
func lastCustom(d codec.Decoder, read func() error) error {
	r, ok := d.(Rewinder)
	if !ok {
		return read()
	}
	for {
		m := r.Mark()
		err := read()
		if err == nil || *r.GaveUp() {
			return err
		}
		r.Rewind(m)
		if !nextCustom(d) {
			// Python decodes all values, including those that are ignored: after an
			// error in one of them, an enclosing custom type cannot make the message
			// valid.
			*r.GaveUp() = true
			return err
		}
	}
}

// nextCustom skips the value of a codec.TypeKey and moves on to the value of
// the next one.
func nextCustom(d codec.Decoder) bool {
	if d.Skip() != nil {
		return false
	}
	for d.More() {
		if d.Kind() == codec.KindString {
			key, err := d.StrBytes()
			if err != nil || string(key) == codec.TypeKey {
				return err == nil
			}
		} else if d.Skip() != nil {
			return false
		}
		if d.Skip() != nil {
			return false
		}
	}
	return false
}

// enterCustom reads the list up to the data.
func enterCustom(d codec.Decoder) (id int64, err error) {
	if k := d.Kind(); k != codec.KindList {
		return 0, codec.NewDecodeError("a custom type is a list of type id and data, not %v", k)
	}
	if _, err := d.List(); err != nil {
		return 0, err
	}
	if !d.More() {
		return 0, codec.NewDecodeError("a custom type without a type id")
	}
	// Python looks the id up in a dict, where True and 1.0 are also found under 1;
	// no peer sends them.
	if k := d.Kind(); k != codec.KindInt {
		return 0, codec.NewDecodeError("the type id of a custom type must be an int, not %v", k)
	}
	if id, err = d.Int64(); err != nil {
		return 0, err
	}
	if !d.More() {
		return 0, codec.NewDecodeError("a custom type without data")
	}
	return id, nil
}

func endCustom(d codec.Decoder) error {
	if d.More() {
		return codec.NewDecodeError("a custom type with more than type id and data")
	}
	return nil
}

func (f *Format) customData(d codec.Decoder, c codec.Custom) (any, error) {
	if !c.IsStruct() {
		return c.Decode(d)
	}
	v := reflect.New(c.Type()).Elem()
	if err := f.structData(d, v); err != nil {
		return nil, err
	}
	return v.Interface(), nil
}

func (f *Format) structData(d codec.Decoder, v reflect.Value) error {
	return f.decoders.of(v.Type(), f.makeDecoder).fields.decode(d, v, true)
}

// decodeCustom reads a dict that must be of the custom type c into v.
func (f *Format) decodeCustom(d codec.Decoder, c codec.Custom, v reflect.Value) error {
	return readCustomDict(d, v.Type(), func(id int64) error {
		switch {
		case id != c.ID:
			return otherCustom(d.Registry(), id, v.Type())
		case c.IsStruct():
			return f.structData(d, v)
		}
		x, err := c.Decode(d)
		if err != nil {
			return err
		}
		if c.ByPointer {
			p := reflect.ValueOf(x)
			if p.IsNil() {
				return mismatch(codec.KindNull, v.Type())
			}
			x = p.Elem().Interface()
		}
		return assign(v, x, codec.KindDict)
	})
}

// decodeOpaque reads a dict that must be a custom type, whatever its id, into v.
func decodeOpaque(d codec.Decoder, v reflect.Value) error {
	return readCustomDict(d, opaqueType, func(id int64) error {
		data, err := d.Any()
		v.Set(reflect.ValueOf(codec.Opaque{ID: id, Data: data}))
		return err
	})
}

// readCustomDict reads a dict that must be a custom type for a t. The function
// reads the data.
func readCustomDict(d codec.Decoder, t reflect.Type, data func(id int64) error) error {
	if k := d.Kind(); k != codec.KindDict {
		return mismatch(k, t)
	}
	if _, err := d.Dict(); err != nil {
		return err
	}
	found := false
	for d.More() {
		custom := false
		var err error
		if d.Kind() == codec.KindString {
			var key []byte
			key, err = d.StrBytes()
			custom = string(key) == codec.TypeKey
		} else {
			err = d.Skip()
		}
		switch {
		case err != nil:
		case custom:
			found = true
			err = lastCustom(d, func() error { return readCustomList(d, data) })
		default:
			err = d.Skip()
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return codec.NewDecodeError("dict does not fit %v, which is a custom type", t)
	}
	return nil
}

func readCustomList(d codec.Decoder, data func(id int64) error) error {
	id, err := enterCustom(d)
	if err != nil {
		return err
	}
	if err := data(id); err != nil {
		return err
	}
	return endCustom(d)
}

// CustomMismatch returns the error for a custom type in place of a dict that is
// decoded into the type of like. The decoder must be at the value of the
// codec.TypeKey.
func (f *Format) CustomMismatch(d codec.Decoder, like any) error {
	return customMismatch(d, reflect.TypeOf(like))
}

// customMismatch returns the error for a custom type in place of a dict that is
// decoded into a t. The decoder must be at the value of the codec.TypeKey.
func customMismatch(d codec.Decoder, t reflect.Type) error {
	id, err := enterCustom(d)
	if err != nil {
		return err
	}
	return otherCustom(d.Registry(), id, t)
}

func otherCustom(reg *codec.Registry, id int64, t reflect.Type) error {
	c, err := reg.ByID(id)
	if err != nil {
		return err
	}
	if _, custom := reg.LookupTarget(t); custom {
		return codec.NewDecodeError("custom type %d (%v) does not fit %v (%s)", id, c.Type(), t, sameOrder)
	}
	return codec.NewDecodeError("custom type %d (%v) does not fit %v", id, c.Type(), t)
}

// sameOrder is the hint for a custom type that is received in place of another
// one.
const sameOrder = "both ends need the same serializers in the same order"

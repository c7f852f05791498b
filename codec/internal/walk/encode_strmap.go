package walk

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// makeStrMapEncoder makes the plan for a map with string keys. Types that the
// codec encodes itself are passed to it, also as defined types; entries of the
// others are sorted in reused memory, since reflection would allocate each key
// and each value.
func (f *Format) makeStrMapEncoder(t reflect.Type, keys, e *encoder) {
	if t.Key() == stringType && (t.Elem() == anyType || t.Elem() == floatType || t.Elem() == stringType) {
		plain := reflect.MapOf(t.Key(), t.Elem())
		e.write = func(s Sink, v reflect.Value) error {
			if t != plain {
				v = v.Convert(plain)
			}
			return s.Any(v.Interface())
		}
		return
	}
	elem := f.encoders.part(t.Elem(), f.makeEncoder)
	pool := &sync.Pool{New: func() any { return &entries{key: reflect.New(t.Key()).Elem()} }}
	keep := !f.runsMethods(t.Elem())
	e.write = func(s Sink, v reflect.Value) error {
		if keys.custom {
			if _, ok := s.Registry().Lookup(keys.typ); ok {
				return f.encodeMap(s, keys, elem, v)
			}
		}
		list := pool.Get().(*entries)
		list.fill(v)
		if err := s.BeginDict(len(list.order)); err != nil {
			return err
		}
		for i, k := range list.order {
			if err := CheckKey(k.text); err != nil {
				return err
			}
			if err := s.KeyStr(i, k.text); err != nil {
				return err
			}
			if err := elem.encode(s, list.values.Index(k.at)); err != nil {
				return codec.At(err, k.text)
			}
		}
		s.EndDict()
		if list.clear(keep) {
			pool.Put(list)
		}
		return nil
	}
}

// runsMethods reports whether encoding a T calls a user's method with the
// address of the value or of a part of it, which the method may keep.
func (f *Format) runsMethods(t reflect.Type) bool {
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return false // the address is that of the user's value
	}
	if Implements(t, marshaler) || Implements(t, zeroer) || f.ForeignEncode != nil && f.ForeignEncode(t) != nil {
		return true
	}
	switch t.Kind() {
	case reflect.Array:
		return f.runsMethods(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if f.runsMethods(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// entries holds the entries of a map, in the order of their keys.
type entries struct {
	order  []entry
	values reflect.Value // a slice, at least as long as the keys
	iter   reflect.MapIter
	key    reflect.Value
}

type entry struct {
	text string
	at   int
}

func (l *entries) fill(v reflect.Value) {
	n := v.Len()
	if !l.values.IsValid() || l.values.Len() < n {
		l.values = reflect.MakeSlice(reflect.SliceOf(v.Type().Elem()), n, n)
	}
	l.iter.Reset(v)
	for i := 0; i < n && l.iter.Next(); i++ {
		l.key.SetIterKey(&l.iter)
		l.values.Index(i).SetIterValue(&l.iter)
		l.order = append(l.order, entry{l.key.String(), i})
	}
	slices.SortFunc(l.order, func(a, b entry) int { return strings.Compare(a.text, b.text) })
}

// Limits on the memory kept for the next map: its entries, and the bytes of their
// values.
const (
	maxPooledEntries = 1024
	maxPooledBytes   = 64 << 10
)

// clear drops all references to keys and values. It returns false if the memory
// is too large to be reused.
func (l *entries) clear(keepValues bool) bool {
	if n := l.values.Len(); n > maxPooledEntries || n*int(l.values.Type().Elem().Size()) > maxPooledBytes {
		return false
	}
	if keepValues {
		for i := range l.order {
			l.values.Index(i).SetZero()
		}
	} else {
		l.values = reflect.Value{}
	}
	clear(l.order)
	l.order = l.order[:0]
	l.iter.Reset(reflect.Value{})
	l.key.SetZero()
	return true
}

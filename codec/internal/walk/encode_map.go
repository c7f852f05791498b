package walk

import (
	"cmp"
	"encoding"
	"fmt"
	"math/big"
	"reflect"
	"slices"

	"github.com/aiomas-go/aiomas-go/codec"
)

// CheckKey refuses a user's dict key that marks custom types: a Python peer
// would look for the type.
func CheckKey(key string) error {
	if key == codec.TypeKey {
		return codec.NewEncodeError("the dict key %q marks a custom type and cannot be a user's own", codec.TypeKey)
	}
	return nil
}

// EncodeKey writes a dict key of any type, in the form that [Sink].Key
// promises.
func (f *Format) EncodeKey(s Sink, i int, key any) error {
	return writeKey(s, i, plainKey(key))
}

func writeKey(s Sink, i int, key any) error {
	switch key := key.(type) {
	case string:
		if err := CheckKey(key); err != nil {
			return err
		}
		return s.KeyStr(i, key)
	case error: // plainKey failed
		return key
	default:
		return s.Key(i, key)
	}
}

// plainKey returns key as a nil, bool, int64, uint64, float64 or string if it
// is of such a kind, else as it is. The error of a key that fails to become
// text takes its place.
func plainKey(key any) any {
	switch key := key.(type) {
	case nil, bool, int64, uint64, float64, string:
		return key
	case *big.Int:
		if key == nil {
			return nil
		}
		return key
	case int:
		return int64(key)
	}
	v := reflect.ValueOf(key)
	if v.Kind() != reflect.String {
		if _, ok := key.(encoding.TextMarshaler); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			text, err := marshalText(v)
			if err != nil {
				return err
			}
			return string(text)
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return v.Uint()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.String:
		return v.String()
	}
	return key
}

// keyText is a key as a step of an error's path.
func keyText(key any) string { return fmt.Sprint(key) }

func (f *Format) makeMapEncoder(t reflect.Type, e *encoder) {
	if t.Key().Kind() == reflect.String {
		f.makeStrMapEncoder(t, e)
		return
	}
	elem := f.encoders.part(t.Elem(), f.makeEncoder)
	e.write = func(s Sink, v reflect.Value) error {
		entries := make([]mapEntry, 0, v.Len())
		for iter := v.MapRange(); iter.Next(); {
			entries = append(entries, mapEntry{plainKey(iter.Key().Interface()), iter.Value()})
		}
		slices.SortFunc(entries, func(a, b mapEntry) int { return compareKeys(a.key, b.key) })
		if err := s.BeginDict(len(entries)); err != nil {
			return err
		}
		for i := range entries {
			if err := writeKey(s, i, entries[i].key); err != nil {
				return err
			}
			if err := elem.encode(s, entries[i].value); err != nil {
				return codec.At(err, keyText(entries[i].key))
			}
		}
		s.EndDict()
		return nil
	}
}

type mapEntry struct {
	key   any
	value reflect.Value
}

// compareKeys orders the keys of a Go map: None, bools, ints, floats, strings,
// and others by how they print.
func compareKeys(a, b any) int {
	if c := cmp.Compare(keyRank(a), keyRank(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case nil:
		return 0
	case bool:
		if a == b {
			return 0
		} else if a {
			return 1
		}
		return -1
	case string:
		return cmp.Compare(a, b.(string))
	case float64:
		return cmp.Compare(a, b.(float64))
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	}
	if keyRank(a) == rankInt {
		return keyInt(a).Cmp(keyInt(b))
	}
	return cmp.Compare(fmt.Sprintf("%T %v", a, a), fmt.Sprintf("%T %v", b, b))
}

const rankInt = 2

func keyRank(key any) int {
	switch key.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case int64, uint64, *big.Int:
		return rankInt
	case float64:
		return 3
	case string:
		return 4
	}
	return 5
}

func keyInt(key any) *big.Int {
	switch key := key.(type) {
	case int64:
		return big.NewInt(key)
	case uint64:
		return new(big.Int).SetUint64(key)
	}
	return key.(*big.Int)
}

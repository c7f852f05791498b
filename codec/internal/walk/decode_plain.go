package walk

import (
	"math"
	"math/big"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Readers for the types that need no reflection.

type signed interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64
}

func readInt[T signed](d codec.Decoder, t *T) (err error) {
	*t, err = readIntValue[T](d)
	return err
}

func readIntValue[T signed](d codec.Decoder) (T, error) {
	if k := d.Kind(); k != codec.KindInt {
		return 0, mismatch(k, reflect.TypeFor[T]())
	}
	n, err := d.Int64()
	if err != nil {
		return 0, err
	}
	if int64(T(n)) != n {
		return 0, overflow(n, reflect.TypeFor[T]())
	}
	return T(n), nil
}

func overflow(n any, t reflect.Type) error {
	return codec.NewDecodeError("int %d does not fit %v", n, t)
}

// readFloat reads a float, or an int that a float64 holds exactly.
func readFloat(d codec.Decoder) (float64, error) {
	switch k := d.Kind(); k {
	case codec.KindFloat:
		return d.Float64()
	case codec.KindInt:
		n, err := d.Any() // Int64 would fail for large ints
		if err != nil {
			return 0, err
		}
		if x, exact := intToFloat(n); exact {
			return x, nil
		}
		return 0, codec.NewDecodeError("int %d does not fit float64 exactly", n)
	default:
		return 0, mismatch(k, reflect.TypeFor[float64]())
	}
}

func intToFloat(n any) (float64, bool) {
	switch n := n.(type) {
	case int64:
		x := float64(n)
		return x, x < math.MaxInt64 && int64(x) == n
	case uint64:
		x := float64(n)
		return x, x < math.MaxUint64 && uint64(x) == n
	case *big.Int:
		x, accuracy := n.Float64()
		return x, accuracy == big.Exact
	}
	return 0, false
}

func readStr(d codec.Decoder) (string, error) {
	if k := d.Kind(); k != codec.KindString {
		return "", mismatch(k, reflect.TypeFor[string]())
	}
	return d.Str()
}

func readBool(d codec.Decoder) (bool, error) {
	if k := d.Kind(); k != codec.KindBool {
		return false, mismatch(k, reflect.TypeFor[bool]())
	}
	return d.Bool()
}

func readBytes(d codec.Decoder) ([]byte, error) {
	switch k := d.Kind(); k {
	case codec.KindBytes:
		return d.Bytes()
	case codec.KindNull:
		return nil, d.Null()
	default:
		return nil, mismatch(k, reflect.TypeFor[[]byte]())
	}
}

// maxPresize bounds the elements that are allocated before they are read: a
// decoder that was not preceded by a scan may announce any number.
const maxPresize = 1024

func readSlice[T any](d codec.Decoder, t *[]T, read func(codec.Decoder) (T, error)) error {
	switch k := d.Kind(); k {
	case codec.KindList:
	case codec.KindNull:
		*t = nil
		return d.Null()
	default:
		return mismatch(k, reflect.TypeFor[[]T]())
	}
	n, err := d.List()
	if err != nil {
		return err
	}
	list := make([]T, 0, min(max(n, 0), maxPresize))
	for d.More() {
		x, err := read(d)
		if err != nil {
			return codec.AtIndex(err, len(list))
		}
		list = append(list, x)
	}
	*t = list
	return nil
}

func readStrMap[V any](d codec.Decoder, t *map[string]V, read func(codec.Decoder) (V, error)) error {
	switch k := d.Kind(); k {
	case codec.KindDict:
	case codec.KindNull:
		*t = nil
		return d.Null()
	default:
		return mismatch(k, reflect.TypeFor[map[string]V]())
	}
	n, err := d.Dict()
	if err != nil {
		return err
	}
	m := make(map[string]V, min(max(n, 0), maxPresize))
	for d.More() {
		if k := d.Kind(); k != codec.KindString {
			return codec.NewDecodeError("a key of kind %v does not fit %v", k, reflect.TypeFor[map[string]V]())
		}
		key, err := d.Str()
		if err != nil {
			return err
		}
		if key == codec.TypeKey {
			return customMismatch(d, reflect.TypeFor[map[string]V]())
		}
		x, err := read(d)
		if err != nil {
			return codec.At(err, key)
		}
		m[key] = x
	}
	*t = m
	return nil
}

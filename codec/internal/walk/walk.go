// Package walk encodes and decodes Go values of any type by reflection, for all
// codecs: structs, maps, slices, pointers, defined types, custom types of the
// registry. It defines how Go types map to Python's; a codec provides the
// primitives (a [Sink] to write, a codec.Decoder to read) and its own fast
// paths for values of type any.
package walk

import (
	"math/big"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// KeyReader is a decoder that remembers the keys of the dicts that it reads:
// sibling dicts mostly have the same keys, so that a remembered key can be used
// instead of allocating a new string.
type KeyReader interface {
	codec.Decoder
	// HoldKeys begins to remember keys. It returns true if the caller must call
	// ReleaseKeys, and false if an outer caller has already called HoldKeys.
	HoldKeys() bool
	ReleaseKeys()
	// Expect estimates the number of entries of the dict entered last, for which
	// Dict returned n.
	Expect(n int) int
	// Key reads key i, a str, of that dict.
	Key(i int) (string, error)
}

// FloatLister is a [Sink] that writes lists of floats at once.
type FloatLister interface {
	FloatList(list []float64) error
}

// Sink is the encoder of one codec. BeginList and BeginDict fail beyond the
// nesting limit of codec.MaxEncodeDepth. Elem(i) is called before each element
// i, Key or KeyStr with the entry's index before each value of a dict, so that
// a text format can write its separators.
type Sink interface {
	Registry() *codec.Registry

	Null()
	Bool(v bool)
	Int(v int64)
	Uint(v uint64)
	BigInt(v *big.Int) error
	Float(v float64)
	Str(v string) error
	Bytes(v []byte) error

	BeginList(n int) error
	Elem(i int)
	EndList()

	BeginDict(n int) error
	KeyStr(i int, key string) error
	Field(i int, key []byte)                       // a key encoded by [Format].AppendKey
	Floats(i int, f *FloatFields, v reflect.Value) // the entries for the fields f of the struct v
	Key(i int, key any) error                      // any other plain key: see [Format].KeyText
	RawKey(i int, key []byte)                      // a key encoded by KeyBytes
	// KeyBytes encodes a key of another kind. It fails in formats whose keys are text.
	KeyBytes(v reflect.Value) ([]byte, error)
	EndDict()

	// Any writes a value with the codec's own type switch and calls Format.Encode
	// for types not in it. The type switch must include maps from string to any,
	// float64 and string.
	Any(v any) error
}

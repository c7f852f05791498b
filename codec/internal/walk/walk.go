// Package walk carries Go values of any type through a codec by reflection:
// structs, maps, slices, pointers, named types, custom types of the registry.
// It is the one place that knows how Go types map to Python's; a codec brings
// only its primitives (a [Sink] to write, a codec.Decoder to read) and its own
// fast paths for values of type any.
package walk

import (
	"math/big"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// KeyReader is a decoder that remembers the keys of the dicts that it reads:
// those of dicts beside each other are mostly the same, and are then found
// instead of allocated.
type KeyReader interface {
	codec.Decoder
	// HoldKeys begins to remember keys, and reports whether ReleaseKeys must be
	// called: not if it has begun before.
	HoldKeys() bool
	ReleaseKeys()
	// Expect returns the number of entries that the dict that was entered last
	// probably has. Its Dict has returned n.
	Expect(n int) int
	// Key reads key i, a str, of that dict.
	Key(i int) (string, error)
}

// Sink is the encoder of one codec. BeginList and BeginDict fail past the
// nesting limit of codec.MaxEncodeDepth. Elem(i) comes before each element i,
// Key or KeyStr with the entry's index before each value of a dict, so that a
// text format can write its separators.
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
	Field(i int, key []byte)                       // a key that [Format].AppendKey has made
	Floats(i int, f *FloatFields, v reflect.Value) // as many entries: fields of the struct v
	Key(i int, key any) error                      // any other key that is plain: see [Format].KeyText
	RawKey(i int, key []byte)                      // one that KeyBytes has made
	// KeyBytes encodes a key of another kind. A format with text as keys has none.
	KeyBytes(v reflect.Value) ([]byte, error)
	EndDict()

	// Any writes a value by the codec's own type switch and calls back
	// Format.Encode for types that it does not know. It does know maps from
	// string to any, float64 and string.
	Any(v any) error
}

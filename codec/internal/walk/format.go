package walk

import (
	"encoding"
	"math/big"
	"reflect"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Format holds the choices of one codec about Go types, and a cache of the
// plans for types. Set the exported fields, then use a single *Format for all
// values; it is safe for concurrent use.
type Format struct {
	Name string
	// TagName is the struct tag that names a field when it has no aiomas tag.
	TagName string
	// KeyText returns the text of a dict key that is nil, a bool, an int64, an
	// uint64, a *big.Int or a float64. It is nil for a format whose dict keys can
	// be of any kind. Where keys are text, the key of a map[int]T is parsed from
	// it.
	KeyText func(key any) (string, error)
	// CompareKeys orders keys encoded by [Sink].KeyBytes, so that keys equal in
	// Python are adjacent. It is nil if KeyText is set.
	CompareKeys func(a, b []byte) int

	// ForeignEncode and ForeignDecode return the functions that write and read a
	// type with its own form for this codec (a json.Marshaler), or nil. They are
	// called once per type, never for pointer or interface types, and must not
	// call back into the Format. The value passed to the returned function is
	// always addressable, so that methods of T and of *T can be called. Foreign
	// types rank after the custom types of the registry and before
	// [encoding.TextMarshaler]. A panic becomes an error.
	ForeignEncode func(t reflect.Type) func(s Sink, v reflect.Value) error
	ForeignDecode func(t reflect.Type) func(d codec.Decoder, v reflect.Value) error

	// AppendKey appends the encoded key of a struct field, as [Sink].Field takes it.
	AppendKey func(b []byte, name string) ([]byte, error)
	// Floats reads pairs of the entered dict into list, as long as their keys are
	// the given ones (encoded by AppendKey) in this order and their values are
	// floats. list is as long as keys. It returns the number of pairs read.
	Floats func(d codec.Decoder, keys [][]byte, list []float64) int
	// FloatSize is the number of bytes of an encoded float, 0 if that varies.
	FloatSize int

	encoders plans[encoder]
	decoders plans[decoder]
}

// plans caches the plans for types. A type may contain itself, so that a plan
// refers to unfinished plans: all plans begun together are published together,
// and looking one up never waits.
type plans[P any] struct {
	finished sync.Map // reflect.Type → *P
	mu       sync.Mutex
	begun    map[reflect.Type]*P
}

// of returns the plan for t, making it if necessary.
func (c *plans[P]) of(t reflect.Type, begin func(t reflect.Type, plan *P)) *P {
	if p, ok := c.finished.Load(t); ok {
		return p.(*P)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = make(map[reflect.Type]*P)
	p := c.part(t, begin)
	for t, p := range c.begun {
		c.finished.Store(t, p)
	}
	c.begun = nil
	return p
}

// part returns the plan for t, which may be unfinished; only for begin to call.
func (c *plans[P]) part(t reflect.Type, begin func(t reflect.Type, plan *P)) *P {
	if p, ok := c.finished.Load(t); ok {
		return p.(*P)
	}
	p, ok := c.begun[t]
	if !ok {
		p = new(P)
		c.begun[t] = p
		begin(t, p)
	}
	return p
}

var (
	anyType     = reflect.TypeFor[any]()
	floatType   = reflect.TypeFor[float64]()
	stringType  = reflect.TypeFor[string]()
	byteType    = reflect.TypeFor[byte]()
	bigIntType  = reflect.TypeFor[big.Int]()
	dictType    = reflect.TypeFor[codec.Dict]()
	tupleType   = reflect.TypeFor[codec.Tuple]()
	valueType   = reflect.TypeFor[codec.Value]()
	callType    = reflect.TypeFor[codec.Call]()
	opaqueType  = reflect.TypeFor[codec.Opaque]()
	marshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	unmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	target      = reflect.TypeFor[codec.Target]()
	lent        = reflect.TypeFor[codec.Lent]()
	zeroer      = reflect.TypeFor[interface{ IsZero() bool }]()
)

// addressable returns v, or a copy whose address can be taken.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

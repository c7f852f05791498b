package walk

import (
	"encoding"
	"math/big"
	"reflect"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Format is what one codec decides about Go types, and the cache of the plans
// that follow from it. Fill the exported fields, then use a single *Format for
// all values; it is safe for concurrent use.
type Format struct {
	Name string
	// TagName is the struct tag that names a field when it has no aiomas tag.
	TagName string
	// TextKeys tells that a dict key is always text on the wire, so that the
	// key of a map[int]T is parsed from it.
	TextKeys bool

	// ForeignEncode and ForeignDecode return how a type that brings its own form
	// for this codec (a json.Marshaler) is written and read, or nil. They are
	// asked once per type, never for pointer or interface types, and must not
	// call back into the Format. The value handed to the function is always
	// addressable, so that methods of T and of *T can be reached; it comes after
	// the custom types of the registry and before [encoding.TextMarshaler].
	// A panic becomes an error.
	ForeignEncode func(t reflect.Type) func(s Sink, v reflect.Value) error
	ForeignDecode func(t reflect.Type) func(d codec.Decoder, v reflect.Value) error

	// AppendKey appends the key of a struct's field as [Sink].Field takes it.
	AppendKey func(b []byte, name string) ([]byte, error)
	// Floats reads pairs of the dict that was entered, as long as their keys are
	// these in this order, as AppendKey makes them, and their values floats, into
	// list, which is as long as keys. It returns how many it has read.
	Floats func(d codec.Decoder, keys [][]byte, list []float64) int
	// FloatSize is the number of bytes that any float takes, 0 if they differ.
	FloatSize int

	encoders plans[encoder]
	decoders plans[decoder]
}

// plans caches what was found out about types. A type may contain itself, so
// that a plan refers to plans that are not finished yet: all that are begun
// together are published together, and a reader never waits.
type plans[P any] struct {
	finished sync.Map // reflect.Type → *P
	mu       sync.Mutex
	begun    map[reflect.Type]*P
}

// of returns the plan for t, making it if need be.
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
	anyType      = reflect.TypeFor[any]()
	floatType    = reflect.TypeFor[float64]()
	stringType   = reflect.TypeFor[string]()
	bigIntType   = reflect.TypeFor[big.Int]()
	dictType     = reflect.TypeFor[codec.Dict]()
	tupleType    = reflect.TypeFor[codec.Tuple]()
	valueType    = reflect.TypeFor[codec.Value]()
	callType     = reflect.TypeFor[codec.Call]()
	opaqueType   = reflect.TypeFor[codec.Opaque]()
	marshaler    = reflect.TypeFor[encoding.TextMarshaler]()
	unmarshaler  = reflect.TypeFor[encoding.TextUnmarshaler]()
	builtinTypes = map[reflect.Type]bool{
		anyType: true, bigIntType: true, dictType: true, tupleType: true, valueType: true, callType: true, opaqueType: true,
		reflect.TypeFor[[]any](): true, reflect.TypeFor[map[string]any](): true, reflect.TypeFor[map[any]any](): true,
		reflect.TypeFor[[]byte](): true, reflect.TypeFor[[]float64](): true, reflect.TypeFor[[]string](): true,
		reflect.TypeFor[[]int](): true, reflect.TypeFor[[]int64](): true,
		reflect.TypeFor[map[string]float64](): true, reflect.TypeFor[map[string]string](): true,
	}
)

// mayBeCustom tells whether a registry is asked for values of type t at all.
// Like Python, which asks only for what its codec does not know, it is not for
// the types that every codec writes by itself.
func mayBeCustom(t reflect.Type) bool {
	if builtinTypes[t] {
		return false
	}
	if t.PkgPath() != "" {
		return true
	}
	switch k := t.Kind(); k {
	case reflect.Complex64, reflect.Complex128:
		return true
	default:
		return k > reflect.Complex128 && k != reflect.String
	}
}

// implements tells whether a T or an addressable T has the methods of iface.
func implements(t, iface reflect.Type) bool {
	return t.Kind() != reflect.Interface && (t.Implements(iface) || reflect.PointerTo(t).Implements(iface))
}

// addressable returns v, or a copy whose address can be taken.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

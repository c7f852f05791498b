package codec

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"sync"
)

// TypeKey is the dict key that marks a custom type on the wire: {"__type__":
// [typeid, data]}. Encoding a user's dict with this key fails.
const TypeKey = "__type__"

// Serializer encodes and decodes one Go type as a custom type, like the
// argument tuple of aiomas's Codec.add_serializer. It is made by
// [NewSerializer] or [NewStructSerializer] and is safe for concurrent use if
// its functions are.
type Serializer struct {
	typ      reflect.Type
	encode   func(v any) (any, error)
	decode   func(d Decoder) (any, error)
	isStruct bool
	reserved bool // values are Opaque
}

// NewSerializer returns a serializer for exactly the type T. encode returns
// data that the codec can encode, in which other custom types may be nested;
// decode receives these data, decoded as strictly as any typed value. Use any
// for D when its form varies. An error or panic of either function fails only
// the call that carried the value.
func NewSerializer[T, D any](encode func(T) (D, error), decode func(D) (T, error)) Serializer {
	return Serializer{
		typ: reflect.TypeFor[T](),
		encode: func(v any) (data any, err error) {
			defer recoverAs(&err, func(r any) error {
				return &EncodeError{Reason: fmt.Sprintf("serializer of %T panicked: %v", v, r)}
			})
			d, err := encode(v.(T))
			if err != nil {
				return nil, &EncodeError{Reason: fmt.Sprintf("Could not serialize object of type %T", v), Err: err}
			}
			return d, nil
		},
		decode: func(d Decoder) (v any, err error) {
			defer recoverAs(&err, func(r any) error {
				return NewDecodeError("deserializer of %v panicked: %v", reflect.TypeFor[T](), r)
			})
			var data D
			if err := d.Decode(&data); err != nil {
				return nil, err
			}
			t, err := decode(data)
			if err != nil {
				return nil, &DecodeError{Offset: -1, Reason: fmt.Sprintf("Could not deserialize %v", reflect.TypeFor[T]()), Err: err}
			}
			return t, nil
		},
	}
}

// NewStructSerializer returns the serializer of a struct type T that
// corresponds to a Python class with the @aiomas.serializable decorator: it is
// encoded as the dict of its fields. Fields are named as in a plain struct (tag
// `aiomas:"name"`, else the field's name in snake_case). When decoding, all
// fields must be present, and no others, as Python's constructor demands; a
// field tagged omitempty may be missing.
//
// It panics when T is not a struct.
func NewStructSerializer[T any]() Serializer {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("aiomas: NewStructSerializer[%v]: not a struct", t))
	}
	return Serializer{typ: t, isStruct: true}
}

// Type returns the Go type of the serializer.
func (s Serializer) Type() reflect.Type { return s.typ }

func recoverAs(err *error, make func(r any) error) {
	if r := recover(); r != nil {
		*err = make(r)
	}
}

// ObjectSerializer is the serializer that every RPC connection registers last,
// Python's fallback for object: it encodes services as references and decodes
// references to proxies. The conn argument is the argument of [Registry.Bind].
type ObjectSerializer struct {
	Source func(t reflect.Type) bool              // whether it encodes values of type t; asked once per type
	Target reflect.Type                           // the type that Decode returns
	Encode func(conn, v any) (any, error)         // returns the data; errors are *EncodeError
	Decode func(conn any, d Decoder) (any, error) // consumes the data; errors are *DecodeError
}

// BuiltIn reports whether codecs encode values of type t without asking the registry:
// such a type cannot be registered, as in Python. The built-in types are bool, numbers
// except complex ones, and string; [Dict], [Tuple], [Value], [Call], [Opaque] and
// [big.Int]; the slices and maps that a codec encodes without reflection, such as
// []any, []byte and map[string]any; interfaces, and pointers to built-in types. A
// defined type such as type Celsius float64 is not built in.
func BuiltIn(t reflect.Type) bool {
	switch t = baseType(t); t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Slice, reflect.Map, reflect.Struct:
		return builtIn[t]
	case reflect.Complex64, reflect.Complex128, reflect.Array, reflect.Pointer, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return false
	}
	return t.PkgPath() == ""
}

var builtIn = map[reflect.Type]bool{
	reflect.TypeFor[Dict](): true, reflect.TypeFor[Tuple](): true, reflect.TypeFor[Value](): true, reflect.TypeFor[Call](): true, reflect.TypeFor[Opaque](): true,
	reflect.TypeFor[big.Int](): true, reflect.TypeFor[[]byte](): true,
	reflect.TypeFor[[]any](): true, reflect.TypeFor[map[string]any](): true, reflect.TypeFor[map[any]any](): true,
	reflect.TypeFor[[]float64](): true, reflect.TypeFor[[]string](): true, reflect.TypeFor[[]int](): true, reflect.TypeFor[[]int64](): true,
	reflect.TypeFor[map[string]float64](): true, reflect.TypeFor[map[string]string](): true,
}

// Registry holds the custom types of one connection, whose ids are their
// positions. It is immutable and safe for concurrent use. A nil *Registry and
// the zero Registry are empty.
type Registry struct {
	*types
	conn     any
	decoding Decoding
}

type types struct {
	list   []Serializer
	byType map[reflect.Type]int // for a registered *T also T
	object *ObjectSerializer
	// Caches ObjectSerializer.Source, which is needed for every struct and pointer
	// that is encoded: checking whether a type implements an interface is slow.
	objects sync.Map // reflect.Type → bool
}

// NewRegistry returns a registry in which the serializers have the ids 0, 1, …
// in the given order; both peers must register in the same order. A serializer
// for T also applies to *T, and one for *T also to T. It is an error to
// register a type twice, as in Python, or both T and *T, or a type that is
// [BuiltIn].
func NewRegistry(serializers ...Serializer) (*Registry, error) {
	ts := &types{list: slices.Clone(serializers), byType: make(map[reflect.Type]int, len(serializers))}
	seen := make(map[reflect.Type]bool, len(serializers))
	for i, s := range ts.list {
		if s.reserved {
			continue
		}
		if s.typ == nil {
			return nil, fmt.Errorf("aiomas: serializer %d is empty: make it with NewSerializer", i)
		}
		if BuiltIn(s.typ) {
			return nil, fmt.Errorf("aiomas: type %q cannot have a serializer: it is built in; define a type of your own", s.typ)
		}
		base := baseType(s.typ)
		if seen[base] {
			return nil, fmt.Errorf("aiomas: There is already a serializer for type %q", base)
		}
		seen[base] = true
		ts.byType[s.typ] = i
		if s.typ.Kind() == reflect.Pointer && s.typ.Elem() == base {
			ts.byType[base] = i
		}
	}
	return &Registry{types: ts}, nil
}

// baseType removes all pointers from t.
func baseType(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	return t
}

// WithObject returns a registry with o after the serializers of r.
func (r *Registry) WithObject(o ObjectSerializer) *Registry {
	ts := &types{object: &o}
	if !r.empty() {
		ts.list, ts.byType = r.list, r.byType
	}
	return &Registry{types: ts, decoding: r.Decoding()}
}

// empty reports whether r is nil or a zero Registry.
func (r *Registry) empty() bool { return r == nil || r.types == nil }

// Bind returns a copy of r that passes conn to the object serializer.
func (r *Registry) Bind(conn any) *Registry {
	if r.empty() {
		return r
	}
	return &Registry{types: r.types, conn: conn, decoding: r.decoding}
}

// Custom is one entry of a registry.
type Custom struct {
	ID int64
	// ByPointer reports whether the serializer is registered for a pointer to the
	// type that was looked up: Encode takes that pointer, and Decode returns one.
	ByPointer bool
	reg       *Registry
	user      *Serializer // nil for the object serializer
}

// Lookup returns the custom type that encodes values of the Go type t: the
// serializer for t or a pointer to it, else the object serializer if t is one
// of its sources.
func (r *Registry) Lookup(t reflect.Type) (Custom, bool) {
	if r.empty() {
		return Custom{}, false
	}
	if i, ok := r.byType[t]; ok {
		return r.custom(i, t), true
	}
	if r.object == nil {
		return Custom{}, false
	}
	is, ok := r.objects.Load(t)
	if !ok {
		is = r.object.Source(t)
		r.objects.Store(t, is)
	}
	return Custom{ID: int64(len(r.list)), reg: r}, is.(bool)
}

func (r *Registry) custom(i int, t reflect.Type) Custom {
	s := &r.list[i]
	return Custom{ID: int64(i), ByPointer: s.typ != t, reg: r, user: s}
}

// LookupTarget returns the custom type that decodes into the Go type t.
func (r *Registry) LookupTarget(t reflect.Type) (Custom, bool) {
	if r.empty() {
		return Custom{}, false
	}
	if i, ok := r.byType[t]; ok {
		return r.custom(i, t), true
	}
	if r.object != nil && r.object.Target == t {
		return Custom{ID: int64(len(r.list)), reg: r}, true
	}
	return Custom{}, false
}

// ByID returns the custom type with the given id, or a *DecodeError if there is
// none.
func (r *Registry) ByID(id int64) (Custom, error) {
	n := r.Len()
	switch {
	case (id < 0 || id >= int64(n)) && r.Decoding().Opaque:
		return Custom{ID: id, reg: r, user: &reserved}, nil
	case id < 0 || id >= int64(n):
		return Custom{}, NewDecodeError("unknown custom type id %d, the connection has %d registered", id, n)
	case id < int64(len(r.list)):
		return Custom{ID: id, reg: r, user: &r.list[id]}, nil
	}
	return Custom{ID: id, reg: r}, nil
}

// Len returns the number of custom types, the object serializer included.
func (r *Registry) Len() int {
	if r.empty() {
		return 0
	}
	if r.object != nil {
		return len(r.list) + 1
	}
	return len(r.list)
}

// IsStruct reports whether the custom type is encoded as the dict of its struct
// fields. The codec then encodes and decodes it itself; Encode and Decode are not
// called.
func (c Custom) IsStruct() bool { return c.user != nil && c.user.isStruct }

// Type returns the Go type that Decode returns.
func (c Custom) Type() reflect.Type {
	if c.user != nil {
		return c.user.typ
	}
	return c.reg.object.Target
}

// Encode returns the data to encode in place of v.
func (c Custom) Encode(v any) (any, error) {
	if c.user != nil {
		return c.user.encode(v)
	}
	return c.reg.object.Encode(c.reg.conn, v)
}

// Decode consumes the data of a custom type and returns its value.
func (c Custom) Decode(d Decoder) (any, error) {
	if c.user != nil && c.user.reserved {
		data, err := d.Any()
		return Opaque{ID: c.ID, Data: data}, err
	}
	if c.user != nil {
		return c.user.decode(d)
	}
	return c.reg.object.Decode(c.reg.conn, d)
}

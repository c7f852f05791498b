package codec

import "reflect"

// Opaque is a custom type whose Go type is not known here: what a tool or a
// gateway keeps of {"__type__": [ID, Data]}. It is encoded as it came, with the
// same id, whatever the registry of the connection says. A target of type Opaque
// takes every custom type; a target of type any gets one where the registry has
// a [Reserved] place, and for all unknown ids with [Decoding].Opaque.
type Opaque struct {
	ID   int64 // the position of the serializer on the connection that it came from
	Data any   // as a target of type any gets it
}

var opaqueType = reflect.TypeFor[Opaque]()

// Reserved returns a serializer that only takes a place in the list: values with
// its id arrive as [Opaque]. It stands for a class of the Python peers that this
// program does not need, so that the ids of the others are right.
func Reserved() Serializer { return Serializer{typ: opaqueType, reserved: true} }

// reserved is the serializer behind an unknown id.
var reserved = Reserved()

// Decoding says what becomes of values whose target is an any, at all depths.
// The zero Decoding is what the package documentation tells.
type Decoding struct {
	Ordered bool // a dict becomes a [Dict], in the order in which it was sent
	Opaque  bool // a custom type of an unknown id becomes an [Opaque], not an error
}

// WithDecoding returns a registry like r, which may be nil or zero, with another
// Decoding.
func (r *Registry) WithDecoding(d Decoding) *Registry {
	if r == nil || r.types == nil {
		return &Registry{types: new(types), decoding: d}
	}
	return &Registry{types: r.types, conn: r.conn, decoding: d}
}

// Decoding returns what [Registry.WithDecoding] has set.
func (r *Registry) Decoding() Decoding {
	if r == nil {
		return Decoding{}
	}
	return r.decoding
}

package codec

import "reflect"

// Opaque is a custom type without a Go type, for tools and gateways: the parts
// of {"__type__": [ID, Data]}. It is encoded unchanged, with the same id,
// regardless of the registry of the connection. A target of type Opaque accepts
// every custom type. A target of type any receives an Opaque for the id of a
// [Reserved] serializer, and with [Decoding].Opaque for all unknown ids.
type Opaque struct {
	ID   int64 // the position of the serializer on the connection that sent it
	Data any   // decoded as into a target of type any
}

var opaqueType = reflect.TypeFor[Opaque]()

// Reserved returns a serializer that only occupies an id: values with this id
// are decoded to [Opaque]. Use it in place of a class of the Python peers that
// this program does not need, so that the ids of the following classes match.
func Reserved() Serializer { return Serializer{typ: opaqueType, reserved: true} }

// reserved is the serializer used for unknown ids.
var reserved = Reserved()

// Decoding configures how values are decoded into targets of type any, at all
// depths. The zero Decoding is described in the package documentation.
type Decoding struct {
	Ordered bool // a dict becomes a [Dict], in the order in which it was sent
	Opaque  bool // a custom type with an unknown id becomes an [Opaque], not an error
}

// WithDecoding returns a copy of r, which may be nil or zero, with Decoding d.
func (r *Registry) WithDecoding(d Decoding) *Registry {
	if r == nil || r.types == nil {
		return &Registry{types: new(types), decoding: d}
	}
	return &Registry{types: r.types, conn: r.conn, decoding: d}
}

// Decoding returns the Decoding set by [Registry.WithDecoding].
func (r *Registry) Decoding() Decoding {
	if r == nil {
		return Decoding{}
	}
	return r.decoding
}

package aiomas

import (
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// objects is the serializer that each RPC connection registers last, like Python's for
// object: a service of this end is encoded as the path of its router, and decoded as a
// proxy.
var objects = codec.ObjectSerializer{
	Source: func(t reflect.Type) bool {
		return t.Implements(reflect.TypeFor[Service]()) || t == reflect.TypeFor[*Proxy]()
	},
	Target: reflect.TypeFor[*Proxy](),
	Encode: func(conn, v any) (any, error) {
		c := conn.(*Client)
		if p, ok := v.(*Proxy); ok {
			return nil, codec.NewEncodeError("No serializer found for type %q: %v belongs to a connection, "+
				"send the address of its agent or service instead", "Proxy", p)
		}
		if c.root == nil {
			return nil, codec.NewEncodeError("No RPC service running for this side of the connection. Cannot send service proxy: use WithService.")
		}
		if r := v.(Service).Router(); r != nil {
			if path, root := r.upwards(); root == c.root {
				return path, nil
			}
		}
		return nil, codec.NewEncodeError("RPC service \"%T\" is not exposed for this connection: mount it under the connection's service with Router.Add", v)
	},
	Decode: func(conn any, d codec.Decoder) (any, error) {
		if k := d.Kind(); k != codec.KindString { // a custom type with the number that services have here
			return nil, codec.NewDecodeError("a service comes as its path, not as %v (both ends need the same serializers in the same order)", k)
		}
		path, err := d.Str()
		if err != nil {
			return nil, err
		}
		return &Proxy{client: conn.(*Client), path: path, note: &passedNote}, nil
	},
}

// Package aiomas lets Go programs and Python programs that use the aiomas
// library call each other: request–reply channels and remote procedure calls
// on aiomas's own wire, so that neither side can tell what the other is written
// in.
//
// # Layers
//
// A [Channel] carries requests and replies of any content, both ways at once. A
// [Client] puts remote calls on a channel: [Client.Remote] gives a [Proxy] of
// the peer's service to call, and a [Router] of this end's functions answers the
// peer. A [Server] has a client for each connection. Codecs are packages of
// their own (codec/json, the default, and codec/msgpack); both ends must be set
// up with the same one.
//
// # Calling
//
//	conn, err := aiomas.Dial(ctx, "tcp://127.0.0.1:5555")
//	defer conn.Close()
//	sum, err := aiomas.Call[int](ctx, conn.Remote("math", "add"), 1, aiomas.Kwargs{"b": 2})
//
// # Serving
//
//	math := aiomas.NewRouter()
//	math.Expose("add", func(a, b int) int { return a + b }, aiomas.Params("a", "b"))
//	err := aiomas.NewServer(math).ListenAndServe(ctx, "tcp://127.0.0.1:5555")
//
// # Errors
//
// What the peer said is a [*RemoteError], what it broke a [*ProtocolError]
// inside a [*ConnectionError]. After an [*EncodeError] nothing was sent, after a
// [*DecodeError] the call is lost; in both cases the connection lives. All work
// with errors.Is and errors.As, for example errors.Is(err, aiomas.ValueError).
//
// # Contexts
//
// A caller's context gives up waiting; there is no cancel message, so the peer
// goes on and its late reply is dropped. A handler's context ends with the
// connection.
package aiomas

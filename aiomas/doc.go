// Package aiomas connects Go programs with programs that use the Python library aiomas:
// request–reply channels and remote procedure calls, with the same bytes on the wire,
// so that neither side can tell in which language the other is written.
//
// To call functions of a peer, use [Dial] and [Call]; to offer functions, use
// [NewRouter] and [NewServer]. Package agent has containers and agents.
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
// # Layers
//
// A [Channel] carries requests and replies of any content in both directions. A
// [Client] adds remote calls to a channel: [Client.Remote] returns a [Proxy] of the
// peer's service, and a [Router] of this end's functions answers the peer's calls. A
// [Server] has a client for each connection. Codecs are packages of their own:
// codec/json, the default, codec/msgpack and codec/blosc. Both ends must use the same
// codec.
//
// # Errors
//
// An exception raised by the peer is a [*RemoteError]. When a connection ends, its calls
// return a [*ConnectionError], with a [*ProtocolError] inside if the peer broke the
// protocol. After an [*EncodeError] nothing was sent, and after a [*DecodeError] only
// one call has failed; in both cases the connection stays usable. All errors work with
// errors.Is and errors.As, for example errors.Is(err, aiomas.ValueError).
//
// # Contexts
//
// A caller's context bounds how long it waits. The protocol has no message to cancel a
// call: the peer completes it, and its late reply is discarded. The context of a
// handler ends with the connection.
package aiomas

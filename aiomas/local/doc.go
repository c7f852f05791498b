// Package local provides an in-process transport for tests: the addresses
// local://queue of agent containers, and connections for channels and servers
// of package aiomas. It mirrors aiomas.local_queue. Containers use it for addresses
// local://queue; for servers and clients, pass its transport as an option:
//
//	network := aiomas.WithTransport("local", local.NewNetwork().Transport())
//	ln, err := aiomas.Listen(ctx, "local://queue", network)
//	client, err := aiomas.Dial(ctx, "local://queue", network)
//
// # Order
//
// A queue's server receives messages in the order in which they were sent, over
// all of its connections; with sockets, only messages of the same connection
// have an order. The handler of a request has been started, in its own
// goroutine, when the next request arrives. A connection that is not read from
// for a second loses its turn until it is read from again, so that the others do
// not wait for it.
//
// Go runs handlers concurrently, where Python's event loop runs each one to its
// first await. For results that are the same in each run, test in a
// testing/synctest bubble with a [Network] made with [OneByOne]: it delivers
// the next message of the whole network when all goroutines that the last one
// woke are blocked again. Then only the order of goroutines that one message,
// or one moment, wakes together is not deterministic.
//
//	synctest.Test(t, func(t *testing.T) {
//		net := local.NewNetwork(local.OneByOne())
//		…
//	})
package local

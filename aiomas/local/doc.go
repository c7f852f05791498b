// Package local is a transport within one process, for tests: the addresses
// local://queue of agent containers, and connections for channels and servers
// of package aiomas. It mirrors aiomas.local_queue.
//
// # Order
//
// What is sent reaches a queue's server in the order in which it was sent, over
// however many connections; with sockets that holds for each connection by
// itself only. A request is being handled, in a goroutine of its own, when the
// next one arrives. A connection that is not read from for 50 ms loses its turn,
// until it is read from again: the others do not wait for it.
//
// Go runs handlers at the same time, where Python's event loop runs each to its
// first await. For results that are the same in each run, test in a
// testing/synctest bubble with a [Network] made with [OneByOne]: the next
// message of the whole network is delivered when all that the last one set off
// has come to rest. What is left to chance then is only the order of goroutines
// that one message, or one moment, sets off together.
//
//	synctest.Test(t, func(t *testing.T) {
//		net := local.NewNetwork(local.OneByOne())
//		…
//	})
package local

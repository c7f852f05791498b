// Package world tests protocols between agents in simulated worlds: a world is a
// test function, run in a bubble of testing/synctest on a network in memory, in
// which a seed chooses in which order messages are delivered, how long they take,
// when connections are cut and containers restarted. It finds what no one has
// thought of, repeatably:
//
//	func TestBargain(t *testing.T) {
//		world.Run(t, func(w *world.World) {
//			seller := w.Container("seller")
//			…
//			if price != agreed {
//				w.Errorf("the seller got %d, the buyer paid %d", price, agreed)
//			}
//		})
//	}
//
// Each seed is one world. When one fails, Run looks for the plainest schedule that
// still fails, and prints it with the seed: most often one or two messages that
// overtake others. [Replay] runs that schedule again.
//
// What is the same in each run of a schedule are the decisions of this package.
// Goroutines that one message, or one moment, sets off together run in an order
// that Go chooses; agents that take turns leave little of that.
package world

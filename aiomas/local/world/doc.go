// Package world tests protocols between agents in simulated worlds: a world is a
// test function, run in a bubble of testing/synctest on a network in memory, in
// which a seed determines the order and delay of messages, and when connections
// are cut and containers restarted. It finds unexpected failures, repeatably:
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
// Each seed is one world. When one fails, Run searches for the plainest schedule
// that still fails, and prints it with the seed: usually one or two messages that
// overtake others. [Replay] runs that schedule again.
//
// Only the decisions of this package are the same in each run of a schedule.
// The order of goroutines that one message, or one moment, wakes together is
// not deterministic; agents that take turns leave little of this.
package world

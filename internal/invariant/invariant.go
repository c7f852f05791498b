// Package invariant checks invariants in builds with the race detector. A check that
// fails panics. In other builds its types have size zero and its functions do nothing.
package invariant

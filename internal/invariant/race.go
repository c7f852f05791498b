//go:build race

package invariant

import (
	"fmt"
	"sync/atomic"
)

// On reports whether checks are made.
const On = true

// Check panics unless ok.
func Check(ok bool, what string) {
	if !ok {
		panic("invariant broken: " + what)
	}
}

// Role is a role that at most one goroutine has at a time: the one that holds the valid
// [Token]. Initially no goroutine has it.
type Role struct {
	last   atomic.Uint64 // the last token that was made
	holder atomic.Uint64 // the valid token; 0: none
}

// Token proves that its holder has a role. It is valid until it is passed on or given
// up. The zero value is never valid.
type Token struct{ n uint64 }

// Take gives the role to the caller. No goroutine may have it.
func (r *Role) Take() Token {
	t := Token{r.last.Add(1)}
	Check(r.holder.CompareAndSwap(0, t.n), "a role is taken that somebody has")
	return t
}

// Check panics unless t is valid.
func (r *Role) Check(t Token) {
	if n := r.holder.Load(); n == 0 || n != t.n {
		panic(fmt.Sprintf("invariant broken: token %d is used, good is %d", t.n, n))
	}
}

// Pass invalidates t and returns a new token for another goroutine.
func (r *Role) Pass(t Token) Token {
	next := Token{r.last.Add(1)}
	Check(t.n != 0 && r.holder.CompareAndSwap(t.n, next.n), "a role is passed on by somebody who has it not")
	return next
}

// State is a number that changes only in allowed steps. The zero value is 0.
type State struct{ n atomic.Uint32 }

// Move sets the state, which must be from, to the value to.
func (s *State) Move(from, to uint32, what string) {
	if !s.n.CompareAndSwap(from, to) {
		panic(fmt.Sprintf("invariant broken: %s: state %d, not %d", what, s.n.Load(), from))
	}
}

// Leave sets the state, which must not be from, to the value to.
func (s *State) Leave(from, to uint32, what string) {
	if s.n.Swap(to) == from {
		panic(fmt.Sprintf("invariant broken: %s: state %d", what, from))
	}
}

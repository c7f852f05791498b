//go:build race

package invariant

import (
	"fmt"
	"sync/atomic"
)

// On tells that checks are made.
const On = true

// Check panics unless ok.
func Check(ok bool, what string) {
	if !ok {
		panic("invariant broken: " + what)
	}
}

// Role is something that one goroutine at a time has: the one with its [Token]. The
// zero value is a role that no goroutine has.
type Role struct {
	last   atomic.Uint64 // the last token that was made
	holder atomic.Uint64 // the token that is good; 0: none
}

// Token says that its holder has a role. It is good until it is passed on or given
// up. The zero value is good for nothing.
type Token struct{ n uint64 }

// Take gives the role, which no goroutine has, to the caller.
func (r *Role) Take() Token {
	t := Token{r.last.Add(1)}
	Check(r.holder.CompareAndSwap(0, t.n), "a role is taken that somebody has")
	return t
}

// Check panics unless t is good.
func (r *Role) Check(t Token) {
	if n := r.holder.Load(); n == 0 || n != t.n {
		panic(fmt.Sprintf("invariant broken: token %d is used, good is %d", t.n, n))
	}
}

// Pass makes a new token of t, for another goroutine. t is good no more.
func (r *Role) Pass(t Token) Token {
	next := Token{r.last.Add(1)}
	Check(t.n != 0 && r.holder.CompareAndSwap(t.n, next.n), "a role is passed on by somebody who has it not")
	return next
}

// State is a number that changes in allowed steps only. The zero value is 0.
type State struct{ n atomic.Uint32 }

// Move makes the state to, which must have been from.
func (s *State) Move(from, to uint32, what string) {
	if !s.n.CompareAndSwap(from, to) {
		panic(fmt.Sprintf("invariant broken: %s: state %d, not %d", what, s.n.Load(), from))
	}
}

// Leave makes the state to, which must not have been from.
func (s *State) Leave(from, to uint32, what string) {
	if s.n.Swap(to) == from {
		panic(fmt.Sprintf("invariant broken: %s: state %d", what, from))
	}
}

//go:build !race

package invariant

// On tells that checks are made.
const On = false

// Check panics unless ok.
func Check(bool, string) {}

// Role is something that one goroutine at a time has: the one with its [Token]. The
// zero value is a role that no goroutine has.
type Role struct{}

// Token says that its holder has a role. It is good until it is passed on or given
// up. The zero value is good for nothing.
type Token struct{}

// Take gives the role, which no goroutine has, to the caller.
func (*Role) Take() Token { return Token{} }

// Check panics unless t is good.
func (*Role) Check(Token) {}

// Pass makes a new token of t, for another goroutine. t is good no more.
func (*Role) Pass(Token) Token { return Token{} }

// State is a number that changes in allowed steps only. The zero value is 0.
type State struct{}

// Move makes the state to, which must have been from.
func (*State) Move(_, _ uint32, _ string) {}

// Leave makes the state to, which must not have been from.
func (*State) Leave(_, _ uint32, _ string) {}

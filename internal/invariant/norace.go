//go:build !race

package invariant

// On reports whether checks are made.
const On = false

// Check panics unless ok.
func Check(bool, string) {}

// Role is a role that at most one goroutine has at a time: the one that holds the valid
// [Token]. Initially no goroutine has it.
type Role struct{}

// Token proves that its holder has a role. It is valid until it is passed on or given
// up. The zero value is never valid.
type Token struct{}

// Take gives the role to the caller. No goroutine may have it.
func (*Role) Take() Token { return Token{} }

// Check panics unless t is valid.
func (*Role) Check(Token) {}

// Pass invalidates t and returns a new token for another goroutine.
func (*Role) Pass(Token) Token { return Token{} }

// State is a number that changes only in allowed steps. The zero value is 0.
type State struct{}

// Move sets the state, which must be from, to the value to.
func (*State) Move(_, _ uint32, _ string) {}

// Leave sets the state, which must not be from, to the value to.
func (*State) Leave(_, _ uint32, _ string) {}

package fleet

import (
	"errors"
	"fmt"
)

// MemberError says which member an error is of. Errors of several members are joined,
// in the order of the members.
type MemberError struct {
	Member string // as Member.String returns it
	Op     string // what was being done: "open", "spawn", "set_time", …
	Err    error
}

func (e *MemberError) Error() string {
	return fmt.Sprintf("fleet: %s: %s: %v", e.Member, e.Op, e.Err)
}

// Unwrap returns the error without the member.
func (e *MemberError) Unwrap() error { return e.Err }

var (
	// ErrLost says that the connection to a member has ended, or its process.
	ErrLost = errors.New("the member is lost")
	// ErrStopped says that Stop was called.
	ErrStopped = errors.New("fleet: stopped")
	// ErrNotReady says that a member has not become ready in [Options].Ready.
	ErrNotReady = errors.New("the member has not become ready in time")
	// ErrNoIDs says that a manager on Python's aiomas cannot give an agent an ID.
	ErrNoIDs = errors.New("the member's manager cannot give an agent an ID of your choice")
	// ErrMoved says that a member that was started again has an agent at another address.
	ErrMoved = errors.New("an agent has another address after the restart")
)

func lost(err error) error { return fmt.Errorf("%w: %w", ErrLost, err) }

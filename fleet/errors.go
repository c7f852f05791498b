package fleet

import (
	"errors"
	"fmt"

	"github.com/aiomas-go/aiomas-go/internal/errtext"
)

// MemberError is an error that concerns one member. Errors of several members are joined,
// in the order of the members.
type MemberError struct {
	Member string // as Member.String returns it
	Op     string // the operation: "open", "spawn", "set_time", …
	Err    error
}

func (e *MemberError) Error() string {
	return fmt.Sprintf("fleet: %s: %s: %s", e.Member, e.Op, errtext.Of(e.Err))
}

// Unwrap returns Err.
func (e *MemberError) Unwrap() error { return e.Err }

var (
	// ErrLost means that the connection to a member, or its process, has ended.
	ErrLost = errors.New("the member is lost")
	// ErrStopped means that Stop was called.
	ErrStopped = errors.New("fleet: stopped")
	// ErrNotReady means that a member was not ready within [Options].Ready.
	ErrNotReady = errors.New("the member has not become ready in time")
	// ErrNoIDs means that a manager on Python's aiomas cannot give an agent a chosen ID.
	ErrNoIDs = errors.New("the member's manager cannot give an agent an ID of your choice")
	// ErrMoved means that an agent has another address after the restart of its member.
	ErrMoved = errors.New("an agent has another address after the restart")
)

func lost(err error) error { return errtext.Errorf("%w: %w", ErrLost, err) }

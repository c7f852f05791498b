package nats

import (
	"fmt"
	"log/slog"
	"time"
)

// Options are the options of transports. Transports that communicate must have the same
// Prefix.
type Options struct {
	// Scheme is the scheme of addresses; default "nats".
	Scheme string
	// Prefix is the beginning of all subjects: one or more tokens, separated by dots.
	// Default "aiomas".
	Prefix string
	// Process precedes the random id of this process in subjects, for NATS users that may
	// subscribe to certain subjects only; see docs/nats.md. It is empty by default.
	Process string
	// Timeout is how long a peer may be silent before it counts as gone, or a third of it
	// if NATS reports that there are no subscribers. It is also how long Dial waits for a
	// reply. Time without a connection to NATS does not count for peers. Default 15 s.
	Timeout time.Duration
	// Claim is how long Listen waits for a reply of a listener that already has the name,
	// to which it sends several claims. It must be longer than the time of a message
	// through all servers. Default 250 ms.
	Claim time.Duration
	// Window is the number of unread bytes that a stream buffers before its writer waits,
	// from 4 KiB to 1 GiB; default 1 MiB + 64 KiB, so that a message of 1 MiB need not wait.
	Window int
	// Logger logs events that are not reported otherwise. By default, nothing is logged.
	Logger *slog.Logger
}

const defaultWindow = 1<<20 + 64<<10

func (o *Options) window() uint64 { return uint64(o.Window) } //nolint:gosec // checked

// complete sets the defaults, and checks the other values.
func (o *Options) complete() error {
	set(&o.Scheme, "nats")
	set(&o.Prefix, "aiomas")
	set(&o.Timeout, 15*time.Second)
	set(&o.Claim, 250*time.Millisecond)
	set(&o.Window, defaultWindow)
	set(&o.Logger, slog.New(slog.DiscardHandler))
	switch {
	case checkSubject(o.Prefix) != nil:
		return fmt.Errorf("aiomas: Options.Prefix %q: %w", o.Prefix, ErrBadName)
	case o.Process != "" && checkSubject(o.Process) != nil:
		return fmt.Errorf("aiomas: Options.Process %q: %w", o.Process, ErrBadName)
	case o.Timeout < 0 || o.Claim < 0:
		return fmt.Errorf("aiomas: Options.Timeout %v or Claim %v is negative", o.Timeout, o.Claim)
	case o.Window < 4<<10 || o.Window > 1<<30:
		return fmt.Errorf("aiomas: Options.Window %d is not from 4 KiB to 1 GiB", o.Window)
	}
	return nil
}

func set[T comparable](option *T, value T) {
	if *option == *new(T) {
		*option = value
	}
}

package nats

import (
	"fmt"
	"log/slog"
	"time"
)

// Options are what transports may have otherwise than usual. Those that talk to each
// other need the same Prefix.
type Options struct {
	// Scheme is that of the addresses; default "nats".
	Scheme string
	// Prefix begins all subjects: one word, or more with dots. Default "aiomas".
	Prefix string
	// Process begins what tells this process from others in subjects, where the NATS
	// user may subscribe to some only; see docs/nats.md. By default, nothing does.
	Process string
	// Timeout is how long a peer may be silent before it is gone, a third of it if NATS
	// says that nobody is there, and how long Dial waits for an answer. Time without a
	// connection to NATS does not count. Default 15 s.
	Timeout time.Duration
	// Claim is how long Listen waits for somebody who has the name already, of whom it
	// asks several times: longer than a message needs through all servers. Default
	// 250 ms.
	Claim time.Duration
	// Window is how many unread bytes a stream keeps before its writer waits, from 4 KiB
	// to 1 GiB; default 256 KiB.
	Window int
	// Logger gets what nobody else is told. Default: nobody.
	Logger *slog.Logger
}

func (o *Options) window() uint64 { return uint64(o.Window) } //nolint:gosec // checked

// complete fills in the defaults, and checks the rest.
func (o *Options) complete() error {
	set(&o.Scheme, "nats")
	set(&o.Prefix, "aiomas")
	set(&o.Timeout, 15*time.Second)
	set(&o.Claim, 250*time.Millisecond)
	set(&o.Window, 256<<10)
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

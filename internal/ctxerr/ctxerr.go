// Package ctxerr makes errors for operations ended by a context.
package ctxerr

import (
	"context"

	"github.com/aiomas-go/aiomas-go/internal/errtext"
)

// New returns an error for the operation what, which was ended by ctx. It wraps ctx.Err, and the
// cause of ctx if that differs.
func New(ctx context.Context, what string) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); cause != err { //nolint:errorlint // is there a cause of its own?
		return errtext.Errorf("aiomas: %s: %w: %w", what, err, cause)
	}
	return errtext.Errorf("aiomas: %s: %w", what, err)
}

// With returns err with why in the same line, in brackets after what was tried. It
// wraps both.
func With(err error, tried string, why error) error { return &both{err, why, tried} }

type both struct {
	err, why error
	tried    string
}

func (b *both) Error() string {
	return b.err.Error() + " (" + b.tried + ": " + errtext.Of(b.why) + ")"
}

func (b *both) Unwrap() []error { return []error{b.err, b.why} }

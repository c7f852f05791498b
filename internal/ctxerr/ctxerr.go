// Package ctxerr makes the error of an operation that a context has ended.
package ctxerr

import (
	"context"
	"fmt"
)

// New returns the error of the operation what, ended by ctx. It wraps ctx.Err, and
// the cause of ctx if that differs.
func New(ctx context.Context, what string) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); cause != err { //nolint:errorlint // is there a cause of its own?
		return fmt.Errorf("aiomas: %s: %w: %w", what, err, cause)
	}
	return fmt.Errorf("aiomas: %s: %w", what, err)
}

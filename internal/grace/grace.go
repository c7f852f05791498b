// Package grace passes the time that handlers have during a Shutdown in its
// context, for packages that override the option of the connections.
package grace

import (
	"context"
	"time"
)

type key struct{}

// With returns a context for a Shutdown that gives handlers the time d, or no time
// if d is not positive.
func With(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, key{}, d)
}

// From returns the time set in ctx, or def if there is none.
func From(ctx context.Context, def time.Duration) time.Duration {
	if d, ok := ctx.Value(key{}).(time.Duration); ok {
		return d
	}
	return def
}

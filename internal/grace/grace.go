// Package grace carries the time that handlers have at a Shutdown to it, from
// packages that know better than the options of the connections.
package grace

import (
	"context"
	"time"
)

type key struct{}

// With returns ctx for a Shutdown that gives handlers the time d; none if d is not
// positive.
func With(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, key{}, d)
}

// From returns the time that ctx says, or else def.
func From(ctx context.Context, def time.Duration) time.Duration {
	if d, ok := ctx.Value(key{}).(time.Duration); ok {
		return d
	}
	return def
}

// Package invariant checks in builds for the race detector what must be true
// whatever happens. A check that fails panics. In other builds its types have no size
// and its functions do nothing.
package invariant

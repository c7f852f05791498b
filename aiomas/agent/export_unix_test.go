//go:build unix

package agent

import "time"

// SetOrphanGrace changes what orphans have for their end; whole seconds.
func SetOrphanGrace(d time.Duration) { orphanGrace = d }

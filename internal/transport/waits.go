package transport

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// CheckWaits sets the defaults of the waits between attempts to connect again, and
// says whether they can work.
func CheckWaits(first, most *time.Duration) error {
	if *first == 0 {
		*first = 50 * time.Millisecond
	}
	if *most == 0 {
		*most = max(*first, 5*time.Second)
	}
	if *first < 0 || *most < *first {
		return fmt.Errorf("First is %v and Most %v", *first, *most)
	}
	return nil
}

// Spread shortens a wait at random by up to half, so that many do not come back at
// once.
func Spread(wait time.Duration) time.Duration {
	return wait - rand.N(wait/2+1) //nolint:gosec // to spread, not to hide
}

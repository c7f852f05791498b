//go:build !linux && !darwin && !windows

package transport

import "time"

// setUserTimeout does nothing where the system decides by itself.
func setUserTimeout(uintptr, time.Duration) {}

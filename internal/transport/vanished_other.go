//go:build !linux && !darwin && !windows

package transport

import "time"

// setUserTimeout does nothing: these systems have no such option.
func setUserTimeout(uintptr, time.Duration) {}

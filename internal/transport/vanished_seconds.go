//go:build darwin || windows

package transport

import "time"

// seconds rounds up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

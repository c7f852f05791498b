//go:build linux && (amd64 || arm64) && !aiomas_plain && aiomas_noheartbeat

package frame

// With the build tag aiomas_noheartbeat, which is for measurements only, nothing wakes the
// scheduler's monitor, and a goroutine may compute without being preempted.
func beats() bool { return true }

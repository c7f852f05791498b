//go:build !linux

package agent

// waitExited returns false: these systems cannot wait for a process without reaping it.
func waitExited(int) bool { return false }

func (o *outputs) drain() {}

//go:build unix && !linux

package agent

import "syscall"

// dieWithParent does nothing on these systems.
func dieWithParent(*syscall.SysProcAttr) {}

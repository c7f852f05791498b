//go:build unix && !linux

package proc

import "os/exec"

func startOn(cmd *exec.Cmd, _ int) error { return cmd.Start() }

// LastCPU returns -1: this system cannot pin a process to a core.
func LastCPU() int { return -1 }

// Hop returns 0: it is implemented for Linux only.
func Hop() float64 { return 0 }

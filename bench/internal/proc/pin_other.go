//go:build unix && !linux

package proc

import (
	"os/exec"
	"time"
)

func startOn(cmd *exec.Cmd, _ int) error { return cmd.Start() }

// LastCPU returns -1: this system cannot pin a process to a core.
func LastCPU() int { return -1 }

// Hop returns 0: it is implemented for Linux only.
func Hop() float64 { return 0 }

// The costs of the machine are measured on Linux only.
func pageFault() int  { return 0 }
func systemCall() int { return 0 }

// Sleep sleeps for d.
func Sleep(d time.Duration) { <-time.After(d) }

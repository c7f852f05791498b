//go:build !unix

package main

import "os/exec"

func grouped(cmd *exec.Cmd) error { return cmd.Run() }

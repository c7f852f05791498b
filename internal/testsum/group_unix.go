//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// grace is the time in which the processes of a command must end.
const grace = 5 * time.Second

// grouped runs a command and its descendants in their own process group. When it returns, also after a signal that ends
// this process, no process of the group is left: a signal to go test alone would leave the test binaries running.
func grouped(cmd *exec.Cmd) error {
	asked := make(chan os.Signal, 1)
	signals := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signals = append(signals, syscall.SIGHUP)
	}
	signal.Notify(asked, signals...)
	defer signal.Stop(asked)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = grace // for output of processes that the command has left running
	if err := cmd.Start(); err != nil {
		return err
	}
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-ended:
		case <-asked:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
			select {
			case <-ended:
			case <-time.After(grace):
			}
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the remaining processes, if any
	}()
	err := cmd.Wait()
	close(ended)
	<-watched
	return err
}

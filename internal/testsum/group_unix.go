//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long the processes of a command have to end.
const grace = 5 * time.Second

// grouped runs a command with its descendants in a group of its own, of which nothing is left when it returns, also when
// this process is asked to end: who ends go test alone leaves the tests running.
func grouped(cmd *exec.Cmd) error {
	asked := make(chan os.Signal, 1)
	signals := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signals = append(signals, syscall.SIGHUP)
	}
	signal.Notify(asked, signals...)
	defer signal.Stop(asked)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = grace // for the output of what the command has left running
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
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what is left, if anything
	}()
	err := cmd.Wait()
	close(ended)
	<-watched
	return err
}

//go:build unix

package agent

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// group is the process group of a process started by Start, and of all processes that it starts.
// The leader of the group is a shell that waits for the end of this process and then ends the
// group, including itself: first by SIGTERM, and after a delay by SIGKILL.
//
// The shell waits for the end of a pipe whose only writer is this process. A process that is
// being started has a copy of the writing end until it executes its program, and is in the group
// by then. So no process of the group survives, however suddenly this process ends.
type group struct {
	shell *exec.Cmd // nil if the system has none; the process is then the leader
	pipe  *os.File  // closed by the end of this process

	mu   sync.Mutex
	id   int
	over bool
}

const shellPath = "/bin/sh"

const shellScript = `trap '' HUP INT QUIT TERM
read -r nothing
kill -TERM 0
sleep "$1"
kill -KILL 0`

// orphanGrace is the time between SIGTERM and SIGKILL for a process whose starter has ended.
var orphanGrace = 10 * time.Second // shorter in tests

// newGroup creates the group for cmd.
func newGroup(cmd *exec.Cmd) (*group, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	} else {
		attr := *cmd.SysProcAttr // it may be shared by several commands
		cmd.SysProcAttr = &attr
	}
	attr := cmd.SysProcAttr
	if attr.Setsid || attr.Foreground || attr.Pgid != 0 {
		return nil, errors.New("SysProcAttr must not set Setsid, Foreground or Pgid: Start gives each process a group of its own")
	}
	dieWithParent(attr)
	g := &group{}
	if err := g.watch(); err != nil {
		return nil, err
	}
	attr.Setpgid, attr.Pgid = true, g.id
	return g, nil
}

// watch starts the shell, if the system has one.
func (g *group) watch() error {
	if _, err := os.Stat(shellPath); err != nil {
		return nil // a system without a shell
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirs.Close() //nolint:errcheck // the shell has its own
	seconds := strconv.Itoa(int(orphanGrace / time.Second))
	shell := exec.Command(shellPath, "-c", shellScript, "aiomas-group", seconds) //nolint:noctx // it ends with the group
	shell.Dir, shell.Stdin, shell.Env = "/", theirs, []string{"PATH=" + os.Getenv("PATH")}
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := shell.Start(); err != nil {
		_ = ours.Close()
		return err
	}
	g.shell, g.pipe, g.id = shell, ours, shell.Process.Pid
	return nil
}

// started is called when the process runs.
func (g *group) started(p *os.Process) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shell == nil {
		g.id = p.Pid
	}
}

// kill kills all processes of the group.
func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.over && g.id != 0 {
		_ = syscall.Kill(-g.id, syscall.SIGKILL) // there may be no process left
	}
}

// end ends the remaining processes, and releases the group. Its number may be reused only
// afterwards.
func (g *group) end() {
	g.kill()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return
	}
	g.over = true
	if g.shell != nil {
		_ = g.shell.Wait() // it was killed
		_ = g.pipe.Close()
	}
}

// duplicate returns another *os.File of the same file.
func duplicate(f *os.File) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var dupErr error
	err = raw.Control(func(old uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, dupErr = syscall.Dup(int(old)); dupErr == nil {
			syscall.CloseOnExec(fd)
		}
	})
	if err := errors.Join(err, dupErr); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

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

// group is the process group of a process that Start starts, with all that this
// one starts in turn. Its leader is a shell that does nothing but wait for the
// end of this process, then ends the group, and itself with it: first by SIGTERM,
// which asks, and after a while by SIGKILL.
//
// What the shell waits for is the end of a pipe that only this process can write
// to. A process that is just being started has a copy of it until it runs its
// program, and by then it is in the group: however suddenly this process ends,
// nobody slips through.
type group struct {
	shell *exec.Cmd // nil: there is none on this system, the process leads the group
	pipe  *os.File  // its end tells the shell that this process has ended

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

// orphanGrace is what a process has for its end when it was asked for it because
// its starter has ended.
var orphanGrace = 10 * time.Second // another one in tests

// newGroup makes the group that cmd will run in.
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

// watch starts the shell, if there is one.
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

// started says that the process runs.
func (g *group) started(p *os.Process) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shell == nil {
		g.id = p.Pid
	}
}

// kill ends all processes of the group at once.
func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.over && g.id != 0 {
		_ = syscall.Kill(-g.id, syscall.SIGKILL) // there may be nobody left
	}
}

// end ends what the process has left behind, and frees the group. Only then may
// its number be that of another one.
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

package agent

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
)

// readyLine finds the line "ready URL" in the output of a process, and passes the remaining output
// on.
type readyLine struct {
	rest  io.Writer // may be nil
	found chan string
	ended chan struct{} // closed when the output has ended

	mu   sync.Mutex
	line []byte // an incomplete line
	over bool   // the line was found
}

// maxReady is the maximum length of the line.
const maxReady = 4096

func newReadyLine(rest io.Writer) *readyLine {
	return &readyLine{rest: rest, found: make(chan string, 1), ended: make(chan struct{})}
}

// ReadFrom is called by package exec to copy the output; it returns at the end of the output.
func (r *readyLine) ReadFrom(output io.Reader) (int64, error) {
	defer close(r.ended)
	return io.Copy(struct{ io.Writer }{r}, output)
}

func (r *readyLine) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(b)
	for !r.over && len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			r.line = append(r.line, b...)
			b = nil
			if len(r.line) <= maxReady {
				break
			}
		} else {
			r.line = append(r.line, b[:end+1]...)
			b = b[end+1:]
		}
		line := r.line
		r.line = nil
		if url, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "ready "); ok {
			r.found <- url
			r.over = true
			break
		}
		if err := r.pass(line); err != nil {
			return n, err
		}
	}
	if err := r.pass(b); err != nil {
		return n, err
	}
	return n, nil
}

func (r *readyLine) pass(b []byte) error {
	if r.rest == nil || len(b) == 0 {
		return nil
	}
	_, err := r.rest.Write(b)
	return err
}

// outputs has duplicates of the reading ends of cmd.StdoutPipe and cmd.StderrPipe. Package exec closes
// its own when the process has ended, which is too early if another goroutine still reads; the output
// stays readable while the duplicates are open.
type outputs struct {
	ready *readyLine // nil if the address is known
	files []*os.File
}

// dupOutputs duplicates the outputs of cmd, and looks for the line "ready URL" if ready is set.
func dupOutputs(cmd *exec.Cmd, ready bool) (*outputs, error) {
	o := &outputs{}
	hold := func(w io.Writer, must bool) (*os.File, error) {
		f, ok := w.(*os.File)
		if !ok || !must && !isPipe(f) {
			return nil, nil
		}
		held, err := duplicate(f)
		if err == nil {
			o.files = append(o.files, held)
		}
		return held, err
	}
	both := sameWriter(cmd.Stdout, cmd.Stderr)
	stdout, err := hold(cmd.Stdout, ready)
	_, err2 := hold(cmd.Stderr, false)
	if err := errors.Join(err, err2); err != nil {
		o.close()
		return nil, err
	}
	if !ready {
		return o, nil
	}
	if stdout != nil { // package exec closes its own end when the process has started
		o.ready = newReadyLine(stdout)
	} else {
		o.ready = newReadyLine(cmd.Stdout)
	}
	cmd.Stdout = o.ready
	if both {
		cmd.Stderr = o.ready // then package exec uses one goroutine for both
	}
	unbuffered(cmd)
	return o, nil
}

func sameWriter(a, b io.Writer) bool {
	return a != nil && b != nil && reflect.TypeOf(a).Comparable() && a == b
}

// isPipe reports whether f may be from StdoutPipe or StderrPipe.
func isPipe(f *os.File) bool {
	if f == nil || f == os.Stdout || f == os.Stderr {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

// unbuffered makes a Python program flush its line at once.
func unbuffered(cmd *exec.Cmd) {
	const name = "PYTHONUNBUFFERED="
	env := cmd.Environ()
	for _, v := range env {
		if strings.HasPrefix(v, name) {
			return
		}
	}
	cmd.Env = append(env, name+"1")
}

func (o *outputs) close() {
	for _, f := range o.files {
		_ = f.Close() // opened for reading
	}
	o.files = nil
}

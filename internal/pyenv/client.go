package pyenv

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// Check is one thing that the Python client tried.
type Check struct {
	Row   string          `json:"row"`   // the row of the conformance page
	Check string          `json:"check"` // what was tried, for example "add(1, b=2)"
	OK    bool            `json:"ok"`
	Got   json.RawMessage `json:"got"` // tagged, see interop/python/tagged.py
	Want  json.RawMessage `json:"want"`

	Summary *struct{ Checks, Failed int } `json:"summary"` // in the last line only
}

// RunClient runs the client on real aiomas against a peer with these arguments,
// at least "--connect" and its address, and returns its checks. The test fails
// for each check that does, and when the client does not end by itself with
// its summary.
func (p Python) RunClient(tb testing.TB, args ...string) []Check {
	tb.Helper()
	checks, err := runClient(p.Command(tb, "client.py", args...), tb.Logf)
	if err != nil {
		tb.Error(err)
	}
	for _, c := range checks {
		if !c.OK {
			tb.Errorf("%s: %s\n got %s\nwant %s", c.Row, c.Check, c.Got, c.Want)
		}
	}
	return checks
}

func runClient(cmd *exec.Cmd, logf func(string, ...any)) ([]Check, error) {
	var checks []Check
	var summary *Check
	err := run(cmd, logf, nil, func(lines *bufio.Reader) error {
		d := json.NewDecoder(lines)
		for {
			var c Check
			switch err := d.Decode(&c); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			case c.Summary != nil:
				summary = &c
			default:
				checks = append(checks, c)
			}
		}
	})
	switch {
	case summary == nil:
		return checks, fmt.Errorf("%s ended without a summary after %d checks: %w", cmd, len(checks), err)
	case summary.Summary.Checks != len(checks):
		return checks, fmt.Errorf("%s: %d checks in the summary, %d seen", cmd, summary.Summary.Checks, len(checks))
	case err != nil && summary.Summary.Failed == 0:
		return checks, fmt.Errorf("%s: %w", cmd, err)
	}
	return checks, nil
}

// run runs cmd, feeds it with write and reads its stdout with read, and waits
// for all three to end.
func run(cmd *exec.Cmd, logf func(string, ...any), write func(io.WriteCloser), read func(*bufio.Reader) error) error {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var others sync.WaitGroup
	others.Go(func() { logLines(stderr, filepath.Base(cmd.Path), logf) })
	others.Go(func() {
		if write != nil {
			write(stdin)
		}
		_ = stdin.Close() // the process may have ended before
	})
	readErr := read(bufio.NewReader(stdout))
	if readErr != nil {
		_ = cmd.Process.Kill()
	}
	others.Wait()
	return errors.Join(readErr, cmd.Wait())
}

// Error is an exception in a [Session]: what the peer raised if Remote, else
// what Python itself raised instead of making the call.
type Error struct {
	Type      string `json:"type"`
	Message   string `json:"message"`
	Remote    bool   `json:"remote"`
	Traceback string `json:"traceback"`
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Session is a running Python client that makes the calls requested by
// [Session.Call]. It is safe for concurrent use, and the calls run
// concurrently.
type Session struct {
	calls  chan call
	ended  chan struct{}
	err    error // set when ended is closed
	closed sync.Once
}

type call struct {
	line  map[string]any
	reply chan reply
}

type reply struct {
	ID     int64           `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *Error          `json:"error"`
}

// Service as an argument of [Session.Call] is the Python client's own service,
// with notify(i) and explode().
type Service struct{}

// StartSession starts the client on real aiomas with these arguments, at least
// "--connect" and its address. It is closed at the end of the test.
func (p Python) StartSession(tb testing.TB, args ...string) *Session {
	tb.Helper()
	s := &Session{calls: make(chan call), ended: make(chan struct{})}
	cmd := p.Command(tb, "client.py", append(args, "--script", "-")...)
	go func() {
		defer close(s.ended)
		s.err = s.run(cmd, tb.Logf)
	}()
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("%s: %v", cmd, err)
		}
	})
	return s
}

func (s *Session) run(cmd *exec.Cmd, logf func(string, ...any)) error {
	var mu sync.Mutex
	waiting := make(map[int64]chan reply)
	finished := make(chan struct{}) // stdout has ended: nobody answers any more
	return run(cmd, logf, func(stdin io.WriteCloser) {
		enc := json.NewEncoder(stdin)
		for id := int64(0); ; id++ {
			select {
			case <-finished:
				return
			case c, ok := <-s.calls:
				if !ok {
					return
				}
				mu.Lock()
				waiting[id] = c.reply
				mu.Unlock()
				c.line["id"] = id
				_ = enc.Encode(c.line) // fails only when the process has ended, which read sees
			}
		}
	}, func(stdout *bufio.Reader) error {
		defer close(finished)
		d := json.NewDecoder(stdout)
		for {
			var r reply
			if err := d.Decode(&r); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			mu.Lock()
			ch := waiting[r.ID]
			delete(waiting, r.ID)
			mu.Unlock()
			if ch == nil {
				return fmt.Errorf("an answer to call %d, which was not made", r.ID)
			}
			ch <- r
		}
	})
}

// Call lets Python call path of the peer and returns the result as package
// golden has it, or an [*Error]. Arguments are in the types of package golden,
// or [Service].
func (s *Session) Call(path string, args []any, kwargs map[string]any) (any, error) {
	taggedArgs := make([]json.RawMessage, len(args))
	taggedKwargs := make(map[string]json.RawMessage, len(kwargs))
	var err error
	for i, a := range args {
		if taggedArgs[i], err = format(a); err != nil {
			return nil, err
		}
	}
	for k, a := range kwargs {
		if taggedKwargs[k], err = format(a); err != nil {
			return nil, err
		}
	}
	c := call{
		line:  map[string]any{"call": path, "args": taggedArgs, "kwargs": taggedKwargs},
		reply: make(chan reply, 1),
	}
	select {
	case s.calls <- c:
	case <-s.ended:
		return nil, s.over()
	}
	select {
	case r := <-c.reply:
		if r.Error != nil {
			return nil, r.Error
		}
		return golden.Parse(r.Result)
	case <-s.ended:
		return nil, s.over()
	}
}

func (s *Session) over() error {
	return fmt.Errorf("the Python client has ended: %w", errors.Join(s.err, io.EOF))
}

// Close lets the client finish its calls and end, and waits for that. No call
// may be begun after it.
func (s *Session) Close() error {
	s.closed.Do(func() { close(s.calls) })
	<-s.ended
	return s.err
}

func format(v any) (json.RawMessage, error) {
	if _, ok := v.(Service); ok {
		return json.RawMessage(`{"t": "service"}`), nil
	}
	return golden.Format(v)
}

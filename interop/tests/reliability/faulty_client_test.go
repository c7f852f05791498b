package reliability

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// faultyClient is a Python process whose connections go wrong.
type faultyClient struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{} // closed when stdout has
	err   error         // then

	mu      sync.Mutex
	waiting map[int]chan faultyReply
	lastID  int
}

type faultyReply struct {
	ID       int            `json:"id"`
	Outcomes map[string]int `json:"outcomes"`
	Notes    []string       `json:"notes"`
}

// startFaultyClient starts interop/python/faulty_client.py. It stops when the test
// ends.
func startFaultyClient(t testing.TB, c codec.Codec) *faultyClient {
	t.Helper()
	f := &faultyClient{cmd: python(t).Command(t, "faulty_client.py", "--codec", c.Name()), waiting: map[int]chan faultyReply{}}
	var err error
	if f.stdin, err = f.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := f.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	f.cmd.Stderr = logWriter{&terse{TB: t}}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.ended = make(chan struct{})
	go func() {
		defer close(f.ended)
		f.err = f.read(stdout)
	}()
	t.Cleanup(func() {
		if f.stdin == nil {
			return // killed
		}
		_ = f.stdin.Close()
		within(t, time.Minute, "the Python client's end", f.ended)
		if err := errors.Join(f.err, f.cmd.Wait()); err != nil {
			t.Errorf("the Python client: %v", err)
		}
	})
	return f
}

type logWriter struct{ t testing.TB }

func (w logWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}

// kill ends the process in the middle of whatever it does.
func (f *faultyClient) kill(t testing.TB) {
	t.Helper()
	_ = f.cmd.Process.Kill()
	within(t, time.Minute, "the killed client's end", f.ended)
	_ = f.cmd.Wait()
	_ = f.stdin.Close()
	f.stdin = nil
}

func (f *faultyClient) read(stdout io.Reader) error {
	d := json.NewDecoder(bufio.NewReader(stdout))
	for {
		var r faultyReply
		if err := d.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		f.mu.Lock()
		c := f.waiting[r.ID]
		delete(f.waiting, r.ID)
		f.mu.Unlock()
		if c == nil {
			return fmt.Errorf("an answer to %d, which was not asked", r.ID)
		}
		c <- r
	}
}

// send lets Python make the mixture's calls at an address.
func (f *faultyClient) send(addr string, timeout time.Duration) *outcomes {
	c := make(chan faultyReply, 1)
	f.mu.Lock()
	f.lastID++
	id := f.lastID
	f.waiting[id] = c
	err := json.NewEncoder(f.stdin).Encode(map[string]any{"id": id, "connect": addr, "timeout": timeout.Seconds(), "rounds": 2})
	f.mu.Unlock()
	o := &outcomes{}
	if err != nil {
		o.add("else", err)
		return o
	}
	timer := time.NewTimer(2 * harmless)
	defer timer.Stop()
	select {
	case r := <-c:
		o.counts, o.notes = r.Outcomes, r.Notes
		if n := o.counts["else"]; n > 0 { // Python has no type for all that it cannot read
			o.counts["unfit"] += n
			delete(o.counts, "else")
		}
	case <-f.ended:
		o.add("else", "Python has ended")
	case <-timer.C:
		o.add("else", "Python hangs")
	}
	return o
}

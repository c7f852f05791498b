package reliability

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// faultyClient is a process whose connections go wrong.
type faultyClient struct {
	language string
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	ended    chan struct{} // closed when stdout has
	err      error         // then

	mu      sync.Mutex
	waiting map[int]chan faultyReply
	lastID  int
}

// faultyCommand and faultyReply are the lines that it reads and writes.
type faultyCommand struct {
	ID      int     `json:"id"`
	Connect string  `json:"connect"`
	Timeout float64 `json:"timeout"` // seconds
	Rounds  int     `json:"rounds"`
}

type faultyReply struct {
	ID       int            `json:"id"`
	Outcomes map[string]int `json:"outcomes"`
	Notes    []string       `json:"notes"`
}

// startFaultyClient starts interop/python/faulty_client.py, or this program in the
// same role. It stops when the test ends.
func startFaultyClient(tb testing.TB, language string, c codec.Codec) *faultyClient {
	tb.Helper()
	f := &faultyClient{language: language, waiting: map[int]chan faultyReply{}, ended: make(chan struct{})}
	if language == "python" {
		f.cmd = python(tb).Command(tb, "faulty_client.py", "--codec", c.Name())
	} else {
		f.cmd = exec.Command(os.Args[0], c.Name()) //nolint:gosec // this program
		f.cmd.Env = append(os.Environ(), helperVariable+"=client")
	}
	var err error
	if f.stdin, err = f.cmd.StdinPipe(); err != nil {
		tb.Fatal(err)
	}
	stdout, err := f.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	f.cmd.Stderr = logWriter{&terse{TB: tb}}
	if err := f.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() {
		defer close(f.ended)
		f.err = f.read(stdout)
	}()
	tb.Cleanup(func() {
		if f.stdin == nil {
			return // killed
		}
		_ = f.stdin.Close()
		within(tb, time.Minute, "the client process's end", f.ended)
		if err := errors.Join(f.err, f.cmd.Wait()); err != nil {
			tb.Errorf("the client process: %v", err)
		}
	})
	return f
}

type logWriter struct{ tb testing.TB }

func (w logWriter) Write(p []byte) (int, error) {
	w.tb.Logf("%s", p)
	return len(p), nil
}

// kill ends the process in the middle of whatever it does.
func (f *faultyClient) kill(tb testing.TB) {
	tb.Helper()
	_ = f.cmd.Process.Kill()
	within(tb, time.Minute, "the killed client's end", f.ended)
	_ = f.cmd.Wait()
	_ = f.stdin.Close()
	f.stdin = nil
}

func (f *faultyClient) read(stdout io.Reader) error {
	d := json.NewDecoder(bufio.NewReader(stdout))
	for {
		var r faultyReply
		if err := d.Decode(&r); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil // or killed
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

// send lets the process make the mixture's calls at an address.
func (f *faultyClient) send(addr string, timeout time.Duration) *outcomes {
	c := make(chan faultyReply, 1)
	f.mu.Lock()
	f.lastID++
	id := f.lastID
	f.waiting[id] = c
	err := json.NewEncoder(f.stdin).Encode(faultyCommand{id, addr, timeout.Seconds(), 2})
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
		if n := o.counts["else"]; n > 0 && f.language == "python" { // it has no type for all that it cannot read
			o.counts["unfit"] += n
			delete(o.counts, "else")
		}
	case <-f.ended:
		o.add("else", "the client process has ended")
	case <-timer.C:
		o.add("else", "the client process hangs")
	}
	return o
}

// playClient is faulty_client.py in Go.
func playClient() error {
	var send sender
	for _, c := range codecs {
		if c.Name() == os.Args[1] {
			send = goSends(c)
		}
	}
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	in := json.NewDecoder(os.Stdin)
	var running sync.WaitGroup
	defer running.Wait()
	for {
		var command faultyCommand
		if err := in.Decode(&command); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		running.Go(func() {
			o := send(command.Connect, time.Duration(command.Timeout*float64(time.Second)))
			mu.Lock()
			defer mu.Unlock()
			_ = out.Encode(faultyReply{command.ID, o.counts, o.notes}) // its parent may be gone
		})
	}
}

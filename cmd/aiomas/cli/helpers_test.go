package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// The environment of whoever runs the tests says nothing to them.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AIOMAS_") && !strings.HasPrefix(name, "AIOMAS_PYTHON") && !strings.HasPrefix(name, "AIOMAS_COMPAT") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("XDG_CONFIG_HOME", filepath.Join(os.TempDir(), "aiomas-no-configuration"))
	os.Exit(m.Run())
}

// outcome is what a command line leaves behind.
type outcome struct {
	code           int
	stdout, stderr string
}

func aiomasCmd(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Run(t.Context(), args, strings.NewReader(stdin), &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// want compares an outcome; what stderr must be is its first line, so that hints may follow.
func (o outcome) want(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	line, _, _ := strings.Cut(o.stderr, "\n")
	if o.code != code || o.stdout != stdout || line != stderr {
		t.Errorf("exit code %d, stdout %q, stderr %q\nwant %d, %q, %q", o.code, o.stdout, o.stderr, code, stdout, stderr)
	}
}

// output is what a running command has written so far.
type output struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{}
	end  chan struct{} // closed when nothing follows
}

func newOutput(end chan struct{}) *output { return &output{more: make(chan struct{}, 1), end: end} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// until waits until the output satisfies ok, and returns it.
func (o *output) until(t testing.TB, ok func(s string) bool) string {
	t.Helper()
	for {
		if s := o.String(); ok(s) {
			return s
		}
		select {
		case <-o.more:
		case <-o.end:
			if s := o.String(); ok(s) {
				return s
			}
			t.Fatalf("the command ended; its output was %q", o)
		}
	}
}

// running is a command that runs until it is stopped.
type running struct {
	stdout, stderr *output
	stop           func() int // ends it as Ctrl-C does, and returns the exit code
	addr           string     // from its line "ready ADDR", if it has said so
}

func start(t testing.TB, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	r := &running{stdout: newOutput(ended), stderr: newOutput(ended)}
	done := make(chan int, 1)
	go func() {
		defer close(ended)
		done <- Run(ctx, args, strings.NewReader(""), r.stdout, r.stderr)
	}()
	r.stop = sync.OnceValue(func() int { cancel(); return <-done })
	t.Cleanup(func() { r.stop() })
	return r
}

// ready waits for the line that says where a command listens.
func (r *running) ready(t testing.TB, from *output) *running {
	t.Helper()
	s := from.until(t, func(s string) bool { return strings.Contains(s, "ready ") && strings.Contains(s, "\n") })
	_, rest, _ := strings.Cut(s, "ready ")
	r.addr, _, _ = strings.Cut(rest, "\n")
	return r
}

var codecNames = []string{"json", "msgpack", "msgpack-blosc"}

// eachPeer runs f against a real Python peer with each codec.
func eachPeer(t *testing.T, f func(t *testing.T, codec, addr string)) {
	t.Helper()
	py := pyenv.RequireOne(t)
	for _, name := range codecNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := py
			if name == "msgpack-blosc" {
				env = pyenv.RequireBlosc(t, py)
			}
			f(t, name, env.StartPeer(t, "--listen", "tcp://127.0.0.1:0", "--codec", name).Addr)
		})
	}
}

func (r *running) readyOnStderr(t *testing.T) *running {
	t.Helper()
	return r.ready(t, r.stderr)
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

package pyenv

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The test binary itself plays the processes that do not behave.
func TestMain(m *testing.M) {
	switch os.Getenv("PYENV_TEST_PLAYS") {
	case "":
		os.Exit(m.Run())
	case "ends at once":
		fmt.Fprintln(os.Stderr, "cannot listen")
		os.Exit(3)
	case "says something else":
		fmt.Println("hello")
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "talks too much":
		fmt.Println("ready tcp://127.0.0.1:1\nlistening")
	case "fails later":
		fmt.Println("ready tcp://127.0.0.1:1")
		os.Exit(3)
	case "gives no summary":
		fmt.Println(`{"row": "add", "check": "add(1, 2)", "ok": true}`)
	case "miscounts":
		fmt.Println(`{"summary": {"checks": 1, "failed": 0}}`)
	}
}

func play(t *testing.T, part string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "PYENV_TEST_PLAYS="+part)
	return cmd
}

func TestStartReportsWhatWentWrong(t *testing.T) {
	for _, part := range []string{"ends at once", "says something else"} {
		var log []string
		p, err := start(play(t, part), func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) })
		if err == nil {
			t.Errorf("%s: ready at %s", part, p.Addr)
		}
		if part == "ends at once" && (len(log) != 1 || !strings.HasSuffix(log[0], ": cannot listen")) {
			t.Errorf("%s: its stderr was logged as %q", part, log)
		}
	}
	if _, err := start(exec.Command("/nonexistent/python"), t.Logf); err == nil {
		t.Error("started a program that is not there")
	}
}

func TestStopReportsAnUncleanEnd(t *testing.T) {
	for _, part := range []string{"talks too much", "fails later"} {
		p, err := start(play(t, part), t.Logf)
		if err != nil {
			t.Fatal(err)
		}
		<-p.done
		if err := p.Stop(); err == nil {
			t.Errorf("%s: no error", part)
		}
		if err := p.Stop(); err != nil {
			t.Errorf("%s: the second Stop did something: %v", part, err)
		}
	}
}

func TestRunClientNeedsASummary(t *testing.T) {
	for _, part := range []string{"ends at once", "gives no summary", "miscounts"} {
		if _, err := runClient(play(t, part), t.Logf); err == nil {
			t.Errorf("%s: no error", part)
		}
	}
}

func TestParseVariable(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseVariable("3.8=" + exe + ", 3.13=" + exe)
	if diff := cmp.Diff([]Python{{"3.8", exe}, {"3.13", exe}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{exe, "=" + exe, "3.8=/nonexistent/python", "3.8=" + exe + ","} {
		if got, err := parseVariable(bad); err == nil {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

func TestParseLines(t *testing.T) {
	got, err := parseLines("3.8 /a b/python\n3.13 /c\n")
	if diff := cmp.Diff([]Python{{"3.8", "/a b/python"}, {"3.13", "/c"}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"", "nonsense\n"} {
		if got, err := parseLines(bad); err == nil {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

func TestPeerAndClient(t *testing.T) {
	for _, p := range RequireEnds(t) {
		t.Run(p.String(), func(t *testing.T) {
			peer := p.StartPeer(t, "--listen", "tcp://127.0.0.1:0", "--codec", "msgpack")
			checks := p.RunClient(t, "--connect", peer.Addr, "--codec", "msgpack", "--rows", "add,call_back")
			if len(checks) < 20 {
				t.Errorf("only %d checks", len(checks))
			}
			if err := peer.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSession(t *testing.T) {
	p := RequireOne(t)
	peer := p.StartPeer(t, "--listen", "unix://"+t.TempDir()+"/s")
	s := p.StartSession(t, "--connect", peer.Addr)

	sum, err := s.Call("add", []any{1}, map[string]any{"b": 0.5})
	if sum != 1.5 || err != nil {
		t.Errorf("add(1, b=0.5) = %v, %v", sum, err)
	}
	list, err := s.Call("call_back", []any{Service{}, 3}, nil)
	if diff := cmp.Diff([]any{int64(0), int64(2), int64(4)}, list); diff != "" || err != nil {
		t.Errorf("call_back: %v (-want +got):\n%s", err, diff)
	}
	var raised *Error
	if _, err := s.Call("fail", []any{"ValueError", "42"}, nil); !errors.As(err, &raised) ||
		raised.Error() != "ValueError: 42" || !raised.Remote || !strings.HasPrefix(raised.Traceback, "Traceback") {
		t.Errorf("fail: %#v", err)
	}
	if _, err := s.Call("identity", []any{[]byte("x")}, nil); !errors.As(err, &raised) || raised.Remote || raised.Type != "SerializationError" {
		t.Errorf("bytes by JSON: %#v", err)
	}

	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if got, err := s.Call("add", []any{i, i}, nil); got != int64(2*i) || err != nil {
				t.Errorf("add(%d, %d) = %v, %v", i, i, got, err)
			}
		})
	}
	wg.Wait()

	peer.Kill()
	if _, err := s.Call("add", []any{1}, nil); err == nil {
		t.Error("a call to a dead peer has a result")
	}
}

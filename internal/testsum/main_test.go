package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv("TESTSUM_TEST") == "main" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestSummary(t *testing.T) {
	var shown bytes.Buffer
	s := newSummary(&shown)
	s.read(strings.NewReader(strings.Join([]string{
		`{"Action":"run","Package":"p","Test":"TestA"}`,
		`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: quiet\n"}`,
		`{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}`,
		`{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:3: loud\n"}`,
		`{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0.1}`,
		`{"Action":"output","Package":"p","Test":"TestC","Output":"=== RUN TestC\n"}`,
		`{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:3: no Python here\n"}`,
		`{"Action":"skip","Package":"p","Test":"TestC"}`,
		`{"Action":"output","Package":"p","Output":"recorder: read 5 messages\n"}`,
		`{"Action":"output","Package":"p","Output":"reliability: 7 faults\n"}`,
		`{"Action":"fail","Package":"p","Elapsed":1.5}`,
		`# a line of the go command`,
	}, "\n")))
	if s.passed != 1 || s.failed != 1 || s.skipped != 1 || s.broken != 1 {
		t.Errorf("%+v", s)
	}
	for _, want := range []string{"loud", "FAIL  p  1.5s", "# a line"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("%q is missing in %q", want, shown.String())
		}
	}
	if strings.Contains(shown.String(), "quiet") {
		t.Error("the output of a passed test is shown")
	}
	if text := s.text("unit", nil); !strings.Contains(text, "unit: FAILED, 1 passed, 1 failed, 1 skipped") ||
		!strings.Contains(text, "\n  recorder: read 5 messages\n  reliability: 7 faults\n") || !strings.Contains(text, "left out: TestC: c_test.go:3: no Python here") {
		t.Error(text)
	}
}

var took = regexp.MustCompile(`\([0-9.]+m?s\)`)

func TestRun(t *testing.T) {
	t.Parallel()
	event := `{"Action":"pass","Package":"p","Test":"TestA"}`
	for _, c := range []struct {
		what, script, want string
		plain, ok          bool
	}{
		{"a plain command that passes", "echo shown", "n: ok (0s)\n", true, true},
		{"a plain command that fails", "echo shown; exit 3", "n: FAILED (0s)\n  FAILED: shown\n", true, false},
		{"a plain command that fails in silence", "echo '' ; exit 3", "n: FAILED (0s)\n  FAILED: exit status 3\n", true, false},
		{"a plain command that is killed", "echo shown; kill -9 $$", "n: FAILED (0s)\n  FAILED: signal: killed shown\n", true, false},
		{"a line without end", "printf 'shown'; head -c 20000000 /dev/zero | tr '\\0' x; exit 3", "n: FAILED (", true, false},
		{"tests that pass", "echo '" + event + "'", "n: 1 passed, 0 failed", false, true},
		{"tests that pass, of a go command that fails", "echo '" + event + "'; exit 2", "n: FAILED, 1 passed, 0 failed, 0 skipped (0s)\n  FAILED: exit status 2\n", false, false},
		{"a go command that runs nothing", "echo no gcc", "n: FAILED, 0 passed, 0 failed, 0 skipped (0s)\n  FAILED: no test was run no gcc\n", false, false},
	} {
		var shown bytes.Buffer
		text, ok := run(&shown, "n", c.plain, []string{"sh", "-c", c.script})
		text = took.ReplaceAllString(text, "(0s)")
		if ok != c.ok || !strings.HasPrefix(text, c.want) || strings.Contains(text, "FAILED") == ok || len(text) > 2*reasonBytes {
			t.Errorf("%s: %v, %.1000q", c.what, ok, text)
		}
		if word := strings.Fields(c.script)[1]; word != "'"+event+"'" && !strings.Contains(shown.String(), word) {
			t.Errorf("%s: %q is not shown in %q", c.what, word, shown.String())
		}
	}
	if text, ok := run(&bytes.Buffer{}, "n", true, []string{"./no-such-command"}); ok || !strings.HasPrefix(text, "n: FAILED") {
		t.Errorf("a command that is not there: %v, %q", ok, text)
	}
}

// Asked to end, it ends the processes of the command too.
func TestAskedToEnd(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A shell in between does not hand signals on, and the last process ignores the first.
	cmd := exec.Command(exe, "-plain", "sh", "-c", `sh -c 'trap "" TERM; echo "at $$"; while :; do sleep 1; done' & wait`)
	cmd.Env = append(os.Environ(), "TESTSUM_TEST=main")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscanf(line, "at %d", &pid); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(r)
	if err := cmd.Wait(); err == nil {
		t.Errorf("exit code 0; it printed %q", rest)
	}
	// What was killed may still have to be waited for by the process that adopts orphans.
	if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !bytes.Contains(state, []byte(") Z ")) {
		t.Errorf("process %d is left: %s", pid, state)
	}
}

// What go test says of packages that fail is in the summary, however they do.
func TestReasons(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const head = "package p\n\nimport (\n\t\"log\"\n\t\"os\"\n\t\"testing\"\n)\n\nvar _, _ = log.Print, os.Exit\n\n"
	var want []string
	for _, c := range []struct{ name, code, want string }{
		{"ends", `func TestA(t *testing.T) { log.Fatal("no such host") }`, " TestA: .* no such host"},
		{"leaves", `func TestA(t *testing.T) { t.Run("b", func(t *testing.T) { os.Exit(3) }) }`, " TestA/b: the process ended in it"},
		{"panics", `func TestA(t *testing.T) { panic("at last") }`, ` TestA: panic: at last`},
		{"fails", `func TestA(t *testing.T) { t.Run("b", func(t *testing.T) { t.Error("wrong") }) }`, " TestA/b: .*: wrong"},
		{"bad_main", `func TestMain(m *testing.M) { m.Run(); log.Println("goroutines are left"); os.Exit(1) }; func TestA(t *testing.T) {}`, ": .*goroutines are left"},
		{"no_compile", `func TestA(t *testing.T) { return 1 }`, ": .*too many return values"},
		{"no_package", `import _ "example.com/elsewhere"`, ": .*example.com/elsewhere"},
	} {
		code := head + c.code
		if c.name == "no_package" {
			code = "package p\n\n" + c.code
		}
		write(t, filepath.Join(dir, c.name, "p_test.go"), code+"\n")
		want = append(want, `(?m)^  FAILED: example.com/m/`+c.name+c.want)
	}
	write(t, filepath.Join(dir, "go.mod"), "module example.com/m\n\ngo 1.25.0\n")
	var shown bytes.Buffer
	text, ok := run(&shown, "n", false, []string{"go", "-C", dir, "test", "-json", "./..."})
	for _, w := range want {
		if n := len(regexp.MustCompile(w).FindAllString(text, -1)); n != 1 {
			t.Errorf("%d lines, not one, match %s", n, w)
		}
	}
	if ok || strings.Count(text, "FAILED: ") != len(want) {
		t.Errorf("ok %v, %d failures, want %d", ok, strings.Count(text, "FAILED: "), len(want))
	}
	if t.Failed() {
		t.Logf("%s\nshown: %s", text, shown.String())
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown bytes.Buffer
		p := startPulse(&shown, 10*time.Second)
		time.Sleep(9 * time.Second) //nolint:forbidigo // in a bubble
		_, _ = p.Write([]byte("a\n"))
		time.Sleep(9 * time.Second) //nolint:forbidigo // in a bubble
		_, _ = p.Write([]byte("b\n"))
		time.Sleep(21 * time.Second) //nolint:forbidigo // in a bubble
		p.stop()
		time.Sleep(time.Minute) //nolint:forbidigo // in a bubble
		want := "a\nb\n      … compiling or running, for 28s\n      … compiling or running, for 38s\n"
		if shown.String() != want {
			t.Errorf("%q, want %q", shown.String(), want)
		}
	})
}

package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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

func TestRun(t *testing.T) {
	t.Parallel()
	event := `{"Action":"pass","Package":"p","Test":"TestA"}`
	for _, c := range []struct {
		what, script, want string
		plain, ok          bool
	}{
		{"a plain command that passes", "echo shown", "n: ok (", true, true},
		{"a plain command that fails", "echo shown; exit 3", "n: FAILED (", true, false},
		{"tests that pass", "echo '" + event + "'", "n: 1 passed, 0 failed", false, true},
		{"tests that pass, of a go command that fails", "echo '" + event + "'; exit 2", "n: FAILED, 1 passed, 0 failed", false, false},
		{"a go command that runs nothing", "echo no gcc", "n: FAILED, 0 passed", false, false},
	} {
		var shown bytes.Buffer
		text, ok := run(&shown, "n", c.plain, []string{"sh", "-c", c.script})
		if ok != c.ok || !strings.HasPrefix(text, c.want) || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: %v, %q", c.what, ok, text)
		}
		if word := strings.Fields(c.script)[1]; word != "'"+event+"'" && !strings.Contains(shown.String(), word) {
			t.Errorf("%s: %q is not shown in %q", c.what, word, shown.String())
		}
	}
	if text, ok := run(&bytes.Buffer{}, "n", true, []string{"./no-such-command"}); ok || !strings.HasPrefix(text, "n: FAILED") {
		t.Errorf("a command that is not there: %v, %q", ok, text)
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

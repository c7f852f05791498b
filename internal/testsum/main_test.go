package main

import (
	"bytes"
	"strings"
	"testing"
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
	if text := s.text("unit"); !strings.Contains(text, "unit: 1 passed, 1 failed, 1 skipped") ||
		!strings.Contains(text, "\n  recorder: read 5 messages\n  reliability: 7 faults\n") || !strings.Contains(text, "left out: TestC: c_test.go:3: no Python here") {
		t.Error(text)
	}
}

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// event is a line of test2json.
type event struct {
	Action      string
	Package     string
	ImportPath  string // the package being built
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string // the package whose build failed
}

type summary struct {
	w                       io.Writer
	passed, failed, skipped int
	broken                  int // packages that failed
	reasons                 []string
	notes                   []string            // what packages report about all their tests
	failures                []string            // what failed, and why
	seen                    map[string]bool     // packages and tests that contain a failure
	output                  map[string][]string // output of running tests, by package and test, and of builds
	said                    []string            // the last lines of the command itself
	start                   time.Time
}

func newSummary(w io.Writer) *summary {
	return &summary{w: w, seen: map[string]bool{}, output: map[string][]string{}, start: time.Now()}
}

// lines calls f with each line of r, of any length.
func lines(r io.Reader, f func(line string)) {
	b := bufio.NewReader(r)
	for {
		line, err := b.ReadString('\n')
		if line != "" {
			f(line)
		}
		if err != nil {
			return // the command has closed its output; its exit status is read elsewhere
		}
	}
}

// copy prints the output of a command other than go test.
func (s *summary) copy(r io.Reader) {
	lines(r, s.show)
}

func (s *summary) read(r io.Reader) {
	lines(r, func(line string) {
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			s.show(line) // a line of the go command itself
			return
		}
		s.event(e)
	})
}

// show prints a line of the command and stores it, since it may be the reason of a
// failure.
func (s *summary) show(line string) {
	fmt.Fprint(s.w, line)
	if strings.TrimSpace(line) == "" {
		return
	}
	s.said = append(s.said, line)
	if n := len(s.said) - reasonLines; n > 0 {
		s.said = slices.Delete(s.said, 0, n)
	}
}

func key(pkg, test string) string { return pkg + "\x00" + test }

func (s *summary) event(e event) {
	key := key(e.Package, e.Test)
	switch e.Action {
	case "output":
		s.output[key] = append(s.output[key], e.Output)
		if isNote(e.Output) {
			s.notes = append(s.notes, "  "+strings.TrimSpace(e.Output))
		}
		return
	case "build-output":
		s.output[e.ImportPath] = append(s.output[e.ImportPath], e.Output)
		fmt.Fprint(s.w, e.Output)
		return
	case "pass":
		if e.Test != "" {
			s.passed++
		} else {
			fmt.Fprintf(s.w, "ok    %s  %.1fs\n", e.Package, e.Elapsed)
		}
	case "fail":
		if e.Test != "" {
			s.fail(e.Package, e.Test)
		} else {
			s.failPackage(e)
		}
	case "skip":
		if e.Test != "" {
			s.skipped++
			s.reasons = append(s.reasons, fmt.Sprintf("  left out: %s: %s", e.Test, reason(s.output[key])))
		}
	default:
		return
	}
	delete(s.output, key)
}

// fail records and prints a failed test. A test that failed only because of its subtests
// has no reason of its own.
func (s *summary) fail(pkg, test string) {
	s.failed++
	output := s.output[key(pkg, test)]
	fmt.Fprint(s.w, strings.Join(output, ""))
	why := reason(output)
	if why == "" && !s.seen[key(pkg, test)] {
		why = "the process ended in it"
	}
	if why != "" {
		s.failure(pkg+" "+test, why)
	}
	for s.seen[key(pkg, "")] = true; ; {
		i := strings.LastIndexByte(test, '/')
		if i < 0 {
			return
		}
		test = test[:i]
		s.seen[key(pkg, test)] = true
	}
}

// failPackage records and prints a failed package. A test that ended the process, as
// log.Fatal and os.Exit do, has no event for its end: its output is printed here.
func (s *summary) failPackage(e event) {
	s.broken++
	var open []string
	for k := range s.output {
		if test, ok := strings.CutPrefix(k, key(e.Package, "")); ok && test != "" {
			open = append(open, test)
		}
	}
	slices.Sort(open)
	for _, test := range slices.Backward(open) { // subtests first
		fmt.Fprintf(s.w, "%s did not end:\n", test)
		s.fail(e.Package, test)
		delete(s.output, key(e.Package, test))
	}
	output := s.output[key(e.Package, "")]
	fmt.Fprint(s.w, strings.Join(output, ""))
	fmt.Fprintf(s.w, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
	if s.seen[key(e.Package, "")] {
		return
	}
	why := reason(append(slices.Clone(s.output[e.FailedBuild]), output...))
	if why == "" {
		why = reason(s.said)
	}
	s.failure(e.Package, why)
}

func (s *summary) failure(what, why string) {
	s.failures = append(s.failures, fmt.Sprintf("  FAILED: %s: %s", what, why))
}

const (
	reasonLines = 8
	reasonBytes = 600
)

// reason returns what a test printed when it was skipped, or the last output before a
// failure.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || line == "FAIL" || line == "PASS" {
			continue
		}
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line // the following lines are the stack, which is printed
		}
		if !slices.ContainsFunc([]string{"===", "---", "# ", "FAIL\t", "ok  \t", "exit status "}, func(p string) bool { return strings.HasPrefix(line, p) }) {
			said = append(said, line)
		}
	}
	text := strings.Join(said[max(0, len(said)-reasonLines):], " ")
	if len(text) > reasonBytes {
		text = "… " + strings.ToValidUTF8(text[len(text)-reasonBytes:], "")
	}
	return text
}

// isNote reports whether line is a line of a TestMain that belongs in the summary.
func isNote(line string) bool {
	return strings.HasPrefix(line, "recorder: ") || strings.HasPrefix(line, "reliability: ")
}

func (s *summary) took() time.Duration { return time.Since(s.start).Round(time.Second / 10) }

// plainText returns the summary of a command other than go test.
func (s *summary) plainText(name string, err error) string {
	if err == nil {
		return fmt.Sprintf("%s: ok (%v)\n", name, s.took())
	}
	return fmt.Sprintf("%s: FAILED (%v)\n  FAILED: %s\n", name, s.took(), s.ended(err))
}

// ended describes how the command ended, with its last lines.
func (s *summary) ended(err error) string {
	why := reason(s.said)
	if exit := (*exec.ExitError)(nil); why != "" && errors.As(err, &exit) && exit.Exited() {
		return why
	}
	return strings.TrimSpace(fmt.Sprintf("%v %s", err, why))
}

// ok reports whether something passed and nothing failed: a run without tests is no
// success.
func (s *summary) ok() bool { return s.failed == 0 && s.broken == 0 && s.passed > 0 }

// text returns the summary of go test, which ended with err.
func (s *summary) text(name string, err error) string {
	word := ""
	if err != nil || !s.ok() {
		word = "FAILED, "
		if len(s.failures) == 0 {
			if err == nil {
				err = errors.New("no test was run")
			}
			s.failures = append(s.failures, "  FAILED: "+s.ended(err))
		}
	}
	head := fmt.Sprintf("%s: %s%d passed, %d failed, %d skipped (%v)", name, word, s.passed, s.failed, s.skipped, s.took())
	return strings.Join(slices.Concat([]string{head}, s.failures, s.notes, s.reasons), "\n") + "\n"
}

// Command testsum reads the output of go test -json, shows what failed as it
// comes and a line per package, and writes a summary of what passed and of what
// was left out and why to a file, one line per test that was skipped.
//
//	go test -json ./... | testsum -append summary.txt
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	out := flag.String("append", "", "`file` to append the summary to")
	name := flag.String("name", "tests", "what these tests are")
	flag.Parse()
	s := newSummary(os.Stdout)
	s.read(os.Stdin)
	text := s.text(*name)
	fmt.Print(text)
	if *out != "" {
		f, err := os.OpenFile(*out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(text)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "testsum:", err)
			os.Exit(1)
		}
	}
	if s.failed > 0 || s.broken > 0 || s.passed == 0 { // nothing run is nothing shown
		os.Exit(1)
	}
}

// isNote tells the lines of a TestMain that belong into the summary.
func isNote(line string) bool {
	return strings.HasPrefix(line, "recorder: ") || strings.HasPrefix(line, "reliability: ")
}

// event is a line of test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

type summary struct {
	w                       io.Writer
	passed, failed, skipped int
	broken                  int // packages that failed by themselves
	reasons                 []string
	notes                   []string            // what a package says of all its tests
	output                  map[string][]string // of tests that run, by package and test
	start                   time.Time
}

func newSummary(w io.Writer) *summary {
	return &summary{w: w, output: map[string][]string{}, start: time.Now()}
}

func (s *summary) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(s.w, lines.Text()) // of the go command itself
			continue
		}
		s.event(e)
	}
}

func (s *summary) event(e event) {
	key := e.Package + "\x00" + e.Test
	switch e.Action {
	case "output":
		s.output[key] = append(s.output[key], e.Output)
		if isNote(e.Output) {
			s.notes = append(s.notes, "  "+strings.TrimSpace(e.Output))
		}
		return
	case "build-output":
		fmt.Fprint(s.w, e.Output)
		return
	case "pass":
		if e.Test != "" {
			s.passed++
		} else {
			fmt.Fprintf(s.w, "ok    %s  %.1fs\n", e.Package, e.Elapsed)
		}
	case "fail":
		fmt.Fprint(s.w, strings.Join(s.output[key], ""))
		if e.Test != "" {
			s.failed++
		} else {
			s.broken++
			fmt.Fprintf(s.w, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
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

// reason is what the test said when it skipped.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

func (s *summary) text(name string) string {
	head := fmt.Sprintf("%s: %d passed, %d failed, %d skipped (%v)",
		name, s.passed, s.failed, s.skipped, time.Since(s.start).Round(time.Second/10))
	lines := append([]string{head}, s.notes...)
	return strings.Join(append(lines, s.reasons...), "\n") + "\n"
}

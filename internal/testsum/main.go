// Command testsum runs a test command, prints progress from time to time, and
// appends to a file whether it passed, and which tests were skipped and why.
//
//	testsum -append summary.txt -name unit go test -json ./...
//	testsum -append summary.txt -name vet -plain go vet ./...
//
// Of go test -json it shows what failed as it comes and a line per package, and
// appends a line per test that was skipped. Its exit code is 1 unless all passed.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

func main() {
	out := flag.String("append", "", "`file` to append the summary to")
	name := flag.String("name", "tests", "what this is")
	plain := flag.Bool("plain", false, "the command is not go test -json: show its output as it is")
	flag.Parse()
	text, ok := run(os.Stdout, *name, *plain, flag.Args())
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
	if !ok {
		os.Exit(1)
	}
}

// run returns the summary of a command, and whether it passed.
func run(w io.Writer, name string, plain bool, command []string) (string, bool) {
	if len(command) == 0 {
		command = []string{""} // which cannot be started
	}
	pulse := startPulse(w, 10*time.Second)
	defer pulse.stop()
	s := newSummary(pulse)
	r, out := io.Pipe()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	ended := make(chan error, 1)
	go func() {
		err := cmd.Run()
		_ = out.Close()
		ended <- err
	}()
	if plain {
		_, _ = io.Copy(pulse, r) // what pulse writes to, tells
	} else {
		s.read(r)
	}
	err := <-ended
	if err != nil {
		fmt.Fprintf(pulse, "%s: %v\n", strings.Join(command, " "), err)
	}
	if plain {
		return s.plainText(name, err), err == nil
	}
	text := s.text(name, err)
	fmt.Fprint(pulse, text)
	return text, err == nil && s.ok()
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

// plainText is the summary of a command that is no go test.
func (s *summary) plainText(name string, err error) string {
	word := "ok"
	if err != nil {
		word = "FAILED"
	}
	return fmt.Sprintf("%s: %s (%v)\n", name, word, s.took())
}

func (s *summary) took() time.Duration { return time.Since(s.start).Round(time.Second / 10) }

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

// ok reports whether something passed and nothing failed: nothing run is nothing shown.
func (s *summary) ok() bool { return s.failed == 0 && s.broken == 0 && s.passed > 0 }

// text is the summary of go test, which ended with err.
func (s *summary) text(name string, err error) string {
	word := ""
	if err != nil || !s.ok() {
		word = "FAILED, "
	}
	head := fmt.Sprintf("%s: %s%d passed, %d failed, %d skipped (%v)", name, word, s.passed, s.failed, s.skipped, s.took())
	lines := append([]string{head}, s.notes...)
	return strings.Join(append(lines, s.reasons...), "\n") + "\n"
}

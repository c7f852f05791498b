// Command testsum runs a test command, prints its progress at intervals, and appends
// to a file whether it passed, and which tests were skipped and why.
//
//	testsum -append summary.txt -name unit go test -json ./...
//	testsum -append summary.txt -name vet -plain go vet ./...
//
// For go test -json it prints failures as they occur and one line per package, and
// appends one line for each skipped test and one for each failure, with its reason.
// Its exit code is 0 only if everything passed.
package main

import (
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
		command = []string{""} // this cannot be started
	}
	pulse := startPulse(w, 10*time.Second)
	defer pulse.stop()
	s := newSummary(pulse)
	r, out := io.Pipe()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	ended := make(chan error, 1)
	go func() {
		err := grouped(cmd)
		_ = out.Close()
		ended <- err
	}()
	if plain {
		s.copy(r)
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

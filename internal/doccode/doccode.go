// Package doccode checks that the Go code in a page of documentation is contained in files that are
// compiled.
package doccode

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Check fails t for each block of Go code in page that is in none of the files, ignoring indentation
// and empty lines, and if there are fewer than atLeast blocks. A line … in a
// block stands for code that it leaves out.
func Check(t *testing.T, page string, atLeast int, files ...string) {
	t.Helper()
	var code strings.Builder
	for _, name := range files {
		code.WriteString(unindented(read(t, name)))
	}
	blocks := strings.Split(read(t, page), "```go\n")[1:]
	for _, b := range blocks {
		block, _, closed := strings.Cut(b, "```")
		if !closed || !has(code.String(), block) {
			t.Errorf("no example has\n%s", block)
		}
	}
	if len(blocks) < atLeast {
		t.Errorf("only %d blocks of code", len(blocks))
	}
}

// has tells whether code has the parts of block, between lines of …, in their order.
func has(code, block string) bool {
	for part := range strings.SplitSeq(unindented(block), "\n…\n") {
		_, after, found := strings.Cut(code, strings.TrimSuffix(part, "\n")+"\n")
		if !found {
			return false
		}
		code = after
	}
	return true
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// directive matches a directive for linters, which pages do not show, before a comment.
var directive = regexp.MustCompile(`//nolint:\S+ //`)

// unindented is text without indentation, empty lines and what is said to linters.
func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(directive.ReplaceAllString(text, "//")) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

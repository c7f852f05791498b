package doccode

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what tests find into the pages of docs anew")

// Section compares what page has between <!-- command --> and <!-- end --> with text,
// or writes it there if the test was called with -update, which command says.
func Section(t *testing.T, page, command, text string) {
	t.Helper()
	begin, end := "<!-- "+command+" -->\n", "<!-- end -->\n"
	head, rest, ok := strings.Cut(read(t, page), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for what the test finds: %s", page, begin)
	}
	if old == text {
		return
	}
	if !*update {
		t.Errorf("%s is not what the test finds: %s\n%s", page, command, difference(old, text))
		return
	}
	if err := os.WriteFile(page, []byte(head+begin+text+end+tail), 0o644); err != nil { //nolint:gosec // a page, for all
		t.Fatal(err)
	}
}

// difference is the first line in which two texts differ.
func difference(old, text string) string {
	a, b := strings.Split(old, "\n"), strings.Split(text, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("page  %s\nfound %s", a[i], b[i])
		}
	}
	return fmt.Sprintf("the page has %d lines, found were %d", len(a), len(b))
}

// Message is an error or a line of a log that users see.
type Message struct {
	Got   any    // what the test has provoked: an error, or a text
	Text  string // Got's text, with … for what differs from run to run
	Cause string
	Cure  string
}

// Messages checks that each message has its text, all of it, and that page has them as
// a table; see [Section].
func Messages(t *testing.T, page, command string, list []Message) {
	t.Helper()
	var table strings.Builder
	table.WriteString("| it says | because | what to do |\n| --- | --- | --- |\n")
	for _, m := range list {
		got := fmt.Sprint(m.Got)
		if !Matches(m.Text, got) {
			t.Errorf("got  %s\nwant %s", got, m.Text)
		}
		if strings.Contains(got, "\n") {
			t.Errorf("more than one line: %q", got)
		}
		if m.Cause == "" || m.Cure == "" || strings.ContainsAny(m.Text+m.Cause+m.Cure, "|\n") {
			t.Errorf("no row for a table: %+v", m)
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", quoted(m.Text), m.Cause, m.Cure)
	}
	Section(t, page, command, table.String())
}

// quoted is text as code in Markdown.
func quoted(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// Matches tells whether text is pattern, in which … stands for anything.
func Matches(pattern, text string) bool {
	parts := strings.Split(pattern, "…")
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// elsewhere are texts that docs/errors.md does not have, with the reason.
var elsewhere = map[string]string{
	"aiomas: connection error":                   "what every *ConnectionError matches; only that is seen",
	"aiomas: no such agent":                      "what an exception in Python's words matches; only that is seen",
	"aiomas: a valid string cannot be encoded: ": "cannot happen",
}

// docs/errors.md has every error of the packages that users import: each text in the
// sources that begins with "aiomas: ", but for what differs from run to run.
func TestErrorsPageIsComplete(t *testing.T) {
	text, err := os.ReadFile("errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(text)) {
		if cell, ok := strings.CutPrefix(line, "| `"); ok {
			said, _, _ := strings.Cut(cell, "` |")
			if strings.LastIndex(said, "aiomas: ") > 0 {
				t.Errorf("a prefix within the text: %q", said)
			}
			rows = append(rows, said)
		}
	}
	found := map[string]bool{}
	tr := readTree(t)
	for dir, files := range tr.sources {
		if top, _, _ := strings.Cut(dir, "/"); top != "aiomas" && top != "codec" && top != "internal" {
			continue
		}
		for _, file := range files {
			for _, format := range texts(t, path.Join("..", dir, file)) {
				found[format] = true
				if elsewhere[format] == "" && !onPage(format, rows) {
					t.Errorf("%s/%s: docs/errors.md lacks %q", dir, file, format)
				}
			}
		}
	}
	for format := range elsewhere {
		if !found[format] {
			t.Errorf("no source has %q any more", format)
		}
	}
}

// texts are the string literals of a file that begin as errors do.
func texts(t *testing.T, name string) (list []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		if s, err := strconv.Unquote(lit.Value); err == nil && strings.HasPrefix(s, "aiomas: ") && s != "aiomas: " {
			list = append(list, s)
		}
		return true
	})
	return list
}

var verb = regexp.MustCompile(`%[^a-zA-Z%]*[a-zA-Z]`)

// onPage tells whether a row has all that format says between its verbs. It may be
// there within another error's text, which has the prefix.
func onPage(format string, rows []string) bool {
	for _, row := range rows {
		rest, ok := row, true
		for _, part := range verb.Split(strings.TrimPrefix(format, "aiomas: "), -1) {
			_, after, found := strings.Cut(rest, strings.TrimSpace(part))
			if ok = ok && found; ok {
				rest = after
			}
		}
		if ok {
			return true
		}
	}
	return false
}

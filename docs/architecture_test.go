package docs_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/aiomas-go/aiomas-go/"

// architecture is the page with its sections.
func architecture(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tree has the folders and files of the repository, but for hidden folders.
type tree struct {
	all     map[string]bool     // by their paths
	sources map[string][]string // Go files that are no tests, by folder
	modules []string            // folders of modules beside the core
}

func readTree(t *testing.T) *tree {
	t.Helper()
	tr := &tree{all: map[string]bool{}, sources: map[string][]string{}}
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && name != ".ci" && (d.Name()[0] == '.' || d.Name() == "testdata"):
			return fs.SkipDir
		}
		tr.all[name] = true
		dir := path.Dir(name)
		switch base := d.Name(); {
		case base == "go.mod" && dir != ".":
			tr.modules = append(tr.modules, dir)
		case strings.HasSuffix(base, ".go") && !strings.HasSuffix(base, "_test.go"):
			tr.sources[dir] = append(tr.sources[dir], base)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// inCore tells the folders of the core module.
func (tr *tree) inCore(dir string) bool {
	return !slices.ContainsFunc(tr.modules, func(m string) bool { return within(dir, m) })
}

// within tells whether dir is room or below it.
func within(dir, room string) bool { return dir == room || strings.HasPrefix(dir, room+"/") }

var code = regexp.MustCompile("`([^`]+)`")

// codes are the texts in backquotes.
func codes(text string) (list []string) {
	for _, m := range code.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

// rows calls f for each row of the tables of text, with the names in its first column
// and all others.
func rows(text string, f func(first, others []string)) {
	for line := range strings.Lines(text) {
		if cells := strings.SplitN(line, " | ", 2); strings.HasPrefix(line, "| `") && len(cells) == 2 {
			f(codes(cells[0]), codes(cells[1]))
		}
	}
}

// Each folder that the table of rooms names exists, and each folder with Go files of
// the core is named: by itself, or as "examples/" with what is in it.
func TestFoldersAreNamed(t *testing.T) {
	tr := readTree(t)
	_, text, _ := strings.Cut(architecture(t), "\n## Rooms\n")
	text, _, _ = strings.Cut(text, "\n### ")
	named := map[string]bool{}
	rows(text, func(first, others []string) {
		last := ""
		for _, name := range first {
			name = strings.Replace(name, "…", path.Dir(last), 1)
			if last = name; !tr.all[strings.TrimSuffix(name, "/")] {
				t.Errorf("there is no folder %s", name)
			}
			named[name] = true
			for _, other := range others {
				named[path.Join(name, other)] = true // `internal/number` of codec/json
			}
		}
		for _, other := range others {
			named[other] = true
		}
	})
	for dir := range tr.sources {
		covered := named[dir]
		for at := dir; at != "." && !covered; at = path.Dir(at) {
			covered = named[at+"/"]
		}
		if !covered && tr.inCore(dir) {
			t.Errorf("the table of rooms does not name %s", dir)
		}
	}
}

var platform = regexp.MustCompile(`_(linux|darwin|windows|unix|bsd|other|nolinux|amd64|arm64)\.go$`)

// A table "Files of" a folder names its files, and no others. What is for one system
// only may go with the file that it belongs to. The folders of the core that have more
// than eight files have a table.
func TestFilesAreNamed(t *testing.T) {
	tr := readTree(t)
	tables := map[string]bool{}
	for _, section := range strings.Split(architecture(t), "\n### Files of ")[1:] {
		dir, text, _ := strings.Cut(section, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		tables[dir] = true
		named := map[string]bool{}
		rows(text, func(first, _ []string) {
			for _, file := range first {
				if named[file] {
					t.Errorf("%s is twice among the files of %s", file, dir)
				}
				at := path.Join(dir, file) // it may be in a folder below
				if named[file] = true; !slices.Contains(tr.sources[path.Dir(at)], path.Base(at)) {
					t.Errorf("there is no file %s in %s", file, dir)
				}
			}
		})
		for _, file := range tr.sources[dir] {
			if file != "doc.go" && !named[file] && !named[platform.ReplaceAllString(file, ".go")] {
				t.Errorf("the files of %s do not name %s", dir, file)
			}
		}
	}
	for dir, files := range tr.sources {
		core := within(dir, "aiomas") || within(dir, "internal") || within(dir, "mosaik")
		if core && len(files) > 8 && !tables[dir] {
			t.Errorf("there is no table of the %d files of %s", len(files), dir)
		}
	}
}

// Files that the text mentions exist, by their path or by their name alone.
func TestFilesInTheText(t *testing.T) {
	tr := readTree(t)
	bases := map[string]bool{}
	for name := range tr.all {
		bases[path.Base(name)] = true
	}
	file := regexp.MustCompile(`^[\w./-]+\.(go|py|jsonl|md)$`)
	for _, name := range codes(architecture(t)) {
		if file.MatchString(name) && !tr.all[name] && (strings.Contains(name, "/") || !bases[name]) {
			t.Errorf("there is no %s", name)
		}
	}
}

// rooms reads the drawing: the rooms of each line, upper ones first.
func rooms(t *testing.T, tr *tree) (lines [][]string) {
	t.Helper()
	_, text, _ := strings.Cut(architecture(t), "\n```\n")
	text, _, _ = strings.Cut(text, "\n```\n")
	for line := range strings.Lines(text) {
		names, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
		var list []string
		parent := ""
		for name := range strings.SplitSeq(names, ", ") {
			if !tr.all[name] {
				name = path.Join(parent, name) // "internal/gap, snake"
			}
			if !tr.all[name] {
				t.Errorf("the drawing has %s, which is not there", name)
			}
			parent = path.Dir(name)
			list = append(list, name)
		}
		lines = append(lines, list)
	}
	return lines
}

// level returns the line of the room that dir belongs to, and the room.
func level(lines [][]string, dir string) (line int, room string) {
	line = -1
	for i, list := range lines {
		for _, r := range list {
			if within(dir, r) && len(r) > len(room) {
				line, room = i, r
			}
		}
	}
	return line, room
}

// never lists imports that run down and are forbidden all the same; .golangci.yml has them,
// too. A room stands for what is below it as well, "codec/" for all but codec itself.
var never = []struct{ room, imports, why string }{
	{"mosaik", "aiomas/", "a simulator is no agent"},
	{"mosaik", "internal", "mosaik stands on aiomas and its codecs only"},
	{"mosaik", "codec/msgpack", "mosaik speaks JSON"},
	{"aiomas/agent", "internal/conversation", "agents stand on remote calls"},
	{"aiomas/agent", "internal/function", "agents stand on remote calls"},
	{"aiomas/agent", "internal/frame", "agents stand on remote calls"},
	{"aiomas", "codec/msgpack", "a user who never names MessagePack does not link it"},
	{"aiomas", "codec/blosc", "a user who never names Blosc does not link it"},
	{"aiomas", "internal/frame", "frames are the conversation's"},
	{"internal/conversation", "codec/", "a connection knows the contract of codecs only"},
	{"internal/function", "codec/", "a function knows the contract of codecs only"},
	{"internal/function", "internal/frame", "a function knows no connection"},
}

func (tr *tree) imports(t *testing.T, dir string) map[string]string {
	t.Helper()
	imports := map[string]string{} // by folder: a file that imports it
	for _, file := range tr.sources[dir] {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", filepath.FromSlash(dir), file), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if to, ours := strings.CutPrefix(name, module); ours {
				imports[to] = file
			}
		}
	}
	return imports
}

// Imports run down in the drawing, or stay within a room.
func TestImportsRunDown(t *testing.T) {
	tr := readTree(t)
	lines := rooms(t, tr)
	for dir := range tr.sources {
		from, room := level(lines, dir)
		if from < 0 {
			if tr.inCore(dir) {
				t.Errorf("the drawing has no room for %s", dir)
			}
			continue
		}
		for to, file := range tr.imports(t, dir) {
			if at, other := level(lines, to); other != room && at <= from {
				t.Errorf("%s/%s imports %s, which is not below %s", dir, file, to, room)
			}
			for _, n := range never {
				if room == n.room && (within(to, n.imports) || strings.HasSuffix(n.imports, "/") && strings.HasPrefix(to, n.imports)) {
					t.Errorf("%s/%s imports %s: %s", dir, file, to, n.why)
				}
			}
		}
	}
}

// A block of Go code begins with the file that it is from. Its lines are there, in
// that order; "…" stands for others.
func TestCodeIsThatOfFiles(t *testing.T) {
	blocks := strings.Split(architecture(t), "```go\n")[1:]
	if len(blocks) < 5 {
		t.Errorf("only %d blocks of code", len(blocks))
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		name, block, _ := strings.Cut(block, "\n")
		name = strings.TrimPrefix(strings.TrimSpace(name), "// ")
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("a block begins with no file: %v", err)
			continue
		}
		var have []string
		for line := range strings.Lines(string(text)) {
			have = append(have, spaced(line))
		}
		for line := range strings.Lines(block) {
			want := spaced(line)
			if want == "" || want == "…" {
				continue
			}
			i := slices.IndexFunc(have, func(s string) bool { return strings.Contains(s, want) })
			if i < 0 {
				t.Errorf("%s has no line, or not in this order: %s", name, want)
				break
			}
			have = have[i+1:]
		}
	}
}

// spaced has single blanks only.
func spaced(line string) string { return strings.Join(strings.Fields(line), " ") }

var nextRule = regexp.MustCompile(`\n {0,8}\w+:`)

// The linter, which tells earlier, knows the same exceptions.
func TestLinterKnowsTheExceptions(t *testing.T) {
	config, err := os.ReadFile(filepath.Join("..", ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range never {
		if strings.HasSuffix(n.imports, "/") || n.room == "internal/function" {
			continue // which has a list of what it may
		}
		_, rule, found := strings.Cut(string(config), fmt.Sprintf("\n        %s:\n", path.Base(n.room)))
		if next := nextRule.FindStringIndex(rule); next != nil {
			rule = rule[:next[0]]
		}
		if !found || !strings.Contains(rule, "pkg: "+module+n.imports+"\n") {
			t.Errorf(".golangci.yml does not deny %s to %s", n.imports, n.room)
		}
	}
}

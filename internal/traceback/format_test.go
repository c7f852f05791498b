package traceback

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestFormat(t *testing.T) {
	tests := []struct {
		name string
		e    Exception
		want string
	}{
		{
			"type and message",
			Exception{Type: "ValueError", Message: "boom"},
			"Traceback (most recent call last):\nValueError: boom\n",
		},
		{
			"no message",
			Exception{Type: "KeyError"},
			"Traceback (most recent call last):\nKeyError\n",
		},
		{
			"no type",
			Exception{Message: "boom"},
			"Traceback (most recent call last):\nException: boom\n",
		},
		{
			"frames",
			Exception{Type: "panic", Message: "a\nb\n", Frames: []Frame{{"main.go", 7, "main.main"}, {"add.go", 9, "main.(*T).add"}}},
			"Traceback (most recent call last):\n" +
				"  File \"main.go\", line 7, in main.main\n" +
				"  File \"add.go\", line 9, in main.(*T).add\n" +
				"panic: a\nb\n\n",
		},
		{
			"names of several lines",
			Exception{Type: "a\nb", Frames: []Frame{{"c\r\nd", -1, "e\rf"}}},
			"Traceback (most recent call last):\n  File \"c d\", line 0, in e f\na b\n",
		},
		{
			"chain and notes",
			Exception{
				Type: "C", Message: "c", Notes: []string{"note"},
				Cause: &Exception{Type: "B", Context: &Exception{Type: "A", Message: "a"}},
			},
			"Traceback (most recent call last):\nA: a\n" +
				"\nDuring handling of the above exception, another exception occurred:\n\n" +
				"Traceback (most recent call last):\nB\n" +
				"\nThe above exception was the direct cause of the following exception:\n\n" +
				"Traceback (most recent call last):\nC: c\nnote\n",
		},
		{
			"group",
			Exception{
				Type: "ExceptionGroup", Message: "several (2 sub-exceptions)",
				Group: []Exception{
					{Type: "A", Message: "a\nb"},
					{
						Type: "ExceptionGroup", Message: "inner (2 sub-exceptions)", Cause: &Exception{Type: "B"},
						Group: []Exception{{Type: "C"}, {Message: "and 2 more exceptions"}},
					},
				},
			},
			strings.TrimPrefix(`
  + Exception Group Traceback (most recent call last):
  | ExceptionGroup: several (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    | A: a
    | b
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    | B
    | 
    | The above exception was the direct cause of the following exception:
    | 
    | Exception Group Traceback (most recent call last):
    | ExceptionGroup: inner (2 sub-exceptions)
    +-+---------------- 1 ----------------
      | Traceback (most recent call last):
      | C
      +---------------- 2 ----------------
      | and 2 more exceptions
      +------------------------------------
`, "\n"),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Format(test.e)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFormatGolden writes again what was read of real tracebacks.
func TestFormatGolden(t *testing.T) {
	for _, dir := range goldenDirs(t) {
		texts, err := filepath.Glob(filepath.Join(dir, "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range texts {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := Parse(string(text))
			if diff := cmp.Diff(want, Parse(Format(want)), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: written and read again (-want +got):\n%s", path, diff)
			}
		}
	}
}

// TestFormatBounds makes sure that links in a circle and endless groups end.
func TestFormatBounds(t *testing.T) {
	circle := &Exception{Type: "A"}
	circle.Cause = circle
	if n := strings.Count(Format(*circle), "\nA\n"); n != maxChain {
		t.Errorf("a circle is written %d times, want %d", n, maxChain)
	}

	deep := Exception{Type: "Leaf"}
	for range 100 {
		deep = Exception{Type: "ExceptionGroup", Message: "m (1 sub-exception)", Group: []Exception{deep}}
	}
	text := Format(deep)
	if want := fmt.Sprintf("... (max_group_depth is %d)", maxDepth-1); !strings.Contains(text, want) {
		t.Errorf("groups in groups written without %q:\n%s", want, text)
	}
	depth := 0
	for e := Parse(text); len(e.Group) > 0; e = e.Group[0] {
		depth++
	}
	if depth != maxDepth-1 {
		t.Errorf("read %d groups in groups, want %d", depth, maxDepth-1)
	}
}

// TestFormatParse is the property that the documentation of Format promises.
func TestFormatParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := exceptions(0).Draw(t, "exception")
		text := Format(want)
		if diff := cmp.Diff(want, Parse(text), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("written and read again (-want +got):\n%s\ntext:\n%s", diff, text)
		}
	})
}

// TestRemoteText is the same for exceptions whose message is the text of another
// one, as aiomas's RemoteException and a process pool make them: also if both are
// chained, the inner chain stays in the message.
func TestRemoteText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := remote(exceptions(0).Draw(t, "exception"), t)
		for range rapid.IntRange(0, 3).Draw(t, "hops") {
			if rapid.Bool().Draw(t, "chained") {
				e := exceptions(2).Draw(t, "last")
				if e.Cause, e.Context = nil, &want; rapid.Bool().Draw(t, "caused") {
					e.Cause, e.Context = &want, nil
				}
				want = e
			}
			want = remote(want, t)
		}
		text := Format(want)
		if diff := cmp.Diff(want, Parse(text), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("written and read again (-want +got):\n%s\ntext:\n%s", diff, text)
		}
	})
}

func remote(e Exception, t *rapid.T) Exception {
	text := Format(e)
	switch rapid.IntRange(0, 2).Draw(t, "how") {
	case 0:
		return Exception{Type: "concurrent.futures.process._RemoteTraceback", Message: "\n" + quotes + "\n" + text + quotes}
	case 1:
		return Exception{Type: "RuntimeError", Message: text}
	default:
		return Exception{Type: "aiomas.exceptions.RemoteException", Message: "Origin: ('127.0.0.1', 5555)\n" + text}
	}
}

// exceptions makes exceptions whose messages do not look like more of the text,
// and do not end in a newline, which would look like the end of a text in a message.
func exceptions(depth int) *rapid.Generator[Exception] {
	return rapid.Custom(func(t *rapid.T) Exception {
		e := Exception{
			Type:    rapid.StringMatching(`([a-z_]{1,5}\.){0,2}[A-Z][A-Za-zé_0-9]{0,8}(\.<locals>\.[A-Z][a-z]+)?`).Draw(t, "type"),
			Message: rapid.OneOf(messages, rapid.Just("")).Draw(t, "message"),
			Frames: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Frame {
				return Frame{
					File: rapid.StringMatching(`[a-zé/ "',:._0-9]{0,12}`).Draw(t, "file"),
					Line: rapid.IntRange(0, 1<<31-1).Draw(t, "line"),
					Func: rapid.StringMatching(`[a-zA-Z_<.(*)][a-zA-Z_<>.(*)0-9 ]{0,12}`).Draw(t, "func"),
				}
			}), 0, 4).Draw(t, "frames"),
		}
		if e.Message == "" {
			e.Notes = notes.Draw(t, "notes")
		}
		if depth < 3 {
			switch rapid.IntRange(0, 8).Draw(t, "link") {
			case 0:
				e.Cause = rapid.Ptr(exceptions(depth+1), false).Draw(t, "cause")
			case 1:
				e.Context = rapid.Ptr(exceptions(depth+1), false).Draw(t, "context")
			case 2:
				e.Group = rapid.SliceOfN(exceptions(depth+1), 1, 3).Draw(t, "group")
				e.Message += fmt.Sprintf(" (%d sub-exceptions)", len(e.Group))
				e.Notes = notes.Draw(t, "notes")
			}
		}
		return e
	})
}

var (
	lines = rapid.OneOf(
		rapid.StringMatching(`[ -~é日]{0,20}`).Filter(func(s string) bool { return !strings.HasSuffix(s, ")") }),
		rapid.SampledFrom([]string{"Other: thing", "", "  File \"x.py\", line 1, in f", "  | x", "Origin: x", "\ttab"}),
	)
	notes = rapid.SliceOfN(lines, 0, 3).Filter(func(notes []string) bool {
		return len(notes) == 0 || notes[len(notes)-1] != ""
	})
	messages = rapid.Map(rapid.SliceOfN(lines, 1, 4), func(lines []string) string {
		return strings.TrimRight(strings.Join(lines, "\n"), "\n")
	})
)

package traceback

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestParse holds what no Python prints, or prints only when told to; what real
// ones print is in TestGolden.
func TestParse(t *testing.T) {
	tests := []struct {
		name string
		text string
		want Exception
	}{
		{"empty", "", Exception{}},
		{"newline", "\n", Exception{Message: "\n"}},
		{"blank", "  \n \n", Exception{Message: "  \n \n"}},
		{"words", "something went wrong\n", Exception{Message: "something went wrong\n"}},
		{"word", "busy", Exception{Message: "busy"}},
		{"lower-case word with a newline", "busy\n", Exception{Message: "busy\n"}},
		{"words and colon", "cannot open: no such file", Exception{Message: "cannot open: no such file"}},
		{"word and colon", "Note: no newline", Exception{Message: "Note: no newline"}},
		{"lower-case word and colon", "note: thing\n", Exception{Message: "note: thing\n"}},
		{"colon", ": x\n", Exception{Message: ": x\n"}},
		{"type without a newline", "ValueError: boom", Exception{Type: "ValueError", Message: "boom"}},
		{"type with a newline", "Note: thing\n", Exception{Type: "Note", Message: "thing"}},
		{"type of a module", "a.b: thing\n", Exception{Type: "a.b", Message: "thing"}},
		{"type alone", "TimeoutError", Exception{Type: "TimeoutError"}},
		{"type and trimmed colon", "ValueError:", Exception{Type: "ValueError"}},
		{"no exception", "NoneType: None\n", Exception{Type: "NoneType", Message: "None"}},
		{"one more newline", "ValueError: boom\n\n", Exception{Type: "ValueError", Message: "boom\n"}},

		{"no newline at the end", header + "\n  File \"a.py\", line 1, in f\nValueError: boom", Exception{
			Type: "ValueError", Message: "boom", Frames: []Frame{{"a.py", 1, "f"}},
		}},
		{"header without frames", header + "\nValueError: boom\n", Exception{Type: "ValueError", Message: "boom"}},
		{"header alone", header, Exception{Message: header}},
		{"header and blank", header + "\n\n", Exception{Message: header + "\n\n"}},
		{"header and words", header + "\nit is broken\nreally\n", Exception{Message: header + "\nit is broken\nreally\n"}},
		{"odd type", header + "\nit is broken: really\n", Exception{Type: "it is broken", Message: "really"}},
		{"cut off in a frame", header + "\n  File \"a.py\", line 1, in f\n    fo", Exception{
			Message: header + "\n  File \"a.py\", line 1, in f\n    fo",
		}},
		{"cut off after a separator", "ValueError: boom\n\n" + causeText + "\n\n", Exception{
			Type: "ValueError", Message: "boom\n\n" + causeText + "\n",
		}},
		{"cut off in a second frame", "ValueError: boom\n\n" + causeText + "\n\n" + header + "\n  Fi", Exception{
			Message: header + "\n  Fi", Cause: &Exception{Type: "ValueError", Message: "boom"},
		}},
		{
			"CRLF", header + "\r\n  File \"a.py\", line 1, in f\r\nA: a\r\nb\r\n\r\n" + contextText + "\r\n\r\n" + header + "\r\nB\r\n",
			Exception{Type: "B", Context: &Exception{Type: "A", Message: "a\nb", Frames: []Frame{{"a.py", 1, "f"}}}},
		},
		{"CRLF in a message", header + "\nA: a\r\nb\r\n\n", Exception{Type: "A", Message: "a\r\nb\r\n"}},
		{"lone surrogate as WTF-8", "ValueError: \xed\xa0\x80\n", Exception{Type: "ValueError", Message: "\xed\xa0\x80"}},
		{"locals of captured frames", header + "\n  File \"a.py\", line 1, in f\n    x = 1\n    y = 'File'\nA: a\n", Exception{
			Type: "A", Message: "a", Frames: []Frame{{"a.py", 1, "f"}},
		}},
		{"line that is no number", header + "\n  File \"a.py\", line x, in f\n  File \"a.py\", line None, in f\nA\n", Exception{
			Type: "A", Frames: []Frame{{"a.py", 0, "f"}},
		}},
		{"group without members", "  + " + groupHeader + "\n  | ExceptionGroup: x (1 sub-exception)\n", Exception{
			Type: "ExceptionGroup", Message: "x (1 sub-exception)",
		}},
		{"group without bars", "  + " + groupHeader + "\n  nothing\nmore\n", Exception{
			Message: "  + " + groupHeader + "\n  nothing\nmore\n",
		}},

		{"quotes in a message", "A: \n\"\"\"\nx\n\"\"\"\n\n" + causeText + "\n\nB: \n\"\"\"\ny\n", Exception{
			Type: "B", Message: "\n\"\"\"\ny", Cause: &Exception{Type: "A", Message: "\n\"\"\"\nx\n\"\"\""},
		}},

		// Where the text is ambiguous; see the package documentation.
		{"note or message", "ValueError: boom\nnote\n", Exception{Type: "ValueError", Message: "boom\nnote"}},
		{"quoted separator", "A: a\n\n" + causeText + "\n\nB: b\n", Exception{
			Type: "B", Message: "b", Cause: &Exception{Type: "A", Message: "a"},
		}},
		{"separator without a blank line", "A: a\n" + causeText + "\n\nB: b\n", Exception{
			Type: "A", Message: "a\n" + causeText + "\n\nB: b",
		}},
		{
			"chain in a message, closed by its newline",
			"A: a\n" + header + "\nB: b\n\n" + causeText + "\n\n" + header + "\nC: c\n\n",
			Exception{Type: "A", Message: "a\n" + header + "\nB: b\n\n" + causeText + "\n\n" + header + "\nC: c\n"},
		},
		{
			"chain in a message, or a chain",
			"A: a\n" + header + "\nB: b\n\n" + causeText + "\n\n" + header + "\nC: c\n",
			Exception{Type: "C", Message: "c", Cause: &Exception{Type: "A", Message: "a\n" + header + "\nB: b"}},
		},
		{
			"header at the end of a line",
			header + "\nA: failed: " + header + "\n  File \"a.py\", line 1, in f\nB: b\n\n" + causeText + "\n\nC: c\n\n",
			Exception{Type: "A", Message: "failed: " + header + "\n  File \"a.py\", line 1, in f\nB: b\n\n" + causeText + "\n\nC: c\n"},
		},
		{
			"process pool without closing quotes",
			"A: \n\"\"\"\n" + header + "\nB: b\n\n" + causeText + "\n\nC: c\n",
			Exception{Type: "C", Message: "c", Cause: &Exception{Type: "A", Message: "\n\"\"\"\n" + header + "\nB: b"}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Parse(test.text), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParseBounds(t *testing.T) {
	e := Parse(strings.Repeat("A: a\n\n"+causeText+"\n\n", 1000) + "B: b\n")
	n := 0
	for p := &e; p != nil; p = older(p) {
		n++
	}
	if e.Type != "B" || n != maxChain {
		t.Errorf("read %d exceptions of a long chain and %q as the last, want %d and B", n, e.Type, maxChain)
	}

	var text strings.Builder
	for n := range 100 {
		indent := strings.Repeat("  ", n+1)
		text.WriteString(indent + "| ExceptionGroup: x (1 sub-exception)\n" + indent + "+-+" + title + "1 ----------------\n")
	}
	n = 0
	for e := Parse(text.String()); len(e.Group) > 0; e = e.Group[0] {
		n++
	}
	if n != maxDepth {
		t.Errorf("read %d groups in groups, want %d", n, maxDepth)
	}
}

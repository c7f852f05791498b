package traceback

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
)

// hostile are texts whose repetition would make a careless reader slow: each
// looks as if something began that never ends.
var hostile = map[string]string{
	"newlines":         "\n",
	"letters":          "a",
	"colons":           "a: ",
	"types":            "A: a\n",
	"headers":          header + "\n",
	"headers of types": "A: " + header + "\n",
	"headers in lines": header,
	"frames":           "  File \"a.py\", line 1, in f\n",
	"frames in frames": "  File \"a\", line ",
	"indented":         "    a\n",
	"places":           "  File \"a.py\", line 1\n",
	"places unindent":  "  File \"a.py\", line 1\nx\n",
	"places chained":   "A\n\n" + causeText + "\n\n  File \"a.py\", line 1\nx\n",
	"places in text":   header + "\n  File \"a.py\", line 1\nx y\n",
	"causes":           "A: a\n\n" + causeText + "\n\n",
	"contexts":         header + "\n  File \"a.py\", line 1, in f\nA: a\n\n" + contextText + "\n\n",
	"separators":       "\n" + causeText + "\n\n",
	"quotes":           "A: \n\"\"\"\n" + header + "\n",
	"closing quotes":   "\"\"\"\n",
	"origins":          "aiomas.exceptions.RemoteException: Origin: x\n",
	"origins of heads": header + "\naiomas.exceptions.RemoteException: Origin: x\n",
	"margins":          "  | A: a\n",
	"group headers":    "  + " + groupHeader + "\n",
	"titles":           "  +-+" + title + "1 ----------------\n",
	"members":          "  | A: a\n  +-+" + title + "1 ----------------\n    | B: b\n",
	"next members":     "    +" + title + "1 ----------------\n",
	"closings":         "    +" + closing + "\n",
	"line separators":  "  | A: \v  | \f  | \r",
	"carets":           "^",
	"notes":            "(1 sub-exception)\n",
}

// TestParseLinear reads each of these texts in two lengths. Time that grew with
// the square of the length would be 16 times as much for the longer one as for the
// shorter one 16 times.
func TestParseLinear(t *testing.T) {
	if invariant.On || testing.Short() {
		t.Skip("measures time, without the race detector only")
	}
	for name, unit := range hostile {
		for _, start := range []string{"", header + "\n", "  + " + groupHeader + "\n  | A: a\n"} {
			parse := func(size int) func() {
				text := start + strings.Repeat(unit, size/len(unit))
				return func() { Parse(text) }
			}
			if testcost.Exceeds(5, 16, parse(16<<10), parse(256<<10)) {
				t.Errorf("%s after %q", name, start)
			}
		}
	}
}

// TestParseMemory bounds what a text makes us allocate, per byte of it.
func TestParseMemory(t *testing.T) {
	const size, perByte = 256 << 10, 80
	for name, unit := range hostile {
		for _, start := range []string{"", header + "\n", "  + " + groupHeader + "\n  | A: a\n"} {
			text := start + strings.Repeat(unit, size/len(unit))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			Parse(text)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > size*perByte {
				t.Errorf("%s after %q: allocates %d bytes a byte", name, start, got/size)
			}
		}
	}
}

// FuzzParse makes sure that no text is too much: Parse does not panic, invents
// nothing, and what it read can be written and read again without a panic.
func FuzzParse(f *testing.F) {
	for _, dir := range goldenDirs(f) {
		texts, err := filepath.Glob(filepath.Join(dir, "*.txt"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range texts {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	for _, unit := range hostile {
		f.Add(strings.Repeat(unit, 3))
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := Parse(text)
		if n := size(&e); n > 2*len(text) {
			t.Errorf("read %d bytes of a text of %d", n, len(text))
		}
		if e.Type == "" && e.Message != text && older(&e) == nil {
			t.Errorf("read %q of %q", e.Message, text)
		}
		written := Format(e)
		if !strings.HasSuffix(written, "\n") {
			t.Errorf("written without a newline at the end: %q", written)
		}
		Parse(written)
	})
}

// size is the length of all texts of an exception.
func size(e *Exception) int {
	n := 0
	for ; e != nil; e = older(e) {
		n += len(e.Type) + len(e.Message)
		for _, note := range e.Notes {
			n += len(note)
		}
		for _, f := range e.Frames {
			n += len(f.File) + len(f.Func)
		}
		for i := range e.Group {
			n += size(&e.Group[i])
		}
	}
	return n
}

package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aiomas-go/aiomas-go/codec"
)

// What is printed is read as the same value.
func TestFormsRoundTrip(t *testing.T) {
	for _, c := range []struct {
		value  any
		line   string
		pretty string
	}{
		{nil, "null", "null"},
		{"é\x1b\u202e\ud7ff", `"\u00e9\u001b\u202e\ud7ff"`, `"é\u001b\u202e\ud7ff"`},
		{[]any{int64(1), 1.0, "a"}, `[1, 1.0, "a"]`, `[1, 1.0, "a"]`},
		{[]byte{0, 255}, `{"__bytes__": "AP8="}`, `{"__bytes__": "AP8="}`},
		{codec.Dict{{Key: "__bytes__", Value: int64(1)}}, `{"__dict__": [["__bytes__", 1]]}`, `{"__dict__": [["__bytes__", 1]]}`},
		{codec.Dict{{Key: int64(1), Value: "x"}}, `{"__dict__": [[1, "x"]]}`, `{"__dict__": [[1, "x"]]}`},
		{codec.Dict{{Key: "b", Value: []any{}}, {Key: "a", Value: codec.Dict{}}}, `{"b": [], "a": {}}`, `{"b": [], "a": {}}`},
		{codec.Opaque{ID: 3, Data: []any{[]byte{1}}}, `{"__type__": [3, [{"__bytes__": "AQ=="}]]}`, `{"__type__": [3, [{"__bytes__": "AQ=="}]]}`},
	} {
		line, err := formatJSON(c.value, 0)
		if err != nil || string(line) != c.line {
			t.Errorf("%#v is %s, %v, want %s", c.value, line, err, c.line)
		}
		long, err := formatPretty(c.value, 0)
		if err != nil || string(long) != c.pretty {
			t.Errorf("%#v is pretty as %q, %v, want %q", c.value, long, err, c.pretty)
		}
		for _, text := range [][]byte{line, long} {
			if back, err := parseJSON(text); err != nil || !cmp.Equal(back, c.value, cmpopts.EquateEmpty()) {
				t.Errorf("%s is read as %#v, %v", text, back, err)
			}
		}
	}
}

func TestPrintable(t *testing.T) {
	if got := printable("a\x1b[2Jb\u202ec\nd", false); got != `a\x1b[2Jb\u202ec\nd` {
		t.Errorf("%q", got)
	}
	if got := printable("a\nb", true); got != "a\nb" {
		t.Errorf("%q", got)
	}
}

package gap_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

type gapCodec interface {
	codec.Codec
	AppendMessageGap(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry, g *gap.Gap) ([]byte, error)
}

var codecs = []gapCodec{json.Codec.(gapCodec), msgpack.Codec.(gapCodec)}

// check compares the message with a gap to the one without.
func check(t *testing.T, c gapCodec, content any, wantGap bool) {
	t.Helper()
	head := []byte("head")
	want, wantErr := c.AppendMessage(head, codec.Request, 7, content, nil)
	var g gap.Gap
	got, err := c.AppendMessageGap(head, codec.Request, 7, content, nil, &g)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%s: %v, want %v", c.Name(), err, wantErr)
	}
	if wantGap != (g.Text != "") {
		t.Errorf("%s: a gap: %v, want %v", c.Name(), g.Text != "", wantGap)
	}
	if got = slices.Insert(slices.Clone(got), g.At, []byte(g.Text)...); !bytes.Equal(got, want) {
		t.Errorf("%s: with its gap filled the message of %d bytes is another than that of %d bytes", c.Name(), len(got), len(want))
	}
}

func TestGap(t *testing.T) {
	long := strings.Repeat("text", gap.Min/4)
	call := func(args ...any) *codec.Call { return &codec.Call{Path: "f", Args: args} }
	for _, tt := range []struct {
		name          string
		content       any
		json, msgpack bool
	}{
		{"a result", long, true, true},
		{"an argument", call(1, long, 2), true, true},
		{"two", call(long, long), true, true},
		{"with keywords", &codec.Call{Path: "f", Args: []any{long}, Kwargs: map[string]any{"a": 1}}, false, true},
		{"a keyword", &codec.Call{Path: "f", Kwargs: map[string]any{"a": long}}, false, false},
		{"beside a list", call(long, []any{1}), false, true},
		{"in a list", call([]any{long}), false, false},
		{"a list", []any{long}, false, false},
		{"short", call(long[1:]), false, false},
		{"to be escaped", call(long + `"`), false, true},
		{"not ASCII", call(long + "é"), false, true},
		{"not UTF-8", call(long + "\xff"), false, false},
		{"before an error", call(long, make(chan int)), false, false},
		{"no call", (*codec.Call)(nil), false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, codecs[0], tt.content, tt.json)
			check(t, codecs[1], tt.content, tt.msgpack)
		})
	}
}

// FuzzGap checks that a message with a gap, its text inserted, equals the
// message encoded without one.
func FuzzGap(f *testing.F) {
	f.Add("", "", 0)
	f.Add("a", "\x7f", 1)
	f.Add("é", "\"", 3)
	f.Add("\xed\xa0\x80", "\xff", gap.Min)
	long := strings.Repeat("long text", gap.Min/8)
	f.Fuzz(func(t *testing.T, first, rest string, at int) {
		text := long[:uint(at)%uint(len(long))] + rest + long
		for _, c := range codecs {
			for _, content := range []any{text, &codec.Call{Path: first, Args: []any{first, text, rest}}} {
				var g gap.Gap
				got, err := c.AppendMessageGap(nil, codec.Result, 1, content, nil, &g)
				want, wantErr := c.AppendMessage(nil, codec.Result, 1, content, nil)
				if (err == nil) != (wantErr == nil) {
					t.Fatalf("%s: %v, want %v", c.Name(), err, wantErr)
				}
				if got = slices.Insert(got, g.At, []byte(g.Text)...); !bytes.Equal(got, want) {
					t.Fatalf("%s: with its gap filled the message of %d bytes is another than that of %d bytes", c.Name(), len(got), len(want))
				}
			}
		}
	})
}

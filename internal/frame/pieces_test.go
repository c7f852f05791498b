package frame

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// The pieces of a frame, from each byte on, are what the frame is with its gap filled.
func TestPieces(t *testing.T) {
	for _, tt := range []struct {
		bytes, text string
		at          int
	}{
		{"", "", 0},
		{"frame", "", 0},
		{"[]", "text", 1},
		{"head", "text", 4},
		{"tail", "text", 0},
		{"", "text", 0},
		{strings.Repeat("long tail ", 100), "text", 3},
	} {
		make := func() *Buffer {
			return &Buffer{B: []byte(tt.bytes), Gap: gap.Gap{At: tt.at, Text: tt.text}}
		}
		want := slices.Insert([]byte(tt.bytes), tt.at, []byte(tt.text)...)
		for off := range len(want) + 1 {
			p := make().pieces(off)
			if got := bytes.Join(p[:], nil); !bytes.Equal(got, want[off:]) {
				t.Errorf("%.10q, %q: from %d on: %q", tt.bytes, tt.text, off, got)
			}
		}
		b := make()
		ended := 0
		b.Gap.Done = func() { ended++ }
		if b.fill(); !bytes.Equal(b.B, want) || b.Gap.Text != "" || ended != 1 {
			t.Errorf("%.10q, %q: filled: %q, ended %d times", tt.bytes, tt.text, b.B, ended)
		}
	}
}

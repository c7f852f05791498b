package frame

import (
	"unsafe"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

const (
	// A text shorter than this is copied into its gap, if the system does not write a frame
	// in pieces with one call: more calls would take longer.
	leastSplit = 256 << 10
	// edge is the number of bytes at each end of a longer one that are copied to the bytes
	// before and after it. Separate writes of a few bytes would cost more.
	edge = 16 << 10
)

// gathers reports whether w writes the pieces of a frame with one system call.
func (w *Writer) gathers() bool { return gathering && w.raw.works() }

// pieces returns the frame from the byte off on, in the order in which it is written. Some
// may be empty.
func (b *Buffer) pieces(off int) (p [3][]byte) {
	p[0] = b.B
	if text := b.Gap.Text; text != "" {
		p[0] = b.B[:b.Gap.At]
		p[1] = unsafe.Slice(unsafe.StringData(text), len(text)) // only read
		p[2] = b.B[b.Gap.At:]
	}
	for i := range p {
		n := min(off, len(p[i]))
		p[i] = p[i][n:]
		off -= n
	}
	return p
}

// fill copies the text of the gap into its place.
func (b *Buffer) fill() {
	at, text := b.Gap.At, b.Gap.Text
	n := len(b.B)
	b.B = append(b.B, text...) // for the memory, and the text is in place if the gap is at the end
	if at < n {
		copy(b.B[at+len(text):], b.B[at:n])
		copy(b.B[at:], text)
	}
	b.Gap.Drop()
}

// split returns b as three buffers: the bytes before the gap's text, the text, and
// the bytes after it.
func (b *Buffer) split() (before, text, behind *Buffer) {
	g := b.Gap
	b.Gap = gap.Gap{}
	behind = NewBuffer()
	behind.B = append(behind.B[:0], g.Text[len(g.Text)-edge:]...)
	behind.B = append(behind.B, b.B[g.At:]...)
	b.B = append(b.B[:g.At], g.Text[:edge]...)
	rest := g.Text[edge : len(g.Text)-edge]
	return b, &Buffer{B: unsafe.Slice(unsafe.StringData(rest), len(rest)), lent: true, done: g.Done}, behind // only read
}

// Package gap lets a long text be sent from where it is: a codec leaves it out
// of the message that it encodes, and the writer puts it in between. Copying a
// text of 1 MiB into its message was a tenth of what an echo of it cost. A [Loan]
// does the same for one that is received.
package gap

// Min is the length from which a text is left out: it must be worth the two
// more system calls.
const Min = 256 << 10

// Gap is a text that was left out of encoded bytes. The zero Gap is none.
type Gap struct {
	At   int // the index in the bytes where Text belongs
	Text string
}

// Fits reports whether s may become the text of g, which is nil where none is
// wanted.
func (g *Gap) Fits(s string) bool { return len(s) >= Min && g != nil && g.Text == "" }

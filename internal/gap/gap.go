// Package gap avoids copying long texts: a codec leaves a text out of the encoded
// message, and the writer inserts it from its own memory. Copying texts into their
// messages takes a tenth of the CPU of an echo of 64 KiB. A [Loan] does the same
// for received texts. A [Lease] also reuses the memory of received values, when
// their user says that they are no longer needed.
package gap

// Min is the minimum length of a text that is left out.
const Min = 32 << 10

// Gap is a text left out of encoded bytes. The zero Gap has no text.
type Gap struct {
	At   int // the index in the bytes where Text belongs
	Text string
	Done func() // called when Text is no longer needed, for a text that is lent; nil: nothing
}

// Until makes end, which is not nil, be called when the text of g is no longer needed: at
// once if nothing was left out.
func (g *Gap) Until(end func()) {
	if g.Text == "" {
		end()
		return
	}
	g.Done = end
}

// Drop empties the gap.
func (g *Gap) Drop() {
	if g == nil {
		return
	}
	if done := g.Done; done != nil {
		g.Done = nil
		done()
	}
	*g = Gap{}
}

// Fits reports whether s may become the text of g. A nil g takes no text.
func (g *Gap) Fits(s string) bool { return len(s) >= Min && g != nil && g.Text == "" }

package traceback

import "strings"

// segment is the place of one exception in a chain: lines from (its first) to
// to (the one after its last). isCause says how the segment before it is linked.
type segment struct {
	from, to int
	isCause  bool
}

// split finds the exceptions of a chain, the oldest first.
//
// The difficulty is tracebacks within messages, which may be chains themselves.
// They are treated like brackets: a header, or the text that certain exception
// types put before one, opens a bracket; an extra blank line closes it, because
// Python adds a newline to a message that already ends in one. An unclosed
// bracket is ignored, and separators in it count.
func (b *body) split() []segment {
	var (
		bs     = brackets{top: -1}
		seps   []separator
		blanks int // lines right before this one
		lines  = b.lines
	)
	h, _ := b.head(0)
	for i := b.enter(h, &bs); i < len(lines); {
		line := lines[i]
		if line == "" {
			blanks++
			i++
			continue
		}
		switch {
		case blanks > 0 && b.separates(i):
			bs.closeInner(blanks - 1)
			seps = append(seps, separator{at: i, inside: bs.top})
			h, _ = b.head(i + 2)
			i = b.enter(h, &bs)
		case line == quotes:
			bs.closeQuoted()
			i++
		case strings.HasSuffix(line, header) && b.opensAt(i):
			bs.open(false)
			i = b.enter(b.inner(i), &bs)
		default:
			i++
		}
		blanks = 0
	}
	bs.closeInner(blanks)

	bs.closeNested()
	var (
		segments []segment
		s        segment
	)
	for _, sep := range seps {
		if sep.inside >= 0 && bs.all[sep.inside].closed {
			continue
		}
		s.to = sep.at - 1
		segments = append(segments, s)
		s = segment{from: sep.at + 2, isCause: lines[sep.at] == causeText}
	}
	s.to = len(lines)
	return append(segments, s)
}

// separator is a line that announces the next exception, and the innermost
// bracket around it.
type separator struct{ at, inside int }

// separates says whether line i, which follows a blank one, announces another
// exception, and that is there.
func (b *body) separates(i int) bool {
	if l := b.lines[i]; l != causeText && l != contextText {
		return false
	}
	if i+2 >= len(b.lines) || b.lines[i+1] != "" {
		return false
	}
	_, ok := b.head(i + 2)
	return ok
}

// inner returns the head of the traceback whose header line i is, or ends in.
func (b *body) inner(i int) head {
	if l := b.lines[i]; l == header || l == groupHeader || startsMargin(l) {
		h, _ := b.head(i)
		return h
	}
	return b.stack(i + 1)
}

// opensAt says whether line i, which ends in a header, is really followed by a
// stack or a type.
func (b *body) opensAt(i int) bool {
	h := b.inner(i)
	if h.runEnd > 0 || h.typeLine > i+1 {
		return true
	}
	if h.typeLine == len(b.lines) {
		return false
	}
	name, _, _ := splitType(b.lines[h.typeLine])
	return name != ""
}

// quotes stand before and after the text that a process pool brings along.
const quotes = `"""`

// enter passes a head, and those of the tracebacks that begin its message, which
// are opened. It returns the next line.
func (b *body) enter(h head, bs *brackets) int {
	for {
		if h.runEnd > 0 {
			return h.runEnd
		}
		t := h.typeLine
		if t >= len(b.lines) {
			return t
		}
		name, message, _ := splitType(b.lines[t])
		switch {
		case strings.HasSuffix(message, header) && b.opensAt(t):
			bs.open(false)
			h = b.inner(t)
		case isRemote(name) && strings.HasPrefix(message, "Origin: ") && b.isHead(t+1):
			bs.open(false)
			h, _ = b.head(t + 1)
		case name != "" && message == "" && t+2 < len(b.lines) && b.lines[t+1] == quotes && b.isHead(t+2):
			bs.open(true)
			h, _ = b.head(t + 2)
		default:
			return t + 1
		}
	}
}

// isRemote says whether a type is aiomas's RemoteException, whose message is the
// text that the peer sent, below a line that names the peer.
func isRemote(name string) bool {
	const remote = "RemoteException"
	return name == remote || strings.HasSuffix(name, "."+remote)
}

// brackets are the tracebacks inside of messages.
type brackets struct {
	all []bracket
	top int // index of the innermost open one, -1 if there is none
}

type bracket struct {
	parent int // the one around it, or -1
	quotes int // the innermost quoted one, itself or around it, or -1
	quoted bool
	closed bool
}

func (bs *brackets) open(quoted bool) {
	n := bracket{parent: bs.top, quotes: -1, quoted: quoted}
	switch {
	case quoted:
		n.quotes = len(bs.all)
	case bs.top >= 0:
		n.quotes = bs.all[bs.top].quotes
	}
	bs.all = append(bs.all, n)
	bs.top = len(bs.all) - 1
}

// closeInner closes up to n brackets, the innermost first, that a blank line
// ends.
func (bs *brackets) closeInner(n int) {
	for ; n > 0 && bs.top >= 0 && !bs.all[bs.top].quoted; n-- {
		bs.all[bs.top].closed = true
		bs.top = bs.all[bs.top].parent
	}
}

// closeQuoted closes the innermost quoted bracket, if there is one. Those in it
// end as well.
func (bs *brackets) closeQuoted() {
	if bs.top < 0 || bs.all[bs.top].quotes < 0 {
		return
	}
	i := bs.all[bs.top].quotes
	bs.all[i].closed = true
	bs.top = bs.all[i].parent
}

// closeNested marks all brackets within a closed one as closed.
func (bs *brackets) closeNested() {
	for i, b := range bs.all {
		if b.parent >= 0 && bs.all[b.parent].closed {
			bs.all[i].closed = true
		}
	}
}

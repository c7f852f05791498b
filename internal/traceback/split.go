package traceback

import "strings"

// segment is the position of one exception in a chain: the lines from up to,
// but not including, to. isCause reports whether the previous segment is its
// cause, rather than its context.
type segment struct {
	from, to int
	isCause  bool
}

// split finds the exceptions of a chain, the oldest first.
//
// The difficulty is that messages may contain tracebacks, which may be chains
// themselves. They are treated like brackets: a header, or the text that
// certain exception types write before one, opens a bracket. An extra blank
// line closes it, because Python adds a newline to a message that already ends
// in one. An unclosed bracket is ignored, and the separators in it count.
func (b *body) split() []segment {
	var (
		bs     = brackets{top: -1}
		seps   []separator
		blanks int // number of blank lines directly before this one
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

// separates reports whether line i, which follows a blank line, announces
// another exception that follows.
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

// inner returns the head of the traceback whose header is at the end of line i.
func (b *body) inner(i int) head {
	if l := b.lines[i]; l == header || l == groupHeader || startsMargin(l) {
		h, _ := b.head(i)
		return h
	}
	return b.stack(i + 1)
}

// opensAt reports whether line i, which ends in a header, is followed by a
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

// quotes is the line before and after a traceback from a process pool.
const quotes = `"""`

// enter skips a head, and the heads of tracebacks that begin its message, for
// each of which it opens a bracket. It returns the next line.
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

// isRemote reports whether a type is aiomas's RemoteException, whose message is
// a line that names the peer, and then the text that the peer sent.
func isRemote(name string) bool {
	const remote = "RemoteException"
	return name == remote || strings.HasSuffix(name, "."+remote)
}

// brackets are the tracebacks in messages.
type brackets struct {
	all []bracket
	top int // index of the innermost open one, -1 if there is none
}

type bracket struct {
	parent int // the enclosing bracket, or -1
	quotes int // the innermost quoted bracket (this one or one around it), or -1
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

// closeInner closes up to n brackets that are not quoted, the innermost first:
// one for each extra blank line.
func (bs *brackets) closeInner(n int) {
	for ; n > 0 && bs.top >= 0 && !bs.all[bs.top].quoted; n-- {
		bs.all[bs.top].closed = true
		bs.top = bs.all[bs.top].parent
	}
}

// closeQuoted closes the innermost quoted bracket, if there is one. The
// brackets in it end as well.
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

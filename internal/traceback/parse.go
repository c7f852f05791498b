package traceback

import (
	"sort"
	"strings"
)

// Parse reads the text of an exception as Python prints it. It never fails: text that it does not
// recognise becomes an Exception without Type, whose Message is the whole text, or the rest after
// the last exception of a chain. Its time and memory are linear in the length of the text.
//
// Text without a header is taken for an exception that was never raised if its
// first line is "Type" or "Type: message" with a type that is either capitalised
// or dotted, and if it ends in a newline as all that Python prints, or if the
// type has one of the usual endings, such as Error.
func Parse(text string) Exception {
	whole := text
	// A text of CRLF lines only has been through a file; a carriage return
	// among other lines is part of a message.
	if n := strings.Count(text, "\r\n"); n > 0 && n == strings.Count(text, "\n") {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if !startsException(lines, strings.HasSuffix(text, "\n")) {
		return Exception{Message: whole}
	}
	b := body{lines: lines}
	e := b.parse()
	if e.Type == "" && e.Cause == nil && e.Context == nil {
		return Exception{Message: whole}
	}
	return *e
}

// startsException says whether a text may be an exception: it has a header, or
// it is convincing without.
func startsException(lines []string, newline bool) bool {
	b := body{lines: lines}
	h, ok := b.head(0)
	if !ok {
		return false
	}
	if h.runEnd > 0 || h.typeLine > 0 {
		return true // a header, a place in the source, or a margin came first
	}
	name, _, _ := splitType(lines[0])
	return usualName(name) || newline && (isUpper(name) || strings.Contains(name, "."))
}

// body is a chain of exceptions, one line an entry, without the margin of the
// group that it may be part of.
type body struct {
	lines  []string
	groups []members // in order of their place
	depth  int       // of the group that it is part of
	// What findSyntaxTypes has found, once it was needed.
	syntaxTypes []int32
}

// members are the exceptions of a group that is printed before lines[at].
type members struct {
	at   int
	list []Exception
}

// parse returns the newest exception of the body, the others linked to it.
func (b *body) parse() *Exception {
	segments := b.split()
	if n := len(segments); n > maxChain {
		segments = segments[n-maxChain:]
	}
	var e *Exception
	for i, s := range segments {
		older := e
		e = b.exception(s)
		switch {
		case i == 0 || e.Cause != nil || e.Context != nil:
		case s.isCause:
			e.Cause = older
		default:
			e.Context = older
		}
	}
	return e
}

// exception reads the exception of a segment.
func (b *body) exception(s segment) *Exception {
	h, ok := b.head(s.from)
	if h.runEnd > 0 {
		e := parseMargin(b.lines[s.from:h.runEnd], 1, b.depth+1)
		if h.runEnd < s.to { // nothing that Python prints
			e.Message = joinLines(e.Message, b.lines[h.runEnd:s.to])
		}
		return e
	}
	e := &Exception{Group: b.membersIn(s)}
	if !ok || h.typeLine >= s.to {
		// A remark, or cut off before the type was told.
		e.Message = strings.Join(b.lines[s.from:s.to], "\n")
		return e
	}
	e.Frames = parseFrames(b.lines[h.stack:h.typeLine])
	line, rest := b.lines[h.typeLine], b.lines[h.typeLine+1:s.to]
	name, first, hasMessage := splitType(line)
	if name == "" {
		name, first, hasMessage = splitOddType(line)
	}
	e.Type = name
	if !hasMessage {
		e.Notes = clone(rest)
		return e
	}
	if e.Group != nil {
		rest, e.Notes = splitGroupNotes(first, rest)
	}
	e.Message = joinLines(first, rest)
	return e
}

// membersIn returns what was printed as the members of a group within a segment.
func (b *body) membersIn(s segment) []Exception {
	i := sort.Search(len(b.groups), func(i int) bool { return b.groups[i].at > s.from })
	if i == len(b.groups) || b.groups[i].at > s.to {
		return nil
	}
	return b.groups[i].list
}

func joinLines(first string, rest []string) string {
	if len(rest) == 0 {
		return first
	}
	return first + "\n" + strings.Join(rest, "\n")
}

func clone(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	return append([]string(nil), lines...)
}

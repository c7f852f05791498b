package traceback

import (
	"sort"
	"strings"
)

// Parse reads the text of an exception as Python prints it. It never fails: text that it
// does not recognise becomes an Exception without Type, whose Message is the whole text,
// or the rest after the last exception of a chain. Its time and memory are linear in the
// length of the text.
//
// Text without a header is read as an exception that was never raised if its first line
// is "Type" or "Type: message" and one of two conditions holds: the type is capitalised
// or dotted and the text ends in a newline, like everything that Python prints; or the
// type has one of the usual endings, such as Error.
func Parse(text string) Exception {
	whole := text
	// If all lines end in CRLF, the text was probably stored in a file; a carriage return
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

// startsException reports whether a text may be an exception: it has a header, or its
// first line fulfils the conditions of Parse.
func startsException(lines []string, newline bool) bool {
	b := body{lines: lines}
	h, ok := b.head(0)
	if !ok {
		return false
	}
	if h.runEnd > 0 || h.typeLine > 0 {
		return true // a header, a position in the source, or a margin comes first
	}
	name, _, _ := splitType(lines[0])
	return usualName(name) || newline && (isUpper(name) || strings.Contains(name, "."))
}

// body is a chain of exceptions, as lines, without the margin of the group that it may be
// part of.
type body struct {
	lines  []string
	groups []members // in the order of their positions
	depth  int       // of the group that it is part of
	// The result of findSyntaxTypes; nil until needed.
	syntaxTypes []int32
}

// members are the exceptions of a group that is printed before lines[at].
type members struct {
	at   int
	list []Exception
}

// parse returns the newest exception of the body; the others are linked to it.
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
		if h.runEnd < s.to { // lines that Python never prints
			e.Message = joinLines(e.Message, b.lines[h.runEnd:s.to])
		}
		return e
	}
	e := &Exception{Group: b.membersIn(s)}
	if !ok || h.typeLine >= s.to {
		// A remark, or a text that is cut off before the type.
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

// membersIn returns the members of a group that were printed within a segment.
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

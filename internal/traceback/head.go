package traceback

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// head is the position of the part of an exception before its message.
type head struct {
	stack    int // first line of the stack; it ends before typeLine
	typeLine int // the line "Type: message"; the end of the text if the text is cut off before it
	runEnd   int // for a group printed with a margin: the line after it, else 0
}

// isHead reports whether an exception begins at line i.
func (b *body) isHead(i int) bool {
	if i >= len(b.lines) {
		return false
	}
	_, ok := b.head(i)
	return ok
}

// head reads the head of the exception that begins at line i. It returns false
// if none does.
func (b *body) head(i int) (head, bool) {
	line := b.lines[i]
	switch {
	case line == header || line == groupHeader:
		return b.stack(i + 1), true
	case startsMargin(line):
		end := i + 1
		for end < len(b.lines) && strings.HasPrefix(b.lines[end], "  ") {
			end++
		}
		return head{typeLine: i, runEnd: end}, true
	}
	if f, ok := parseFrame(line); ok && f.Func == "" { // a SyntaxError that was never raised
		h := b.stack(i)
		return h, h.typeLine < len(b.lines)
	}
	name, _, _ := splitType(line)
	return head{stack: i, typeLine: i}, name != ""
}

// stack reads a stack that begins at line i: frames, source lines and markers,
// which are all indented, and possibly the position of a SyntaxError at the
// end. The type follows.
func (b *body) stack(i int) head {
	h := head{stack: i}
	place := false
	for ; i < len(b.lines) && strings.HasPrefix(b.lines[i], "  "); i++ {
		if f, ok := parseFrame(b.lines[i]); ok {
			place = f.Func == ""
		}
	}
	if place {
		i = b.typeOfSyntaxError(i)
	}
	h.typeLine = i
	return h
}

// typeOfSyntaxError returns the line with the type of a SyntaxError. Usually it
// is the first line that is not indented. But if the source text has several
// lines (for example an unclosed string in Python 3.8), Python indents only the
// first. Then the type is the line after the carets, or a line with a usual
// name of an exception type.
func (b *body) typeOfSyntaxError(first int) int {
	if b.syntaxTypes == nil {
		b.syntaxTypes = b.findSyntaxTypes()
	}
	if i := b.syntaxTypes[first]; i >= 0 {
		return int(i)
	}
	return first
}

// findSyntaxTypes returns, for each line and for the end, the line with the
// type of a SyntaxError whose position ends there, or -1. A separate search
// from each position took quadratic time.
func (b *body) findSyntaxTypes() []int32 {
	at := make([]int32, len(b.lines)+1)
	next := int32(-1)
	at[len(b.lines)] = next
	for i := len(b.lines) - 1; i >= 0; i-- {
		line := b.lines[i]
		if line == causeText || line == contextText || strings.HasSuffix(line, header) {
			next = -1
		} else if i > 0 && !strings.HasPrefix(line, " ") {
			if name, _, _ := splitType(line); name != "" && (usualName(name) || isCarets(b.lines[i-1])) {
				next = int32(i)
			}
		}
		at[i] = next
	}
	return at
}

func isCarets(line string) bool {
	return strings.Contains(line, "^") && strings.Trim(line, " \t\f^") == ""
}

// parseFrames returns the frames among the lines of a stack.
func parseFrames(lines []string) []Frame {
	var frames []Frame
	for _, line := range lines {
		if f, ok := parseFrame(line); ok {
			frames = append(frames, f)
		}
	}
	return frames
}

// parseFrame reads `  File "service.py", line 7, in call`. Without "in", the
// line is the position of a SyntaxError.
func parseFrame(line string) (Frame, bool) {
	rest, ok := strings.CutPrefix(line, `  File "`)
	if !ok {
		return Frame{}, false
	}
	const sep = `", line `
	i := strings.LastIndex(rest, sep) // a file name may contain sep
	if i < 0 {
		return Frame{}, false
	}
	f := Frame{File: rest[:i]}
	number, name, isCall := strings.Cut(rest[i+len(sep):], ", in ")
	switch n, err := strconv.Atoi(number); {
	case err == nil && n >= 0:
		f.Line = n
	case number != "None" && number != "?":
		return Frame{}, false
	}
	if isCall {
		f.Func = name
	}
	return f, true
}

// maxTypeName is far longer than the names of usual classes.
const maxTypeName = 1024

// splitType splits "Type: message"; the message may be missing together with
// the colon. The name is empty if the line does not have this form.
func splitType(line string) (name, message string, hasMessage bool) {
	name = line
	if i := strings.IndexByte(line, ':'); i >= 0 {
		switch {
		case i == len(line)-1: // an editor has removed the space
			name, hasMessage = line[:i], true
		case line[i+1] == ' ':
			name, message, hasMessage = line[:i], line[i+2:], true
		}
	}
	if !isTypeName(name) {
		return "", "", false
	}
	return name, message, hasMessage
}

// splitOddType splits a line that must be "Type: message", but whose type has a
// name that is not possible in a class statement.
func splitOddType(line string) (name, message string, hasMessage bool) {
	if i := strings.Index(line, ": "); i > 0 && i <= maxTypeName {
		return line[:i], line[i+2:], true
	}
	return "", line, true
}

// isTypeName reports whether s is a class's module and qualified name:
// identifiers separated by dots, parts like <locals>, and the hyphens of
// modules that cannot be named in an import statement.
func isTypeName(s string) bool {
	if s == "" || len(s) > maxTypeName || s[len(s)-1] == '.' || s[len(s)-1] == '-' {
		return false
	}
	start := true
	for _, r := range s {
		switch {
		case r == '_' || unicode.IsLetter(r) || r == '<':
		case start:
			return false
		case r == '.':
			start = true
			continue
		case r == '-' || r == '>' || unicode.In(r, unicode.Mark, unicode.Nd, unicode.Nl, unicode.Pc):
		default:
			return false
		}
		start = false
	}
	return true
}

// usualName reports whether a name has one of the usual endings of exception
// types.
func usualName(name string) bool {
	for _, end := range [...]string{
		"Error", "Exception", "Warning", "Interrupt", "Exit", "Iteration", "Group", "Timeout", "Failure",
	} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// isUpper reports whether a name begins with a capital letter.
func isUpper(name string) bool {
	r, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(r)
}

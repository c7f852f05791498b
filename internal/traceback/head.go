package traceback

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// head is the place of what precedes the message of an exception.
type head struct {
	stack    int // first line of the stack; it ends before typeLine
	typeLine int // the line "Type: message"; the end of the text if that is cut off
	runEnd   int // of a group drawn with its margin: the line after it, else 0
}

// isHead says whether an exception begins at line i.
func (b *body) isHead(i int) bool {
	if i >= len(b.lines) {
		return false
	}
	_, ok := b.head(i)
	return ok
}

// head reads the head of the exception that begins at line i, if one does.
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

// stack reads a stack that begins at line i: frames, source lines, markers, all
// indented, and at last the place of a SyntaxError. The type follows.
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
// is the first that is not indented, but Python indents only the first line of
// source text that has several (an unclosed string does, for 3.8). Then the type
// is below the carets, or has a name that says that it is one.
func (b *body) typeOfSyntaxError(first int) int {
	if b.syntaxTypes == nil {
		b.syntaxTypes = b.findSyntaxTypes()
	}
	if i := b.syntaxTypes[first]; i >= 0 {
		return int(i)
	}
	return first
}

// findSyntaxTypes returns for each line, and for the end, the line with the type
// of a SyntaxError whose place ends there, -1 if there is none. To look from each
// place on its own took time with the square of the text.
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

// parseFrame reads `  File "service.py", line 7, in call`. Without the "in", it
// is the place of a SyntaxError.
func parseFrame(line string) (Frame, bool) {
	rest, ok := strings.CutPrefix(line, `  File "`)
	if !ok {
		return Frame{}, false
	}
	const sep = `", line `
	i := strings.LastIndex(rest, sep) // a file may be called anything
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

// maxTypeName is far longer than what people call their classes.
const maxTypeName = 1024

// splitType splits "Type: message"; the message may be missing with its colon.
// The name is empty if that is not what the line is.
func splitType(line string) (name, message string, hasMessage bool) {
	name = line
	if i := strings.IndexByte(line, ':'); i >= 0 {
		switch {
		case i == len(line)-1: // an editor took the space away
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

// splitOddType splits a line that has to be one of a type, but whose name is
// none that a class statement can make.
func splitOddType(line string) (name, message string, hasMessage bool) {
	if i := strings.Index(line, ": "); i > 0 && i <= maxTypeName {
		return line[:i], line[i+2:], true
	}
	return "", line, true
}

// isTypeName says whether s is a class's module and qualified name: identifiers
// between dots, parts like <locals>, and the hyphens of modules that no import
// statement can name.
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

// usualName says whether a type is called as exceptions usually are.
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

// isUpper says whether a name begins with a capital letter.
func isUpper(name string) bool {
	r, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(r)
}

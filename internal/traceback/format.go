package traceback

import (
	"slices"
	"strconv"
	"strings"
)

// Format returns the text of an exception as Python prints it, preceded by the
// exceptions that it is linked to. It ends in a newline.
//
// It always has a header, even without frames, so that it is recognised as a
// traceback. An exception without Type is called "Exception" (except for a
// remark in a group, which has no type). Line breaks in names are written as
// spaces, because otherwise the rest would not be read as part of the name.
//
// Parse is the inverse of Format, with two exceptions: notes are read as part
// of the message where the package documentation says so, and a message that
// contains text in the form of a traceback may be read as further parts of the
// exception.
func Format(e Exception) string {
	p := printer{}
	p.chain(&e, 0)
	return p.text.String()
}

// printer writes lines with the margin of their group.
type printer struct {
	text   strings.Builder
	margin string // before each line; empty outside of groups
}

// chain writes an exception, and before it those that it is linked to. The
// exception is in a group of the given depth. chain reports whether the last
// line closes a group.
func (p *printer) chain(e *Exception, depth int) (closed bool) {
	chain := make([]*Exception, 0, 4)
	for next := e; next != nil && len(chain) < maxChain; next = older(next) {
		chain = append(chain, next)
	}
	for i := range slices.Backward(chain) {
		if i < len(chain)-1 {
			p.line("")
			if chain[i].Cause != nil {
				p.line(causeText)
			} else {
				p.line(contextText)
			}
			p.line("")
		}
		switch closed = len(chain[i].Group) > 0; {
		case !closed:
			p.exception(chain[i], header, depth > 0)
		case depth+1 < maxDepth:
			p.group(chain[i], depth+1)
		default:
			p.line("... (max_group_depth is " + strconv.Itoa(maxDepth-1) + ")")
			closed = false
		}
	}
	return closed
}

// older returns the exception that is printed before e, or nil.
func older(e *Exception) *Exception {
	if e.Cause != nil {
		return e.Cause
	}
	return e.Context
}

// group writes a group of the given depth; the outermost group has depth 1.
func (p *printer) group(e *Exception, depth int) {
	outer := p.margin
	indent := strings.Repeat("  ", depth)
	if depth == 1 {
		p.text.WriteString(indent + "+ " + groupHeader + "\n")
	}
	p.margin = indent + "| "
	if depth == 1 {
		p.exception(e, "", false)
	} else {
		p.exception(e, groupHeader, false)
	}
	closed := false
	for i := range e.Group {
		edge := "  +"
		if i == 0 {
			edge = "+-+"
		}
		p.text.WriteString(indent + edge + title + strconv.Itoa(i+1) + " " + title[:len(title)-1] + "\n")
		p.margin = indent + "  | "
		closed = p.chain(&e.Group[i], depth)
	}
	if !closed { // the end of the inner group is the end of both
		p.text.WriteString(indent + "  +" + closing + "\n")
	}
	p.margin = outer
}

// exception writes one exception; remark means that it needs no type.
func (p *printer) exception(e *Exception, header string, remark bool) {
	if remark && e.Type == "" && len(e.Frames) == 0 {
		p.line(e.Message)
		return
	}
	if header != "" {
		p.line(header)
	}
	for _, f := range e.Frames {
		at := `  File "` + oneLine(f.File) + `", line ` + strconv.Itoa(max(f.Line, 0))
		if f.Func != "" {
			at += ", in " + oneLine(f.Func)
		}
		p.line(at)
	}
	name := oneLine(e.Type)
	if name == "" {
		name = "Exception"
	}
	if e.Message == "" {
		p.line(name)
	} else {
		p.line(name + ": " + e.Message)
	}
	for _, note := range e.Notes {
		p.line(note)
	}
}

// line writes text of one or more lines.
func (p *printer) line(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		p.text.WriteString(p.margin)
		p.text.WriteString(line)
		p.text.WriteByte('\n')
	}
}

// oneLine replaces the line breaks in a name by spaces.
func oneLine(name string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(name)
}

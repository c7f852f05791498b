package traceback

import "strings"

// startsMargin reports whether a line begins an exception group that is printed
// with a margin, like the outermost one (which has no header if it was never
// raised):
//
//	┊ + Exception Group Traceback (most recent call last):
//	┊ |   File "service.py", line 2, in call
//	┊ |     raise ExceptionGroup('several', errors)
//	┊ | ExceptionGroup: several (2 sub-exceptions)
//	┊ +-+---------------- 1 ----------------
//	┊   | ValueError: one
//	┊   +---------------- 2 ----------------
//	┊   | KeyError: 'two'
//	┊   +------------------------------------
//
// The dotted line is the left edge.
func startsMargin(line string) bool {
	if line == "  + "+groupHeader {
		return true
	}
	rest, ok := strings.CutPrefix(line, "  | ")
	if !ok {
		return false
	}
	name, _, _ := splitType(rest)
	return name != ""
}

// parseMargin reads exceptions printed with a margin of that many steps, which
// are in a group of the given depth.
func parseMargin(lines []string, margin, depth int) *Exception {
	if depth > maxDepth {
		return &Exception{Message: strings.Join(lines, "\n")}
	}
	var (
		b      = body{depth: depth}
		indent = strings.Repeat("  ", margin)
		bar    = indent + "|"
		first  = indent + "+-+" + title
		next   = indent + "  +" + title
		end    = indent + "  +" + closing
	)
	for i := 0; i < len(lines); {
		line := lines[i]
		if rest, ok := cutMargin(line, bar); ok {
			b.lines = append(b.lines, rest)
			i++
			continue
		}
		if !strings.HasPrefix(line, first) {
			// The header of the outermost group, or a line that Python never prints.
			b.lines = append(b.lines, strings.TrimPrefix(line, indent+"+ "))
			i++
			continue
		}
		var list []Exception
		for done := false; !done && i < len(lines); {
			i++
			from := i
			for i < len(lines) && !strings.HasPrefix(lines[i], next) && lines[i] != end && !strings.HasPrefix(lines[i], bar) {
				i++
			}
			list = append(list, *parseMargin(lines[from:i], margin+1, depth+1))
			if i < len(lines) && lines[i] == end {
				i++
				done = true
			}
			done = done || i < len(lines) && !strings.HasPrefix(lines[i], next)
		}
		b.groups = append(b.groups, members{at: len(b.lines), list: list})
	}
	if len(b.lines) == 0 {
		return &Exception{} // a member without lines, which Python does not print
	}
	return b.parse()
}

const (
	title   = "---------------- "                    // before the number of a member
	closing = "------------------------------------" // after the last member
)

// cutMargin returns the part of a line after the bar of its margin.
func cutMargin(line, bar string) (string, bool) {
	rest, ok := strings.CutPrefix(line, bar)
	if !ok || rest == "" {
		return "", ok
	}
	if rest, ok = strings.CutPrefix(rest, " "); !ok {
		return "", false
	}
	// Python ends lines at further characters, too, and writes a margin after
	// each.
	if strings.ContainsAny(rest, lineEnds) {
		for _, c := range lineEnds {
			rest = strings.ReplaceAll(rest, string(c)+bar+" ", string(c))
		}
	}
	return rest, true
}

// lineEnds has the characters that end a line for Python's str.splitlines,
// except the newline.
const lineEnds = "\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"

// splitGroupNotes splits the lines after the first line of a group's message
// into the rest of the message and the notes: str() of a group ends with the
// number of its members, unless a subclass overrides it.
func splitGroupNotes(first string, rest []string) (message, notes []string) {
	if endsGroupMessage(first) {
		return nil, clone(rest)
	}
	for i, line := range rest {
		if endsGroupMessage(line) {
			return rest[:i+1], clone(rest[i+1:])
		}
	}
	return rest, nil
}

func endsGroupMessage(line string) bool {
	line, ok := strings.CutSuffix(line, ")")
	if !ok {
		return false
	}
	line, ok = strings.CutSuffix(strings.TrimSuffix(line, "s"), " sub-exception")
	if !ok {
		return false
	}
	i := strings.LastIndex(line, " (")
	return i >= 0 && isDigits(line[i+2:])
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

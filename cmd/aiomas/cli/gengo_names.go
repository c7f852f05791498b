package cli

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"
	"unicode"
)

// initials are words that are written in capitals in Go names.
var initials = map[string]bool{"api": true, "html": true, "http": true, "https": true, "id": true, "ip": true, "json": true, "rpc": true, "tcp": true, "tls": true, "udp": true, "uri": true, "url": true, "uuid": true, "xml": true}

// goName returns the exported Go name for a Python name: GetID for get_id.
func goName(python string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(python, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if initials[word] {
			b.WriteString(strings.ToUpper(word))
		} else {
			b.WriteString(upperFirst(word))
		}
	}
	if s := b.String(); token.IsExported(s) {
		return s
	}
	return "X" + b.String()
}

// paramName returns the Go name for a parameter of a method: unitCount for unit_count.
func paramName(python string) string {
	name := goName(python)
	first := strings.FieldsFunc(python, func(r rune) bool { return r == '_' })
	if len(first) > 0 {
		word := goName(first[0])
		name = strings.ToLower(word) + strings.TrimPrefix(name, word)
		if !initials[first[0]] {
			r := []rune(word)
			name = string(unicode.ToLower(r[0])) + string(r[1:]) + strings.TrimPrefix(goName(python), word)
		}
	}
	return name
}

// names are the names taken in one scope.
type names map[string]bool

// local are the names used in bodies and signatures of methods, including packages.
var local = []string{"ctx", "c", "s", "r", "o", "kw", "opts", "args", "result", "err", "aiomas", "codec", "agent", "context", "fmt", "time", "ndarray", "keywords", "v", "p"}

func paramNames() names {
	n := names{}
	for _, l := range local {
		n[l] = true
	}
	return n
}

// take returns name, or name with a number if it is taken.
func (n names) take(name string) string {
	free := name
	for i := 2; n[free]; i++ {
		free = fmt.Sprintf("%s%d", name, i)
	}
	n[free] = true
	return free
}

// takeParam is take for a parameter, which must not be a keyword of Go either.
func (n names) takeParam(python string) string {
	name := paramName(python)
	if token.IsKeyword(name) || types.Universe.Lookup(name) != nil || n[name] {
		name += "_"
	}
	return n.take(name)
}

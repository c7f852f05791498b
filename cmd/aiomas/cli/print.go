package cli

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// formatJSON returns v in one line of JSON, with the forms of toForms.
func formatJSON(v any, proxies int64) ([]byte, error) {
	return codec.Marshal(json.Codec, toForms(v, proxies), nil)
}

// formatPretty returns v as indented lines for readers, without escapes for printable characters.
func formatPretty(v any, proxies int64) ([]byte, error) {
	var p pretty
	err := p.value(toForms(v, proxies), "\n")
	return p.out.Bytes(), err
}

type pretty struct {
	out  bytes.Buffer
	flat bool // all in one line
}

// short is the longest text of a list or dict of scalars that stays in one line.
const short = 72

func (p *pretty) value(v any, newline string) error {
	switch v := v.(type) {
	case string:
		p.text(v)
		return nil
	case codec.Opaque:
		return p.value(codec.Dict{{Key: codec.TypeKey, Value: []any{v.ID, v.Data}}}, newline)
	case []any:
		return p.container('[', ']', len(v), newline, func(i int, newline string) error { return p.value(v[i], newline) })
	case codec.Dict:
		return p.container('{', '}', len(v), newline, func(i int, newline string) error {
			p.text(v[i].Key.(string)) // a key after toForms is a string
			p.out.WriteString(": ")
			return p.value(v[i].Value, newline)
		})
	}
	b, err := codec.Marshal(json.Codec, v, nil)
	p.out.Write(b)
	return err
}

func (p *pretty) container(open, end byte, n int, newline string, element func(i int, newline string) error) error {
	start := p.out.Len()
	p.out.WriteByte(open)
	inner := newline + "  "
	if p.flat {
		inner, newline = "", ""
	}
	for i := range n {
		if i > 0 {
			p.out.WriteByte(',')
			if p.flat {
				p.out.WriteByte(' ')
			}
		}
		p.out.WriteString(inner)
		if err := element(i, inner); err != nil {
			return err
		}
	}
	if n > 0 {
		p.out.WriteString(newline)
	}
	p.out.WriteByte(end)
	// Short text without line breaks, except those of its own, becomes one line.
	written := p.out.Bytes()[start:]
	if n > 0 && !p.flat && len(written) < 2*short+n*len(inner) && bytes.Count(written, []byte("\n")) == n+1 {
		line := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(string(written), ","+inner, ", "), inner, ""), newline, "")
		if len(line) <= short {
			p.out.Truncate(start)
			p.out.WriteString(line)
		}
	}
	return nil
}

// text writes a JSON string with its printable characters unescaped. Characters that a terminal might interpret are
// escaped.
func (p *pretty) text(s string) {
	p.out.WriteByte('"')
	for len(s) > 0 {
		plain := prefix(s, true)
		p.out.WriteString(plain)
		s = s[len(plain):]
		escaped := prefix(s, false)
		if b, err := codec.Marshal(json.Codec, escaped, nil); err == nil { // does not fail for a string
			p.out.Write(b[1 : len(b)-1])
		}
		s = s[len(escaped):]
	}
	p.out.WriteByte('"')
}

// prefix returns the longest prefix of s whose characters are all plain in a JSON string, or all not.
func prefix(s string, plain bool) string {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if plain != (unicode.IsPrint(r) && r != '"' && r != '\\' && (r != utf8.RuneError || n > 1)) {
			return s[:i]
		}
		i += n
	}
	return s
}

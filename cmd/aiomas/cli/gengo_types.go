package cli

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// goType is the Go type for a type hint.
type goType struct {
	text    string
	nilable bool   // it has a value for None
	service string // the service in Python that a proxy stands for
	note    string // what the Go type does not express
}

var anyType = goType{text: "any", nilable: true}

var plainTypes = map[string]string{
	"int": "int", "float": "float64", "str": "string", "bool": "bool", "bytes": "[]byte", "bytearray": "[]byte",
	"Text": "string", "AnyStr": "any", "Any": "any", "object": "any", "dict": "codec.Dict", "Dict": "codec.Dict",
	"Mapping": "codec.Dict", "MutableMapping": "codec.Dict", "OrderedDict": "codec.Dict", "DefaultDict": "codec.Dict",
	"defaultdict": "codec.Dict", "list": "[]any", "List": "[]any", "tuple": "[]any", "Tuple": "[]any", "Sequence": "[]any",
	"MutableSequence": "[]any", "Iterable": "[]any", "Collection": "[]any", "numpy.ndarray": "ndarray.Array",
	"numpy.typing.NDArray": "ndarray.Array", "arrow.Arrow": "time.Time", "arrow.arrow.Arrow": "time.Time", "datetime.datetime": "time.Time",
}

// hintType returns the Go type for a type hint. sent reports whether this program sends the value.
func (g *goWriter) hintType(h *pyHint, sent bool) goType {
	if h == nil {
		return anyType
	}
	args := func(n int) bool { return len(h.Args) == n }
	switch h.Name {
	case "Optional":
		if args(1) {
			return g.optional(g.hintType(&h.Args[0], sent), sent)
		}
	case "Union":
		rest := slices.DeleteFunc(slices.Clone(h.Args), func(a pyHint) bool { return a.Name == "None" })
		if len(rest) == 1 {
			return g.optional(g.hintType(&rest[0], sent), sent)
		}
		return g.inexact(h)
	case "list", "List", "Sequence", "MutableSequence", "Iterable", "Collection":
		if args(1) {
			return g.element("[]", h, sent)
		}
	case "tuple", "Tuple":
		if n := len(h.Args); n == 2 && h.Args[1].Name == "..." {
			return g.element("[]", h, sent)
		} else if n > 0 && !slices.ContainsFunc(h.Args[1:], func(a pyHint) bool { return hintText(&a) != hintText(&h.Args[0]) }) {
			return g.element(fmt.Sprintf("[%d]", n), h, sent)
		} else if n > 0 {
			return g.inexactAs("codec.Tuple", h)
		}
	case "dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "DefaultDict", "defaultdict":
		if args(2) {
			key := g.hintType(&h.Args[0], sent)
			if !slices.Contains([]string{"int", "float64", "string", "bool", "any"}, key.text) {
				return g.inexactAs("codec.Dict", h)
			}
			t := g.element("map["+key.text+"]", &pyHint{Args: h.Args[1:]}, sent)
			return t
		}
	case "Awaitable", "Future", "asyncio.Future":
		if args(1) {
			return g.hintType(&h.Args[0], sent)
		}
	case "Coroutine":
		if args(3) {
			return g.hintType(&h.Args[2], sent)
		}
	case "aiomas.rpc.Proxy":
		return proxyType("", sent)
	}
	if s := g.services[h.Name]; s != "" {
		return proxyType(h.Name, sent)
	}
	if t := g.types[h.Name]; t != "" {
		return goType{text: t}
	}
	if t := plainTypes[h.Name]; t != "" {
		out := goType{text: t, nilable: t == "any" || t == "codec.Dict" || strings.HasPrefix(t, "[]")}
		switch {
		case t == "ndarray.Array":
			out.note = "connections need a serializer for arrays, ndarray.Serializer in Go"
		case h.Name == "datetime.datetime":
			out.note = "connections need a serializer for datetime.datetime, in Go one for time.Time"
		}
		return out
	}
	return g.inexact(h)
}

func proxyType(service string, sent bool) goType {
	if sent {
		return goType{text: "aiomas.Service", nilable: true, service: service}
	}
	return goType{text: "*aiomas.Proxy", nilable: true, service: service}
}

func (g *goWriter) element(prefix string, h *pyHint, sent bool) goType {
	t := g.hintType(&h.Args[0], sent)
	return goType{text: prefix + t.text, nilable: !strings.HasPrefix(prefix, "[") || prefix == "[]", note: t.note}
}

func (g *goWriter) optional(t goType, sent bool) goType {
	// A nil slice or map is sent as an empty one.
	if !t.nilable || sent && (strings.HasPrefix(t.text, "[]") || strings.HasPrefix(t.text, "map[") || t.text == "codec.Dict") {
		t.text = "*" + t.text
	}
	t.nilable = true
	return t
}

func (g *goWriter) inexact(h *pyHint) goType { return g.inexactAs("any", h) }

func (g *goWriter) inexactAs(typ string, h *pyHint) goType {
	return goType{text: typ, nilable: true, note: "Go has no type for " + hintText(h)}
}

// hintText returns a type hint as Python writes it.
func hintText(h *pyHint) string {
	switch {
	case h.Name == "?":
		return pyString(h.Text) // a forward reference is valid with any text
	case h.Name == "Literal":
		var lits []string
		for _, l := range h.Lit {
			lits = append(lits, literalText(&l))
		}
		return "Literal[" + strings.Join(lits, ", ") + "]"
	case len(h.Args) == 0:
		return h.Name
	}
	var args []string
	for _, a := range h.Args {
		args = append(args, hintText(&a))
	}
	return h.Name + "[" + strings.Join(args, ", ") + "]"
}

// literalText returns a default as Python writes it, or ... if it is not a literal.
func literalText(l *pyLiteral) string {
	var items []string
	for _, i := range l.Items {
		items = append(items, literalText(&i))
	}
	switch l.Kind {
	case "str":
		return pyString(l.Value)
	case "bytes":
		b, _ := base64.StdEncoding.DecodeString(l.Value)
		return pyBytes(b)
	case "list":
		return "[" + strings.Join(items, ", ") + "]"
	case "tuple":
		if len(items) == 1 {
			return "(" + items[0] + ",)"
		}
		return "(" + strings.Join(items, ", ") + ")"
	case "dict":
		var pairs []string
		for i := 0; i+1 < len(items); i += 2 {
			pairs = append(pairs, items[i]+": "+items[i+1])
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	case "int", "float":
		if l.Value == "inf" || l.Value == "-inf" {
			return strings.Replace(l.Value, "inf", "1e999", 1)
		}
		return l.Value
	case "expr":
		return "..."
	}
	return l.Kind
}

func pyBytes(b []byte) string {
	var s strings.Builder
	s.WriteString("b'")
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\'' || c == '\\' {
			fmt.Fprintf(&s, `\x%02x`, c)
		} else {
			s.WriteByte(c)
		}
	}
	return s.String() + "'"
}

// pyString returns a string literal that both Python and Go programs print on one line.
func pyString(v string) string {
	var s strings.Builder
	s.WriteByte('\'')
	for _, r := range v {
		switch {
		case r == '\'' || r == '\\':
			s.WriteByte('\\')
			s.WriteRune(r)
		case r == '\n':
			s.WriteString(`\n`)
		case unicode.IsPrint(r):
			s.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&s, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&s, `\u%04x`, r)
		default:
			fmt.Fprintf(&s, `\U%08x`, r)
		}
	}
	return s.String() + "'"
}

// goLiteral returns a default as a Go value of a type; ok reports whether that is possible.
func goLiteral(l *pyLiteral, typ string) (text string, ok bool) {
	switch {
	case l.Kind == "None":
		return "nil", typ == "any" || strings.HasPrefix(typ, "*") || strings.HasPrefix(typ, "[]") || strings.HasPrefix(typ, "map[") || strings.HasPrefix(typ, "codec.")
	case l.Kind == "expr":
		return "", false
	case typ == "any":
		return anyLiteral(l)
	case strings.HasPrefix(typ, "*"):
		v, ok := goLiteral(l, typ[1:])
		return fmt.Sprintf("func() %s { v := %s(%s); return &v }()", typ, typ[1:], v), ok
	case typ == "[]byte":
		b, err := base64.StdEncoding.DecodeString(l.Value)
		return fmt.Sprintf("[]byte(%q)", b), l.Kind == "bytes" && err == nil
	case strings.HasPrefix(typ, "[]") && (l.Kind == "list" || l.Kind == "tuple"):
		return goItems(l, typ, typ[2:])
	case strings.HasPrefix(typ, "[") && l.Kind == "tuple":
		size, elem, _ := strings.Cut(typ[1:], "]")
		text, ok := goItems(l, typ, elem)
		return text, ok && size == strconv.Itoa(len(l.Items))
	case strings.HasPrefix(typ, "map[") && l.Kind == "dict":
		key, elem, _ := strings.Cut(typ[4:], "]")
		var b strings.Builder
		for i := 0; i+1 < len(l.Items); i += 2 {
			k, ok := goLiteral(&l.Items[i], key)
			v, ok2 := goLiteral(&l.Items[i+1], elem)
			if !ok || !ok2 {
				return "", false
			}
			fmt.Fprintf(&b, "%s: %s, ", k, v)
		}
		return typ + "{" + strings.TrimSuffix(b.String(), ", ") + "}", true
	case typ == "codec.Dict" && l.Kind == "dict":
		return anyLiteral(l)
	case typ == "string" && l.Kind == "str":
		return strconv.Quote(l.Value), true
	case typ == "bool" && (l.Kind == "True" || l.Kind == "False"):
		return strings.ToLower(l.Kind), true
	case typ == "int" && l.Kind == "int":
		_, err := strconv.ParseInt(l.Value, 10, 32)
		return l.Value, err == nil
	case typ == "float64" && (l.Kind == "int" || l.Kind == "float"):
		_, err := strconv.ParseFloat(l.Value, 64)
		return "float64(" + l.Value + ")", err == nil && !strings.Contains(l.Value, "inf")
	}
	return "", false
}

func goItems(l *pyLiteral, typ, elem string) (string, bool) {
	var items []string
	for _, i := range l.Items {
		v, ok := goLiteral(&i, elem)
		if !ok {
			return "", false
		}
		items = append(items, v)
	}
	return typ + "{" + strings.Join(items, ", ") + "}", true
}

// anyLiteral returns a default for a parameter of type any, with the type that a received argument would have.
func anyLiteral(l *pyLiteral) (string, bool) {
	switch l.Kind {
	case "int":
		_, err := strconv.ParseInt(l.Value, 10, 64)
		return "int64(" + l.Value + ")", err == nil
	case "float":
		return goLiteral(l, "float64")
	case "str":
		return goLiteral(l, "string")
	case "True", "False":
		return goLiteral(l, "bool")
	case "bytes":
		return goLiteral(l, "[]byte")
	case "list", "tuple":
		return goItems(l, "[]any", "any")
	case "dict":
		var b strings.Builder
		for i := 0; i+1 < len(l.Items); i += 2 {
			k, ok := anyLiteral(&l.Items[i])
			v, ok2 := goLiteral(&l.Items[i+1], "any")
			if !ok || !ok2 {
				return "", false
			}
			fmt.Fprintf(&b, "{Key: %s, Value: %s}, ", k, v)
		}
		return "codec.Dict{" + strings.TrimSuffix(b.String(), ", ") + "}", true
	}
	return "", false
}

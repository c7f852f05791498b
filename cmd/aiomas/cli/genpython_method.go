package cli

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strings"
)

// pythonMethod is an exposed function as it is declared in Python.
type pythonMethod struct {
	name, doc, result string
	params            []pythonParam
}

type pythonParam struct{ name, kind, hint, def string } // kinds as in pyParam; def is empty without a default

func (r *goReader) add(c *goClass, at ast.Node, wire string, o types.Object, sig *types.Signature, options []ast.Expr) {
	if slices.ContainsFunc(c.methods, func(m pythonMethod) bool { return m.name == wire }) {
		return
	}
	m := pythonMethod{name: wire}
	directive := ""
	if doc := r.docs[o]; doc != nil {
		m.doc = doc.Text()
		for _, line := range doc.List {
			if text, ok := strings.CutPrefix(line.Text, "//aiomas:python "); ok {
				directive = text
			}
		}
	}
	derived := pythonMethod{name: wire}
	r.derive(&derived, at, sig, options) // also collects the structs
	if directive == "" || !m.parse(directive) {
		m.params, m.result = derived.params, derived.result
	} else {
		m.doc = withoutNotes(m.doc, wire)
	}
	c.methods = append(c.methods, m)
}

// withoutNotes removes the notes about Go from a comment written by gen go.
func withoutNotes(doc, wire string) string {
	parts := strings.Split(doc, "\n\n")
	parts = slices.DeleteFunc(parts, func(p string) bool {
		before, _, ok := strings.Cut(p, ": "+wire+": ")
		return ok && strings.Contains(before, ".py:") && !strings.Contains(before, " ")
	})
	return strings.Join(parts, "\n\n")
}

// derive determines the Python signature from the Go signature and the options of Expose.
func (r *goReader) derive(m *pythonMethod, at ast.Node, sig *types.Signature, options []ast.Expr) {
	names, defaults, keywords := r.options(at, options)
	params := slices.Collect(sig.Params().Variables())
	if len(params) > 0 && params[0].Type().String() == "context.Context" {
		params = params[1:]
	}
	var rest, kwargs *types.Var
	if n := len(params) - 1; sig.Variadic() {
		rest, params = params[n], params[:n]
	}
	if n := len(params) - 1; n >= 0 && isKwargs(params[n].Type()) {
		kwargs, params = params[n], params[:n]
	}
	var optional *types.Var
	if n := len(params) - 1; keywords != nil && n >= 0 {
		optional, params = params[n], params[:n]
	}
	for i, p := range params {
		kind, name := "only", snakeCase(p.Name())
		if i < len(names) {
			kind, name = "normal", names[i]
		}
		if name == "" || name == "_" {
			name = "arg" + string(rune('0'+i%10))
		}
		m.params = append(m.params, pythonParam{name, kind, r.hint(p.Type(), 0), defaults[name]})
	}
	if rest != nil {
		m.params = append(m.params, pythonParam{snakeCase(rest.Name()), "args", r.hint(rest.Type().(*types.Slice).Elem(), 0), ""})
	}
	if optional != nil {
		r.keywords(m, optional.Type(), keywords)
	}
	if kwargs != nil {
		m.params = append(m.params, pythonParam{"kwargs", "kwargs", "Any", ""})
	}
	var results []string
	for v := range sig.Results().Variables() {
		if v.Type().String() != "error" {
			results = append(results, r.hint(v.Type(), 0))
		}
	}
	switch len(results) {
	case 0:
		m.result = "None"
	case 1:
		m.result = results[0]
	default:
		m.result = "Tuple[" + strings.Join(results, ", ") + "]"
	}
}

func isKwargs(t types.Type) bool {
	s := types.Unalias(t).String()
	return s == modulePath+"aiomas.Kwargs" || s == modulePath+"aiomas.RawKwargs"
}

// options evaluates the options of Expose. keywords is the argument list of KeywordStruct, or nil without it.
func (r *goReader) options(at ast.Node, options []ast.Expr) (names []string, defaults map[string]string, keywords []ast.Expr) {
	defaults = map[string]string{}
	for _, e := range options {
		if o := r.object(e); o != nil && r.inits[o] != nil {
			e = r.inits[o] // a variable of gen params
		}
		call, ok := ast.Unparen(e).(*ast.CallExpr)
		if !ok {
			r.note(at, "an option of an exposed function is not known")
			continue
		}
		switch r.calls(call) {
		case "aiomas.Params":
			for _, a := range call.Args {
				names = append(names, r.text(a))
			}
		case "aiomas.Defaults":
			if lit, ok := ast.Unparen(call.Args[0]).(*ast.CompositeLit); ok {
				for _, e := range lit.Elts {
					kv := e.(*ast.KeyValueExpr)
					defaults[r.text(kv.Key)] = r.value(kv.Value)
				}
			} else {
				r.note(at, "the defaults of an exposed function are no literal")
			}
		case "aiomas.KeywordStruct":
			keywords = append([]ast.Expr{}, call.Args...)
		}
	}
	return names, defaults, keywords
}

func (r *goReader) keywords(m *pythonMethod, t types.Type, defaults []ast.Expr) {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	set := map[string]string{}
	unknown := len(defaults) > 0
	if unknown {
		if lit, ok := ast.Unparen(defaults[0]).(*ast.CompositeLit); ok {
			unknown = false
			for _, e := range lit.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					set[kv.Key.(*ast.Ident).Name] = r.value(kv.Value)
				} else {
					unknown = true
				}
			}
		}
	}
	for i := range s.NumFields() {
		f := s.Field(i)
		name, options, _ := strings.Cut(reflect.StructTag(s.Tag(i)).Get("aiomas"), ",")
		if !f.Exported() || name == "-" {
			continue
		}
		if name == "" {
			name = snakeCase(f.Name())
		}
		def, ok := set[f.Name()]
		switch {
		case strings.Contains(options, "required"):
			def = ""
		case unknown:
			def = "..."
		case !ok:
			def = zeroValue(f.Type())
		}
		m.params = append(m.params, pythonParam{name, "keyword", r.hint(f.Type(), 0), def})
	}
}

// parse parses the signature that gen go has left in a comment.
func (m *pythonMethod) parse(text string) bool {
	_, list, found := strings.Cut(text, "(")
	if !found {
		return false
	}
	parts, after := splitTop(list)
	m.result = strings.TrimPrefix(strings.TrimSpace(after), "-> ")
	kind := "normal"
	for _, p := range parts {
		switch p {
		case "/":
			for i := range m.params {
				m.params[i].kind = "only"
			}
			continue
		case "*":
			kind = "keyword"
			continue
		}
		one := pythonParam{kind: kind}
		if rest, ok := strings.CutPrefix(p, "**"); ok {
			p, one.kind = rest, "kwargs"
		} else if rest, ok := strings.CutPrefix(p, "*"); ok {
			p, one.kind, kind = rest, "args", "keyword"
		}
		one.name = p
		if i := strings.IndexAny(p, ":="); i >= 0 {
			one.name = p[:i]
			if rest := p[i+1:]; p[i] == ':' {
				one.hint, one.def, _ = strings.Cut(strings.TrimSpace(rest), " = ")
			} else {
				one.def = rest
			}
		}
		m.params = append(m.params, one)
	}
	return true
}

// splitTop splits the text after an opening bracket at its commas. It also returns the text after the closing
// bracket.
func splitTop(s string) (parts []string, after string) {
	depth, start := 0, 0
	flush := func(end int) {
		if p := strings.TrimSpace(s[start:end]); p != "" {
			parts = append(parts, p)
		}
		start = end + 1
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'':
			for i++; i < len(s) && s[i] != '\''; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '(', '[', '{':
			depth++
		case ',':
			if depth == 0 {
				flush(i)
			}
		case ')', ']', '}':
			if depth == 0 {
				flush(i)
				return parts, s[i+1:]
			}
			depth--
		}
	}
	return parts, ""
}

package cli

import (
	"fmt"
	"slices"
	"strings"
)

// goMethod is a method during its generation.
type goMethod struct {
	*pyMethod
	name     string
	params   []goParam
	results  []goType // of a client
	returns  []goType // of a service
	notes    []string
	keywords string // the struct of a service's keyword-only arguments, or ""
}

type goParam struct {
	pyParam
	name        string // its name in Go
	option      string // the function that returns it as an option; empty if it is a parameter
	sent, taken goType
	def         string // in Go; empty if there is none
}

// early returns the arguments with defaults that may have to be passed by position.
func (m *goMethod) early() (names []string) {
	only := m.only()
	if m.kind("args") == nil {
		return only
	}
	for _, p := range m.params {
		if p.option != "" && (p.Kind == "only" || p.Kind == "normal") {
			names = append(names, p.Name)
		}
	}
	return names
}

// only returns the optional arguments that can be passed only by position.
func (m *goMethod) only() (names []string) {
	for _, p := range m.params {
		if p.option != "" && p.Kind == "only" {
			names = append(names, p.Name)
		}
	}
	return names
}

func (m *goMethod) kind(kind string) *goParam {
	for i := range m.params {
		if m.params[i].Kind == kind {
			return &m.params[i]
		}
	}
	return nil
}

func (g *goWriter) method(s *goService, p *pyMethod, name string) *goMethod {
	m := &goMethod{pyMethod: p, name: name}
	note := func(f string, args ...any) {
		m.notes = append(m.notes, g.note(p.Path, p.Line, "%s: %s", p.Name, fmt.Sprintf(f, args...)))
	}
	taken := paramNames()
	named := slices.ContainsFunc(p.Params, func(q pyParam) bool { return q.Kind == "normal" || q.Default != nil && q.Kind == "only" })
	for _, q := range p.Params {
		gp := goParam{pyParam: q, name: taken.takeParam(q.Name), sent: g.hintType(q.Hint, true), taken: g.hintType(q.Hint, false)}
		if gp.sent.note != "" {
			note("%s: %s", q.Name, gp.sent.note)
		}
		if q.Kind == "only" && named {
			note("%s can be passed by keyword to a service in Go, too", q.Name)
		}
		if q.Kind == "kwargs" && q.Hint != nil {
			note("the values of **%s are %s", q.Name, hintText(q.Hint))
		}
		if q.Default != nil {
			gp.option = g.top.take(s.name + name + goName(q.Name))
			g.top[gp.option] = true
			if why := gp.setDefault(g); why != "" {
				note("%s: %s", q.Name, why)
			}
		}
		m.params = append(m.params, gp)
	}
	if m.kind("keyword") != nil {
		if m.kind("args") == nil && m.kind("kwargs") == nil {
			m.keywords = g.top.take(s.name + name + "Keywords")
		} else {
			note("a service in Go finds its keyword-only arguments among kwargs")
		}
	}
	m.setResults(g, note)
	return m
}

// setDefault determines the default of a service's parameter. It returns a reason if it differs from that in Python.
func (p *goParam) setDefault(g *goWriter) string {
	if p.Default.Kind == "None" && !p.taken.nilable {
		p.taken = g.optional(p.taken, false)
		p.sent = g.optional(p.sent, true)
	}
	if text, ok := goLiteral(p.Default, p.taken.text); ok {
		p.def = text
		return ""
	}
	p.def = "nil"
	if !p.taken.nilable {
		p.taken = g.optional(p.taken, false)
	}
	return "nil stands for its default, " + defaultText(p.Default) + ", in a service in Go"
}

func (m *goMethod) setResults(g *goWriter, note func(string, ...any)) {
	h := m.Result
	for h != nil && (h.Name == "Awaitable" && len(h.Args) == 1 || h.Name == "Coroutine" && len(h.Args) == 3) {
		h = &h.Args[len(h.Args)-1]
	}
	if h == nil {
		m.results, m.returns = []goType{anyType}, []goType{anyType}
		return
	}
	if h.Name == "None" || h.Name == "NoReturn" {
		return
	}
	each := []pyHint{*h}
	if h.Name == "tuple" || h.Name == "Tuple" {
		if n := len(h.Args); n > 1 && h.Args[1].Name != "..." {
			each = h.Args
		}
	}
	for _, e := range each {
		got, sent := g.hintType(&e, false), g.hintType(&e, true)
		if got.note != "" {
			note("result: %s", got.note)
		}
		m.results, m.returns = append(m.results, got), append(m.returns, sent)
	}
}

// signature returns the method's signature in Python.
func (m *goMethod) signature() string {
	var out []string
	star := false
	for i, p := range m.params {
		text := p.Name
		switch {
		case p.Kind == "args":
			text, star = "*"+text, true
		case p.Kind == "kwargs":
			text = "**" + text
		case p.Kind == "keyword" && !star:
			out, star = append(out, "*"), true
		}
		equals := "="
		if p.Hint != nil {
			text, equals = text+": "+hintText(p.Hint), " = "
		}
		if p.Default != nil {
			text += equals + literalText(p.Default)
		}
		out = append(out, text)
		if p.Kind == "only" && (i+1 == len(m.params) || m.params[i+1].Kind != "only") {
			out = append(out, "/")
		}
	}
	text := m.Name + "(" + strings.Join(out, ", ") + ")"
	if m.Result != nil {
		text += " -> " + hintText(m.Result)
	}
	return text
}

func resultList(types []goType) string {
	var list []string
	for _, t := range types {
		list = append(list, t.text)
	}
	list = append(list, "error")
	if len(list) == 1 {
		return "error"
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func (g *goWriter) clientMethod(s *goService, m *goMethod) {
	option := ""
	if slices.ContainsFunc(m.params, func(p goParam) bool { return p.option != "" }) {
		option = g.top.take(s.name + m.name + "Option")
		g.printf("// %s is an argument of %sClient.%s that has a default.\ntype %s func(aiomas.Kwargs)\n\n", option, s.name, m.name, option)
	}
	params := []string{"ctx context.Context"}
	var args []string
	keywords, rest, kwargs := "", "", ""
	for _, p := range m.params {
		switch {
		case p.option != "":
			g.printf("// %s passes %s to %sClient.%s; its default is %s.\n", p.option, p.Name, s.name, m.name, oneLine(defaultText(p.Default)))
			g.printf("func %s(%s %s) %s {\n\treturn func(kw aiomas.Kwargs) { kw[%q] = %s }\n}\n\n", p.option, p.name, p.sent.text, option, p.Name, p.name)
			continue
		case p.Kind == "args":
			rest = p.name
			params = append(params, p.name+" []"+p.sent.text)
			continue
		case p.Kind == "kwargs":
			kwargs = p.name
			params = append(params, p.name+" aiomas.Kwargs")
			continue
		case p.Kind == "keyword":
			keywords += fmt.Sprintf("%q: %s, ", p.Name, p.name)
		default:
			args = append(args, p.name)
		}
		params = append(params, p.name+" "+p.sent.text)
	}
	if option != "" {
		params = append(params, "opts ..."+option)
	}
	results := slices.Clone(m.results)
	wrap := ""
	if len(results) == 1 && results[0].service != "" && results[0].text == "*aiomas.Proxy" {
		wrap = g.services[results[0].service]
		results[0].text = "*" + wrap + "Client"
	}
	g.comment("", m.Doc, append(m.notes, "In Python it is "+oneLine(m.signature())+".")...)
	g.printf("func (c *%sClient) %s(%s) %s {\n", s.name, m.name, strings.Join(params, ", "), resultList(results))
	call := strings.Join(args, ", ")
	if option == "" && rest == "" && kwargs == "" {
		if keywords != "" {
			call = strings.TrimPrefix(call+", aiomas.Kwargs{"+strings.TrimSuffix(keywords, ", ")+"}", ", ")
		}
	} else {
		g.gather(m, results, call, keywords, rest, kwargs, option != "")
		call = "append(args, kw)..."
	}
	if call != "" {
		call = ", " + call
	}
	g.makeCall(m, results, wrap, call)
	g.printf("}\n\n")
}

func defaultText(l *pyLiteral) string {
	if l.Kind == "expr" {
		return l.Value
	}
	return literalText(l)
}

// gather writes the code that combines the arguments of a call with optional parts.
func (g *goWriter) gather(m *goMethod, results []goType, args, keywords, rest, kwargs string, options bool) {
	g.printf("\targs, kw := []any{%s}, aiomas.Kwargs{%s}\n", args, strings.TrimSuffix(keywords, ", "))
	if kwargs != "" {
		g.printf("\tfor name, v := range %s {\n\t\tkw[name] = v\n\t}\n", kwargs)
	}
	if options {
		g.printf("\tfor _, o := range opts {\n\t\to(kw)\n\t}\n")
	}
	if early := m.early(); len(early) > 0 {
		only, all := m.only(), "false"
		g.printf("\tnames := []string{%s}\n", quoteAll(only))
		if rest != "" {
			g.printf("\tif len(%s) > 0 {\n\t\tnames = []string{%s}\n\t}\n", rest, quoteAll(early))
			all = "len(" + rest + ") > 0"
		}
		g.printf("\targs, err := c.positional(args, kw, %s, names...)\n\tif err != nil {\n", all)
		for i, t := range results {
			g.printf("\t\tvar result%d %s\n", i, t.text)
		}
		g.printf("\t\treturn ")
		for i := range results {
			g.printf("result%d, ", i)
		}
		g.printf("err\n\t}\n")
	}
	if rest != "" {
		g.printf("\tfor _, v := range %s {\n\t\targs = append(args, v)\n\t}\n", rest)
	}
}

func (g *goWriter) makeCall(m *goMethod, results []goType, wrap, call string) {
	proxy := fmt.Sprintf("c.proxy.Sub(%q)", m.Name)
	switch {
	case len(results) == 0:
		g.printf("\treturn %s.Call(ctx, nil%s)\n", proxy, call)
	case wrap != "":
		g.printf("\tp, err := aiomas.Call[*aiomas.Proxy](ctx, %s%s)\n\tif err != nil || p == nil {\n\t\treturn nil, err\n\t}\n\treturn New%sClient(p), nil\n", proxy, call, wrap)
	case len(results) == 1:
		g.printf("\treturn aiomas.Call[%s](ctx, %s%s)\n", results[0].text, proxy, call)
	default:
		var vars, refs []string
		for i, t := range results {
			g.printf("\tvar result%d %s\n", i, t.text)
			vars, refs = append(vars, fmt.Sprintf("result%d", i)), append(refs, fmt.Sprintf("&result%d", i))
		}
		if strings.HasPrefix(call, ", append") {
			g.printf("\terr %s %s.Call(ctx, &codec.Tuple{%s}%s)\n", map[bool]string{true: "=", false: ":="}[len(m.early()) > 0], proxy, strings.Join(refs, ", "), call)
		} else {
			g.printf("\terr := %s.Call(ctx, &codec.Tuple{%s}%s)\n", proxy, strings.Join(refs, ", "), call)
		}
		g.printf("\treturn %s, err\n", strings.Join(vars, ", "))
	}
}

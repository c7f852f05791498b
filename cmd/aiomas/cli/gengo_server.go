package cli

import (
	"fmt"
	"strings"
)

func (g *goWriter) server(s *goService) {
	for _, m := range s.all {
		g.keywordStruct(s, m)
	}
	g.comment("", fmt.Sprintf("%[1]sService is what a service in Go does that serves what %[2]s of %[3]s serves; New%[1]sRouter serves it.", s.name, s.Name, s.Path), []string{s.Doc}[:min(1, len(s.Doc))]...)
	g.printf("type %sService interface {\n", s.name)
	for _, m := range s.all {
		g.comment("\t", m.Doc, m.notes...)
		if m.Doc != "" || len(m.notes) > 0 {
			g.printf("\t//\n")
		}
		g.printf("\t//aiomas:python %s\n\t%s(%s) %s\n", m.signature(), m.name, strings.Join(m.serverParams(true), ", "), resultList(m.returns))
	}
	g.printf("}\n\n// Unimplemented%[1]s is %[1]sService and raises NotImplementedError whatever is called. A type that embeds it need not\n// have all methods.\ntype Unimplemented%[1]s struct{}\n\n", s.name)
	for _, m := range s.all {
		results, values := resultList(m.returns), ""
		for i, t := range m.returns {
			values += fmt.Sprintf("\tvar result%d %s\n", i, t.text)
		}
		g.printf("// %s raises NotImplementedError.\nfunc (Unimplemented%s) %s(%s) %s {\n%s\treturn ", m.name, s.name, m.name, strings.Join(m.serverParams(false), ", "), results, values)
		for i := range m.returns {
			g.printf("result%d, ", i)
		}
		g.printf("aiomas.ExceptionType(\"NotImplementedError\").New(%q)\n}\n\n", m.Name)
	}
	subs, passed := "", ""
	for _, sub := range s.subs {
		subs += ", " + sub.param + " aiomas.Service"
		passed += ", " + sub.param
	}
	about := ""
	if len(s.subs) > 0 {
		about = " Sub-services that are nil are left out; it panics\n// if one hangs below another service."
	}
	g.printf("// New%[1]sRouter returns a router that serves s.%[3]s\nfunc New%[1]sRouter(s %[1]sService%[2]s) *aiomas.Router {\n\tr := aiomas.NewRouter()\n\texpose%[1]s(r, s%[4]s)\n\treturn r\n}\n\n", s.name, subs, about, passed)
	if s.Agent {
		g.printf("// Register%[1]s makes s an agent of c, of the class %[2]s.\nfunc Register%[1]s(c *agent.Container, s %[1]sService%[3]s, opts ...agent.RegisterOption) (*agent.Agent, error) {\n", s.name, s.Name, subs)
		class := s.Name[strings.LastIndexByte(s.Name, '.')+1:]
		g.printf("\topts = append([]agent.RegisterOption{agent.Class(%q), agent.Setup(func(r *aiomas.Router) error {\n\t\texpose%s(r, s%s)\n\t\treturn nil\n\t})}, opts...)\n\treturn c.Register(s, opts...)\n}\n\n", class, s.name, passed)
	}
	g.printf("func expose%[1]s(r *aiomas.Router, s %[1]sService%[2]s) {\n", s.name, subs)
	for _, m := range s.all {
		g.printf("\tr.Expose(%q, s.%s%s)\n", m.Name, m.name, m.options())
	}
	for _, sub := range s.subs {
		remark := ""
		if sub.service != "" {
			remark = " //aiomas:python " + sub.service
		}
		g.printf("\tif %[1]s != nil {\n\t\tif err := r.Add(%[2]q, %[1]s); err != nil {%[3]s\n\t\t\tpanic(err)\n\t\t}\n\t}\n", sub.param, sub.wire, remark)
	}
	g.printf("}\n\n")
}

func (g *goWriter) keywordStruct(s *goService, m *goMethod) {
	if m.keywords == "" {
		return
	}
	g.printf("// %s are the keyword-only arguments of %sService.%s.\ntype %s struct {\n", m.keywords, s.name, m.name, m.keywords)
	taken := names{}
	for i := range m.params {
		p := &m.params[i]
		if p.Kind != "keyword" {
			continue
		}
		tag := p.Name
		if p.Default == nil {
			tag += ",required"
		}
		field := taken.take(goName(p.Name))
		g.printf("\t%s %s `aiomas:%q`\n", field, p.taken.text, tag)
		p.name = field
	}
	g.printf("}\n\n")
}

// serverParams returns the parameters of a service's method, with their names if named is true.
func (m *goMethod) serverParams(named bool) []string {
	out := []string{"ctx context.Context"}
	kwargs, rest := "", ""
	if m.keywords == "" && m.kind("keyword") != nil {
		kwargs = "kwargs"
	}
	for _, p := range m.params {
		switch p.Kind {
		case "only", "normal":
			out = append(out, p.name+" "+p.taken.text)
		case "kwargs":
			kwargs = p.name
		case "args":
			rest = p.name + " ..." + p.taken.text
		}
	}
	if kwargs != "" {
		out = append(out, kwargs+" aiomas.Kwargs")
	}
	if m.keywords != "" {
		out = append(out, "keywords "+m.keywords)
	}
	if rest != "" {
		out = append(out, rest)
	}
	if !named {
		for i := range out {
			_, out[i], _ = strings.Cut(out[i], " ")
		}
	}
	return out
}

// options returns the options with which the method is exposed.
func (m *goMethod) options() string {
	var names []string
	defaults, keywords, byName := "", "", false
	for _, p := range m.params {
		switch p.Kind {
		case "only", "normal":
			names = append(names, p.Name)
			byName = byName || p.Kind == "normal" || p.Default != nil
			if p.Default != nil {
				defaults += fmt.Sprintf("%q: %s, ", p.Name, p.def)
			}
		case "keyword":
			if p.Default != nil && p.def != "nil" {
				keywords += fmt.Sprintf("%s: %s, ", p.name, p.def)
			}
		}
	}
	out := ""
	if byName {
		out += ", aiomas.Params(" + quoteAll(names) + ")"
	}
	if defaults != "" {
		out += ", aiomas.Defaults(aiomas.Kwargs{" + strings.TrimSuffix(defaults, ", ") + "})"
	}
	if m.keywords != "" {
		out += ", aiomas.KeywordStruct(" + m.keywords + "{" + strings.TrimSuffix(keywords, ", ") + "})"
	}
	return out
}

package cli

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const modulePath = "github.com/aiomas-go/aiomas-go/"

// goReader determines what a package exposes.
type goReader struct {
	*goPackage
	docs     map[types.Object]*ast.CommentGroup // of functions, methods and types
	inits    map[types.Object]ast.Expr          // initial values of variables and fields
	within   map[types.Object]string            // the function in which a variable is declared
	remarks  map[string]string                  // //aiomas:python at the end of a line, by file and line
	structs  map[*types.TypeName]string         // those with a class in Python: how they are encoded
	services []*goClass
	notes    []string
}

type goClass struct {
	name    string
	typ     *types.TypeName // nil for a plain router
	doc     string
	methods []pythonMethod
	subs    [][2]string // name, class
}

func newGoReader(p *goPackage) *goReader {
	r := &goReader{goPackage: p, docs: map[types.Object]*ast.CommentGroup{}, inits: map[types.Object]ast.Expr{}, within: map[types.Object]string{}, remarks: map[string]string{}, structs: map[*types.TypeName]string{}}
	for _, f := range p.files {
		for _, group := range f.Comments {
			for _, c := range group.List {
				if text, ok := strings.CutPrefix(c.Text, "//aiomas:python "); ok {
					r.remarks[r.where(c)] = text
				}
			}
		}
		for _, d := range f.Decls {
			r.declared(d)
		}
	}
	return r
}

func (r *goReader) where(n ast.Node) string {
	pos := r.set.Position(n.Pos())
	return filepath.Base(pos.Filename) + ":" + strconv.Itoa(pos.Line)
}

func (r *goReader) note(n ast.Node, f string, args ...any) {
	r.notes = append(r.notes, r.where(n)+": "+fmt.Sprintf(f, args...))
}

func (r *goReader) declared(d ast.Decl) {
	function := ""
	if fn, ok := d.(*ast.FuncDecl); ok {
		function = fn.Name.Name
		r.docs[r.info.Defs[fn.Name]] = fn.Doc
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			for _, s := range n.Specs {
				if t, ok := s.(*ast.TypeSpec); ok {
					if r.docs[r.info.Defs[t.Name]] = t.Doc; t.Doc == nil {
						r.docs[r.info.Defs[t.Name]] = n.Doc
					}
				}
			}
		case *ast.InterfaceType:
			for _, m := range n.Methods.List {
				for _, name := range m.Names {
					r.docs[r.info.Defs[name]] = m.Doc
				}
			}
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) {
				for i := range n.Lhs {
					r.initialised(n.Lhs[i], n.Rhs[i], function)
				}
			}
		case *ast.ValueSpec:
			for i := range min(len(n.Names), len(n.Values)) {
				r.initialised(n.Names[i], n.Values[i], function)
			}
		case *ast.KeyValueExpr:
			r.initialised(n.Key, n.Value, function)
		case *ast.Field:
			for _, name := range n.Names {
				r.within[r.info.Defs[name]] = function
			}
		case *ast.CallExpr:
			r.serializer(n)
		}
		return true
	})
}

func (r *goReader) initialised(at, v ast.Expr, function string) {
	if o := r.object(at); o != nil && r.inits[o] == nil {
		r.inits[o], r.within[o] = v, function
	}
}

// object returns the variable, field, function or method that an expression names.
func (r *goReader) object(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if o := r.info.Defs[e]; o != nil {
			return o
		}
		return r.info.Uses[e]
	case *ast.SelectorExpr:
		return r.info.Uses[e.Sel]
	case *ast.IndexExpr:
		return r.object(e.X)
	}
	return nil
}

// calls returns the name of the called function of this module's package, or Type.Name for a method.
func (r *goReader) calls(call *ast.CallExpr) string {
	f, ok := r.object(call.Fun).(*types.Func)
	if !ok || f.Pkg() == nil || !strings.HasPrefix(f.Pkg().Path(), modulePath) {
		return ""
	}
	name := f.Pkg().Name() + "."
	if recv := f.Signature().Recv(); recv != nil {
		if t := namedOf(recv.Type()); t != nil {
			name += t.Name() + "."
		}
	}
	return name + f.Name()
}

func namedOf(t types.Type) *types.TypeName {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

func (r *goReader) serializer(call *ast.CallExpr) {
	if index, ok := call.Fun.(*ast.IndexExpr); ok && r.calls(call) == "codec.NewStructSerializer" {
		if t := namedOf(r.info.TypeOf(index.Index)); t != nil {
			r.structs[t] = "serializable"
		}
	}
}

func (r *goReader) text(e ast.Expr) string {
	if v := r.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	return ""
}

// read finds all exposed classes, in the order of the source.
func (r *goReader) read() []*goClass {
	for _, f := range r.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				r.exposes(call)
			}
			return true
		})
	}
	r.services = slices.DeleteFunc(r.services, func(c *goClass) bool { return len(c.methods) == 0 && len(c.subs) == 0 })
	return r.services
}

func (r *goReader) exposes(call *ast.CallExpr) {
	name := r.calls(call)
	if name == "agent.Container.Register" && len(call.Args) > 0 {
		r.registers(call)
		return
	}
	on, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !strings.HasPrefix(name, "aiomas.Router.") || len(call.Args) == 0 {
		return
	}
	switch strings.TrimPrefix(name, "aiomas.Router.") {
	case "Expose":
		if c, wire := r.class(on.X), r.text(call.Args[0]); wire == "" {
			r.note(call, "the name of an exposed function is not a constant")
		} else if len(call.Args) > 1 {
			o := r.object(call.Args[1])
			if sig, ok := r.info.TypeOf(call.Args[1]).Underlying().(*types.Signature); ok {
				r.add(c, call, wire, o, sig, call.Args[2:])
			}
		}
	case "ExposeMethod":
		r.method(r.class(on.X), call, call.Args[0], call.Args[1:])
	case "ExposeMethods":
		for _, a := range call.Args {
			r.method(r.class(on.X), call, a, nil)
		}
	case "Add", "SetSubRouter":
		which, service := call.Args[0], call.Args[len(call.Args)-1]
		if strings.HasSuffix(name, "SetSubRouter") {
			which, service = service, which
		}
		c := r.class(on.X)
		sub := [2]string{r.text(which), r.classOf(service)}
		if remark := r.remarks[r.where(call)]; remark != "" {
			sub[1] = goName(remark)
		}
		if sub[0] == "" {
			r.note(call, "the name of a sub-service is not a constant")
		} else {
			if sub[1] == "" {
				r.note(call, "the class of the sub-service %s is not known", sub[0])
			}
			c.subs = append(c.subs, sub)
		}
	}
}

// registers reads the registration of an agent.
func (r *goReader) registers(call *ast.CallExpr) {
	t := namedOf(r.info.TypeOf(call.Args[0]))
	if t == nil {
		return
	}
	c := r.named(t.Name(), t)
	for _, a := range call.Args[1:] {
		option, ok := ast.Unparen(a).(*ast.CallExpr)
		if !ok {
			continue
		}
		switch r.calls(option) {
		case "agent.Expose":
			for _, m := range option.Args {
				r.method(c, option, m, nil)
			}
		case "agent.ExposeMethod":
			r.method(c, option, option.Args[0], option.Args[1:])
		case "agent.Sub":
			c.subs = append(c.subs, [2]string{r.text(option.Args[0]), r.classOf(option.Args[1])})
		}
	}
}

func (r *goReader) method(c *goClass, at *ast.CallExpr, name ast.Expr, options []ast.Expr) {
	method := r.text(name)
	if c.typ == nil || method == "" {
		r.note(at, "which method is exposed is not known")
		return
	}
	o, _, _ := types.LookupFieldOrMethod(types.NewPointer(c.typ.Type()), true, c.typ.Pkg(), method)
	f, ok := o.(*types.Func)
	if !ok {
		r.note(at, "%s has no method %s", c.name, method)
		return
	}
	wire := snakeCase(method)
	for _, option := range options {
		if call, ok := option.(*ast.CallExpr); ok && r.calls(call) == "aiomas.Name" {
			wire = r.text(call.Args[0])
		}
	}
	r.add(c, at, wire, f, f.Signature(), options)
}

// class returns the class of a router.
func (r *goReader) class(router ast.Expr) *goClass {
	o := r.object(router)
	init := ast.Expr(nil)
	if o != nil {
		init = r.inits[o]
	} else {
		init = router
	}
	if call, ok := ast.Unparen(orNil(init)).(*ast.CallExpr); ok && r.calls(call) == "aiomas.NewObjectRouter" {
		if t := namedOf(r.info.TypeOf(call.Args[0])); t != nil {
			return r.named(t.Name(), t)
		}
	}
	if o == nil {
		return r.named(goName(r.types.Name()), nil)
	}
	name := o.Name()
	if name == "r" || name == "router" || name == "root" {
		name = withoutAffixes(r.within[o])
	}
	if name == "" || name == "main" {
		name = r.types.Name()
	}
	return r.named(goName(name), nil)
}

func orNil(e ast.Expr) ast.Expr {
	if e == nil {
		return &ast.BadExpr{}
	}
	return e
}

// withoutAffixes returns the name of the class for a function that makes a router: Math for NewMathRouter.
func withoutAffixes(function string) string {
	for _, prefix := range []string{"New", "new", "Expose", "expose", "Register", "register"} {
		if rest, ok := strings.CutPrefix(function, prefix); ok && rest != "" {
			function = rest
			break
		}
	}
	if rest := strings.TrimSuffix(function, "Router"); rest != "" {
		return rest
	}
	return function
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func (r *goReader) named(name string, t *types.TypeName) *goClass {
	name = upperFirst(name)
	for _, c := range r.services {
		if c.name == name && (c.typ == t || c.typ == nil || t == nil) {
			if c.typ == nil {
				c.typ = t
			}
			return c
		}
	}
	c := &goClass{name: name, typ: t}
	for _, n := range []string{name, lowerFirst(name), name + "Service"} {
		if o := r.types.Scope().Lookup(n); o != nil && r.docs[o] != nil && c.doc == "" {
			c.doc = r.docs[o].Text()
			if strings.HasPrefix(c.doc, name+"Service is what a service in Go does") { // written by gen go
				_, c.doc, _ = strings.Cut(c.doc, "\n\n")
			}
		}
	}
	r.services = append(r.services, c)
	return c
}

// classOf returns the class of a service given as a value, or "".
func (r *goReader) classOf(e ast.Expr) string {
	if t := namedOf(r.info.TypeOf(e)); t != nil && t.Pkg() == r.types {
		return t.Name()
	}
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		if o := r.object(call.Fun); o != nil && o.Pkg() == r.types {
			return goName(withoutAffixes(o.Name()))
		}
		return ""
	}
	if o := r.object(e); o != nil && r.inits[o] != nil {
		if call, ok := r.inits[o].(*ast.CallExpr); ok && !strings.HasPrefix(r.calls(call), "aiomas.New") {
			return r.classOf(call)
		}
		return r.class(e).name
	}
	return ""
}

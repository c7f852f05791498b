package cli

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
)

// zeroValue returns the Python expression for the zero value of a type.
func zeroValue(t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if zero := zeroOf[basicHint(u)]; zero != "" {
			return zero
		}
	case *types.Pointer, *types.Interface:
		return "None"
	}
	return "..."
}

var zeroOf = map[string]string{"bool": "False", "int": "0", "float": "0.0", "str": "''"}

// basicHint returns the type hint for a basic type, or "" if no codec supports it.
func basicHint(b *types.Basic) string {
	switch info := b.Info(); {
	case info&types.IsBoolean != 0:
		return "bool"
	case info&types.IsInteger != 0:
		return "int"
	case info&types.IsFloat != 0:
		return "float"
	case info&types.IsString != 0:
		return "str"
	}
	return ""
}

// value returns the Python expression for a constant Go expression, or ... if it is not constant.
func (r *goReader) value(e ast.Expr) string {
	tv := r.info.Types[e]
	switch {
	case tv.IsNil():
		return "None"
	case tv.Value == nil:
		if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && len(call.Args) == 1 && r.info.Types[call.Fun].IsType() {
			return r.value(call.Args[0])
		}
		return "..."
	}
	switch v := tv.Value; v.Kind() {
	case constant.Bool:
		return map[bool]string{true: "True", false: "False"}[constant.BoolVal(v)]
	case constant.String:
		return pyString(constant.StringVal(v))
	case constant.Int:
		if b, ok := tv.Type.Underlying().(*types.Basic); ok && b.Info()&types.IsFloat != 0 {
			return v.ExactString() + ".0"
		}
		return v.ExactString()
	case constant.Float:
		text := v.String()
		if f, ok := constant.Float64Val(v); ok || f != 0 {
			text = formatFloat(f)
		}
		return text
	case constant.Complex, constant.Unknown:
	}
	return "..."
}

func formatFloat(f float64) string {
	text, err := formatJSON(f, -1)
	if err != nil {
		return "..."
	}
	return string(text)
}

// hint returns the type hint for a Go type.
func (r *goReader) hint(t types.Type, depth int) string {
	if depth > 20 {
		return "Any"
	}
	in := func(t types.Type) string { return r.hint(t, depth+1) }
	t = types.Unalias(t)
	if known := knownTypes[t.String()]; known != "" {
		return known
	}
	if t.String() == "time.Time" { // a date on connections of containers, text on others
		for _, p := range r.types.Imports() {
			if p.Path() == modulePath+"aiomas/agent" {
				return "arrow.Arrow"
			}
		}
		return "str"
	}
	if p, ok := t.(*types.Pointer); ok && (p.Elem().String() == "time.Time" || knownTypes[p.Elem().String()] != "") {
		return "Optional[" + in(p.Elem()) + "]"
	}
	if n := namedOf(t); n != nil {
		if h := r.namedHint(n, t); h != "" {
			return h
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return cmp.Or(basicHint(u), "Any")
	case *types.Pointer:
		inner := in(u.Elem())
		if strings.HasPrefix(inner, "Optional[") || inner == "Any" {
			return inner
		}
		return "Optional[" + inner + "]"
	case *types.Slice:
		if types.Identical(u.Elem(), types.Typ[types.Byte]) {
			return "bytes"
		}
		return "List[" + in(u.Elem()) + "]"
	case *types.Array:
		if types.Identical(u.Elem(), types.Typ[types.Byte]) {
			return "bytes"
		}
		if u.Len() == 0 || u.Len() > 16 {
			return "Tuple[" + in(u.Elem()) + ", ...]"
		}
		return "Tuple[" + strings.TrimSuffix(strings.Repeat(in(u.Elem())+", ", int(u.Len())), ", ") + "]"
	case *types.Map:
		return "Dict[" + in(u.Key()) + ", " + in(u.Elem()) + "]"
	case *types.Struct:
		return "Dict[str, Any]"
	}
	return "Any"
}

var knownTypes = map[string]string{
	"*" + modulePath + "aiomas.Proxy": "Any", modulePath + "codec.Dict": "dict", modulePath + "codec.Tuple": "tuple",
	modulePath + "codec.Value": "Any", modulePath + "aiomas.Service": "aiomas.rpc.Proxy", "*" + modulePath + "aiomas.Router": "aiomas.rpc.Proxy",
	"*math/big.Int": "int", "math/big.Int": "int", "time.Duration": "int",
	modulePath + "codec/ndarray.Array": "numpy.ndarray", "encoding/json.Number": "Any", "encoding/json.RawMessage": "Any",
}

// namedHint returns the type hint for a named type that is not a plain value, or "".
func (r *goReader) namedHint(n *types.TypeName, t types.Type) string {
	pointer := types.NewPointer(n.Type())
	if o, _, _ := types.LookupFieldOrMethod(pointer, false, n.Pkg(), "Router"); o != nil && strings.HasSuffix(o.Type().String(), "func() *"+modulePath+"aiomas.Router") {
		if slices.ContainsFunc(r.services, func(c *goClass) bool { return c.typ == n }) || n.Pkg() == r.types {
			return n.Name()
		}
		return "aiomas.rpc.Proxy"
	}
	for _, marshaler := range []string{"MarshalText", "MarshalJSON"} {
		if o, _, _ := types.LookupFieldOrMethod(pointer, false, n.Pkg(), marshaler); o != nil {
			return map[string]string{"MarshalText": "str", "MarshalJSON": "Any"}[marshaler]
		}
	}
	s, ok := n.Type().Underlying().(*types.Struct)
	if !ok || !n.Exported() && n.Pkg() != r.types || !token.IsIdentifier(n.Name()) {
		return ""
	}
	if r.structs[n] == "" {
		r.structs[n] = "dict"
		if s.NumFields() > 0 && strings.HasSuffix(reflect.StructTag(s.Tag(0)).Get("aiomas"), ",list") {
			r.structs[n] = "list"
		}
	}
	if _, ok := types.Unalias(t).(*types.Pointer); ok {
		return "Optional[" + n.Name() + "]"
	}
	return n.Name()
}

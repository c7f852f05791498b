package mosaik

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Params are the keyword arguments of Init and Create.
type Params struct {
	// TimeResolution is the number of seconds in a step of time. It is set for Init only.
	TimeResolution float64

	call   string // "init", "create"
	values map[string]codec.Value
}

// Has reports whether a parameter was passed.
func (p Params) Has(name string) bool {
	_, ok := p.values[name]
	return ok
}

// Names returns the names of the passed parameters, sorted.
func (p Params) Names() []string { return sortedKeys(p.values) }

// Get returns the value of a parameter, or None.
func (p Params) Get(name string) Value {
	if v, ok := p.values[name]; ok {
		return ValueOf(v)
	}
	return Value{}
}

// Decode stores the parameters in the fields of the struct that target points to, which are
// named by tags:
//
//	p := struct {
//		StepSize int64   `mosaik:"step_size"`
//		File     string  `mosaik:"file,required"`
//	}{StepSize: 60}
//	err := params.Decode(&p)
//
// The value of a field before the call is its default. It is a TypeError with Python's text
// if a parameter has no field, if a required parameter was not passed, or if a value does
// not fit. Fields without a tag are ignored. A target may also be a *map[string]any, which
// accepts all parameters.
func (p Params) Decode(target any) error {
	if m, ok := target.(*map[string]any); ok {
		return p.decodeMap(m)
	}
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("mosaik: Params.Decode needs a pointer to a struct or to a map[string]any, not %T", target)
	}
	fields := taggedFields(v.Elem().Type())
	return p.decodeInto(v.Elem(), fields)
}

func (p Params) decodeMap(m *map[string]any) error {
	if *m == nil {
		*m = make(map[string]any, len(p.values))
	}
	for name, v := range p.values {
		x, err := v.Any()
		if err != nil {
			return p.unfit(name, err)
		}
		(*m)[name] = x
	}
	return nil
}

func (p Params) decodeInto(v reflect.Value, fields []taggedField) error {
	known := make(map[string]taggedField, len(fields))
	var missing []string
	for _, f := range fields {
		known[f.name] = f
		if f.has("required") && !p.Has(f.name) {
			missing = append(missing, "'"+f.name+"'")
		}
	}
	for _, name := range p.Names() {
		f, ok := known[name]
		if !ok {
			return aiomas.TypeError.Errorf("%s() got an unexpected keyword argument '%s'", p.call, name)
		}
		if err := p.values[name].Decode(v.FieldByIndex(f.index).Addr().Interface()); err != nil {
			return p.unfit(name, err)
		}
	}
	switch n := len(missing); {
	case n == 1:
		return aiomas.TypeError.Errorf("%s() missing 1 required positional argument: %s", p.call, missing[0])
	case n == 2:
		return aiomas.TypeError.Errorf("%s() missing 2 required positional arguments: %s and %s", p.call, missing[0], missing[1])
	case n > 2:
		return aiomas.TypeError.Errorf("%s() missing %d required positional arguments: %s, and %s", p.call, n,
			strings.Join(missing[:n-1], ", "), missing[n-1])
	}
	return nil
}

func (p Params) unfit(name string, err error) error {
	return aiomas.TypeError.Errorf("%s() argument '%s': %w", p.call, name, err)
}

// taggedField is a field with a tag `mosaik:"name,option,…"`.
type taggedField struct {
	name    string
	options []string
	index   []int
	typ     reflect.Type
}

func (f taggedField) has(option string) bool {
	return slices.Contains(f.options, option)
}

// taggedFields returns the exported fields of a struct type that have a tag.
func taggedFields(t reflect.Type) []taggedField {
	var out []taggedField
	for _, sf := range reflect.VisibleFields(t) {
		tag, ok := sf.Tag.Lookup("mosaik")
		if !ok || tag == "-" || !sf.IsExported() {
			continue
		}
		parts := strings.Split(tag, ",")
		out = append(out, taggedField{parts[0], parts[1:], sf.Index, sf.Type})
	}
	return out
}

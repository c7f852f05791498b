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
	// TimeResolution is how many seconds a step of time is; of Init only.
	TimeResolution float64

	call   string // "init", "create"
	values map[string]codec.Value
}

// Has tells that a parameter was passed.
func (p Params) Has(name string) bool {
	_, ok := p.values[name]
	return ok
}

// Names returns the names of what was passed, sorted.
func (p Params) Names() []string { return sortedKeys(p.values) }

// Get returns a parameter, or None.
func (p Params) Get(name string) Value {
	if v, ok := p.values[name]; ok {
		return ValueOf(v)
	}
	return Value{}
}

// Decode puts the parameters into the fields of the struct that target points to,
// which are named by tags:
//
//	p := struct {
//		StepSize int64   `mosaik:"step_size"`
//		File     string  `mosaik:"file,required"`
//	}{StepSize: 60}
//	err := params.Decode(&p)
//
// What a field holds is its default. A parameter without a field is a TypeError
// in Python's words, and so is a required one that is not passed, and one that
// does not fit. Fields without a tag are no parameters. A target may also be a
// *map[string]any, which takes all.
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

// taggedFields are the exported fields of a struct type that have a tag.
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

package function

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// keywordsOf returns the keyword-only parameters of a function whose parameters
// without a context are in: the fields of the last one, a struct. types is in
// without a variadic parameter and a parameter for remaining keyword arguments,
// neither of which is allowed.
func keywordsOf(in, types []reflect.Type) ([]param, error) {
	if len(types) != len(in) {
		return nil, errors.New("the struct must be the last parameter")
	}
	if len(types) == 0 || types[len(types)-1].Kind() != reflect.Struct {
		return nil, errors.New("the last parameter is not a struct")
	}
	last := types[len(types)-1]
	keywords, err := keywordFields(nil, last, nil, nil)
	if err != nil {
		return nil, err
	}
	if len(keywords) == 0 {
		return nil, fmt.Errorf("%v has no exported fields", last)
	}
	seen := make(map[string]bool, len(keywords))
	for _, k := range keywords {
		if seen[k.name] {
			return nil, fmt.Errorf("%v has two fields for %q", last, k.name)
		}
		seen[k.name] = true
	}
	return keywords, nil
}

// setPrefill sets the initial value of the keyword struct, which has type last.
func (p *plan) setPrefill(last reflect.Type, defaults []any) error {
	switch {
	case len(defaults) == 0:
		return nil
	case len(defaults) > 1:
		return errors.New("more than one struct of defaults")
	case reflect.TypeOf(defaults[0]) != last:
		return fmt.Errorf("the defaults are a %T, the last parameter is a %v", defaults[0], last)
	}
	p.prefill = reflect.ValueOf(defaults[0])
	return nil
}

// keywordFields appends the fields of the keyword struct t to list. t is embedded
// in the types around, at the index prefix of the outermost. An embedded struct that
// has a name in its tag is one field.
func keywordFields(list []param, t reflect.Type, prefix []int, around []reflect.Type) ([]param, error) {
	around = append(slices.Clip(around), t)
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := sf.Tag.Get("aiomas")
		if tag == "-" {
			continue
		}
		name, required, err := keywordTag(tag)
		if err != nil {
			return nil, fmt.Errorf("the field %s of %v: %w", sf.Name, t, err)
		}
		index := append(slices.Clip(prefix), i)
		embedded, isPointer := sf.Type, sf.Type.Kind() == reflect.Pointer
		if isPointer {
			embedded = embedded.Elem()
		}
		switch {
		case sf.Anonymous && name == "" && embedded.Kind() == reflect.Struct:
			if isPointer && (!sf.IsExported() || slices.Contains(around, embedded)) {
				return nil, fmt.Errorf("the embedded pointer %v of %v cannot be made: embed the struct itself", sf.Type, t)
			}
			if list, err = keywordFields(list, embedded, index, around); err != nil {
				return nil, err
			}
			continue
		case !sf.IsExported():
			continue
		case name == "":
			name = snake.Case(sf.Name)
		}
		list = append(list, param{name: name, required: required, field: index})
	}
	return list, nil
}

// fieldAt returns the field of v at index. Embedded struct pointers on the path are
// allocated, or copied if set, since they may be shared.
func fieldAt(v reflect.Value, index []int) reflect.Value {
	for i, n := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			p := reflect.New(v.Type().Elem())
			if !v.IsNil() {
				p.Elem().Set(v.Elem())
			}
			v.Set(p)
			v = p.Elem()
		}
		v = v.Field(n)
	}
	return v
}

func keywordTag(tag string) (name string, required bool, err error) {
	name, options, _ := strings.Cut(tag, ",")
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "required":
			required = true
		case "", "omitempty", "omitzero", "list": // for the struct as a value
		default:
			return "", false, fmt.Errorf("the tag has an unknown option %q", option)
		}
	}
	return name, required, nil
}

package aiomas

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// KeywordStruct says that the last parameter, a struct, takes keyword-only
// arguments: each exported field is one, named like a field on the wire (tag
// `aiomas:"name"`, else snake_case), those of embedded structs included. A field
// tagged `aiomas:"name,required"` must be passed. The others are as in defaults, a
// struct of the same type, or else zero. All calls share the maps and slices of
// defaults, as with [Defaults].
//
//	func plan(ctx context.Context, opts Options) error { … }
//
//	r.Expose("plan", plan, aiomas.KeywordStruct(Options{Horizon: 24}))
func KeywordStruct(defaults ...any) ExposeOption {
	return func(e *exposure) { e.keywords, e.prefill = true, defaults }
}

// addKeywords takes the last of types as a keyword struct.
func (p *plan) addKeywords(types []reflect.Type, defaults []any) error {
	if p.variadic != nil || p.kwargsAt >= 0 {
		return errors.New("the struct must be the last parameter")
	}
	if len(types) == 0 || types[len(types)-1].Kind() != reflect.Struct {
		return errors.New("the last parameter is not a struct")
	}
	last := types[len(types)-1]
	var err error
	if p.keywords, err = keywordFields(nil, last, nil, nil); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, k := range p.keywords {
		if seen[k.name] {
			return fmt.Errorf("%v has two fields for %q", last, k.name)
		}
		seen[k.name] = true
	}
	switch {
	case len(p.keywords) == 0:
		return fmt.Errorf("%v has no exported fields", last)
	case len(defaults) > 1:
		return errors.New("more than one struct of defaults")
	case len(defaults) == 1 && reflect.TypeOf(defaults[0]) != last:
		return fmt.Errorf("the defaults are a %T, the last parameter is a %v", defaults[0], last)
	case len(defaults) == 1:
		p.prefill = reflect.ValueOf(defaults[0])
	}
	return nil
}

// keywordFields appends the fields of the keyword struct t, which is embedded at
// prefix in the types around. What is embedded with a name of its own is one field.
func keywordFields(list []param, t reflect.Type, prefix []int, around []reflect.Type) ([]param, error) {
	around = append(around[:len(around):len(around)], t)
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
		index := append(prefix[:len(prefix):len(prefix)], i)
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
		list = append(list, param{name: name, typ: sf.Type, required: required, field: index})
	}
	return list, nil
}

func keywordTag(tag string) (name string, required bool, err error) {
	name, options, _ := strings.Cut(tag, ",")
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "required":
			required = true
		case "", "omitempty", "omitzero", "list": // of the struct as a value
		default:
			return "", false, fmt.Errorf("the tag has an unknown option %q", option)
		}
	}
	return name, required, nil
}

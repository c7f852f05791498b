package mosaik

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// modelPlan is the meaning of the tags of a struct.
type modelPlan struct {
	params  []taggedField
	inputs  []taggedField
	outputs []taggedField
	attrs   []string
	any     *taggedField // takes all other attributes
	held    bool         // there are non-trigger inputs or persistent outputs
	events  bool         // there are triggers or non-persistent outputs
}

var modelOptions = []string{"param", "required", "in", "trigger", "out", "event", "precise"}

var anyInputsType = reflect.TypeFor[map[string][]Input]()

func planModel[T any]() (*modelPlan, error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v is not a struct", t)
	}
	p := new(modelPlan)
	for _, f := range taggedFields(t) {
		if err := p.add(t, f); err != nil {
			return nil, fmt.Errorf("%v.%s: %w", t, t.FieldByIndex(f.index).Name, err)
		}
	}
	return p, nil
}

func (p *modelPlan) add(t reflect.Type, f taggedField) error {
	for _, o := range f.options {
		if !slices.Contains(modelOptions, o) {
			return fmt.Errorf("no option %q in the tag; there are %s", o, strings.Join(modelOptions, ", "))
		}
	}
	isIn, isOut := f.has("in") || f.has("trigger"), f.has("out") || f.has("event")
	isParam := f.has("param") || f.has("required")
	switch {
	case f.name == "":
		return fmt.Errorf("no name in the tag")
	case !isIn && !isOut && !isParam:
		return fmt.Errorf("the tag says none of param, in, trigger, out, event")
	case f.name == "*":
		if f.typ != anyInputsType || isOut || isParam || p.any != nil {
			return fmt.Errorf("only one input of type %v can be named *", anyInputsType)
		}
		p.any = &f
		p.events = p.events || f.has("trigger")
		p.held = p.held || !f.has("trigger")
		return nil
	}
	if isParam {
		if has(p.params, f.name) {
			return fmt.Errorf("there is another parameter %q", f.name)
		}
		p.params = append(p.params, f)
	}
	if isIn {
		if has(p.inputs, f.name) {
			return fmt.Errorf("there is another input %q", f.name)
		}
		p.inputs = append(p.inputs, f)
		p.events = p.events || f.has("trigger")
		p.held = p.held || !f.has("trigger")
	}
	if isOut {
		if has(p.outputs, f.name) {
			return fmt.Errorf("there is another output %q", f.name)
		}
		p.outputs = append(p.outputs, f)
		p.events = p.events || f.has("event")
		p.held = p.held || !f.has("event")
	}
	if (isIn || isOut) && !slices.Contains(p.attrs, f.name) {
		p.attrs = append(p.attrs, f.name)
	}
	return nil
}

func has(list []taggedField, name string) bool {
	return slices.ContainsFunc(list, func(f taggedField) bool { return f.name == name })
}

// meta describes the model.
func (p *modelPlan) meta(t Type) ModelMeta {
	m := ModelMeta{Attrs: p.attrs, AnyInputs: p.any != nil}
	for _, f := range p.params {
		m.Params = append(m.Params, f.name)
	}
	if t != Hybrid {
		return m
	}
	m.Trigger, m.NonPersistent = []string{}, []string{}
	for _, f := range p.inputs {
		if f.has("trigger") {
			m.Trigger = append(m.Trigger, f.name)
		}
	}
	for _, f := range p.outputs {
		if f.has("event") {
			m.NonPersistent = append(m.NonPersistent, f.name)
		}
	}
	if p.any != nil && p.any.has("trigger") { // all but the non-trigger inputs are triggers
		m.Trigger, m.NonTrigger = nil, []string{}
		for _, f := range p.inputs {
			if !f.has("trigger") {
				m.NonTrigger = append(m.NonTrigger, f.name)
			}
		}
	}
	return m
}

func (p *modelPlan) value(entity Stepper) reflect.Value { return reflect.ValueOf(entity).Elem() }

// boundFields are the fields of one entity. Frequent types are accessed without reflection.
type boundFields struct {
	inputs  []boundInput
	outputs []boundOutput
	any     *map[string][]Input
}

type boundInput struct {
	name    string
	target  any // a pointer to the field
	precise bool
	field   reflect.Value // of a type whose zero value, nil, means no input
}

type boundOutput struct {
	name   string
	source any           // a pointer to the field
	field  reflect.Value // valid if the field is not a *float64
	event  bool
}

func (p *modelPlan) bind(v reflect.Value) boundFields {
	var b boundFields
	for _, f := range p.inputs {
		field := v.FieldByIndex(f.index)
		in := boundInput{name: f.name, target: field.Addr().Interface(), precise: f.has("precise")}
		if canBeNil(f.typ) {
			in.field = field
		}
		b.inputs = append(b.inputs, in)
	}
	for _, f := range p.outputs {
		field := v.FieldByIndex(f.index)
		b.outputs = append(b.outputs, boundOutput{f.name, field.Addr().Interface(), field, f.has("event")})
	}
	if p.any != nil {
		b.any = v.FieldByIndex(p.any.index).Addr().Interface().(*map[string][]Input)
	}
	return b
}

func canBeNil(t reflect.Type) bool {
	k := t.Kind()
	return k == reflect.Pointer || k == reflect.Slice || k == reflect.Map || k == reflect.Interface
}

// take stores the inputs of a step in the fields.
func (b *boundFields) take(attrs []attrInputs) error {
	for i := range b.outputs {
		if o := &b.outputs[i]; o.event && canBeNil(o.field.Type()) {
			o.field.SetZero()
		}
	}
	if b.any != nil {
		*b.any = nil
	}
	for i := range b.inputs {
		in := &b.inputs[i]
		at := slices.IndexFunc(attrs, func(a attrInputs) bool { return a.name == in.name })
		if at < 0 || len(attrs[at].values) == 0 {
			if in.field.IsValid() {
				in.field.SetZero()
			}
			continue
		}
		if err := takeInputs(attrs[at].values, in.target, in.precise); err != nil {
			return fmt.Errorf("input %s: %w", in.name, err)
		}
	}
	return b.others(attrs)
}

// others stores the attributes that have no field of their own.
func (b *boundFields) others(attrs []attrInputs) error {
	for _, a := range attrs {
		if slices.ContainsFunc(b.inputs, func(in boundInput) bool { return in.name == a.name }) {
			continue
		}
		if b.any == nil {
			return fmt.Errorf("input %s: there is no such input", a.name)
		}
		if *b.any == nil {
			*b.any = map[string][]Input{}
		}
		(*b.any)[a.name] = a.values
	}
	return nil
}

// give returns an output. It returns events only if the entity was stepped.
func (b *boundFields) give(attr string, stepped bool) (any, bool) {
	for i := range b.outputs {
		o := &b.outputs[i]
		switch {
		case o.name != attr:
			continue
		case o.event && !stepped:
			return nil, false
		}
		if f, ok := o.source.(*float64); ok {
			return *f, true
		}
		if canBeNil(o.field.Type()) && o.field.IsNil() {
			return nil, !o.event
		}
		return o.field.Interface(), true
	}
	return nil, false
}

// takeInputs stores the values of one attribute in the variable that target points to.
func takeInputs(values []Input, target any, precise bool) error {
	switch t := target.(type) {
	case *float64:
		var err error
		if precise {
			*t, err = sumPrecise(values)
		} else {
			*t, err = sum(values)
		}
		return err
	case *[]Input:
		*t = values
		return nil
	case *Value:
		return takeOne(values, target)
	}
	v := reflect.ValueOf(target).Elem()
	switch v.Kind() {
	case reflect.Pointer:
		if !slices.ContainsFunc(values, func(in Input) bool { return !in.Value.IsNone() }) {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return takeInputs(values, v.Interface(), precise)
	case reflect.Slice:
		return takeSlice(values, v)
	case reflect.Map:
		return takeMap(values, v)
	case reflect.Float32:
		s, err := sum(values)
		v.SetFloat(s)
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return takeInts(values, v)
	}
	return takeOne(values, target)
}

func takeOne(values []Input, target any) error {
	if len(values) != 1 {
		return fmt.Errorf("%d values, where one is wanted", len(values))
	}
	return values[0].Value.Decode(target)
}

func takeInts(values []Input, v reflect.Value) error {
	s := int64(0)
	for _, in := range values {
		n, err := in.Value.Int()
		if err != nil {
			return err
		}
		if sum := s + n; (sum > s) != (n > 0) && n != 0 {
			return fmt.Errorf("the sum does not fit 64 bits")
		}
		s += n
	}
	if v.OverflowInt(s) {
		return fmt.Errorf("%d does not fit %v", s, v.Type())
	}
	v.SetInt(s)
	return nil
}

func takeSlice(values []Input, v reflect.Value) error {
	out := reflect.MakeSlice(v.Type(), len(values), len(values))
	for i, in := range values {
		if err := in.Value.Decode(out.Index(i).Addr().Interface()); err != nil {
			return fmt.Errorf("from %s: %w", in.Source, err)
		}
	}
	v.Set(out)
	return nil
}

func takeMap(values []Input, v reflect.Value) error {
	t := v.Type()
	if t.Key().Kind() != reflect.String {
		return fmt.Errorf("%v has no string keys, for the sources", t)
	}
	out := reflect.MakeMapWithSize(t, len(values))
	for _, in := range values {
		e := reflect.New(t.Elem())
		if err := in.Value.Decode(e.Interface()); err != nil {
			return fmt.Errorf("from %s: %w", in.Source, err)
		}
		out.SetMapIndex(reflect.ValueOf(in.Source).Convert(t.Key()), e.Elem())
	}
	v.Set(out)
	return nil
}

// Decode stores the inputs of one entity in the fields of the struct that target points to,
// by the rules of [Model]. The fields are named by tags `mosaik:"attribute"`. Attributes
// without a field are ignored.
func (in Inputs) Decode(eid string, target any) error {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("mosaik: Inputs.Decode needs a pointer to a struct, not %T", target)
	}
	for _, f := range taggedFields(v.Elem().Type()) {
		field := v.Elem().FieldByIndex(f.index)
		values := in.All(eid, f.name)
		if len(values) == 0 {
			if canBeNil(f.typ) {
				field.SetZero()
			}
			continue
		}
		if err := takeInputs(values, field.Addr().Interface(), f.has("precise")); err != nil {
			return At(eid, fmt.Errorf("input %s: %w", f.name, err))
		}
	}
	return nil
}

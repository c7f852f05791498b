package function

import (
	"reflect"
)

// Direct reports whether f is called without reflection.
func Direct(f *Function) bool {
	if m, ok := f.fn.(*Method); ok {
		return f.directMethod != nil && m.direct.pointer != nil
	}
	return f.direct != nil
}

// Reflective returns f, to be called by reflection.
func Reflective(f *Function) *Function {
	p := *f.plan
	p.direct, p.directMethod = nil, nil
	return &Function{fn: f.fn, plan: &p, label: f.label}
}

// MethodMade returns code, a func whose first parameter is the receiver, as a method. bound
// is a func with the other parameters.
func MethodMade(receiver, bound, code reflect.Value) *Method {
	return &Method{receiver: receiver, bound: bound, code: code, direct: directlyOf(receiver, code)}
}

// Lists returns the lists of classes of the table.
func Lists() (lists []string) {
	for list := range directs {
		lists = append(lists, list)
	}
	return lists
}

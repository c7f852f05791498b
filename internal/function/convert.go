package function

import (
	"fmt"
	"reflect"
)

// convert converts v to type t if that is lossless.
func convert(v any, t reflect.Type) (reflect.Value, error) {
	if v == nil {
		switch t.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.Func:
			return reflect.Zero(t), nil
		}
		return reflect.Value{}, fmt.Errorf("nil does not fit %v", t)
	}
	from := reflect.ValueOf(v)
	if from.Type().AssignableTo(t) {
		to := reflect.New(t).Elem()
		to.Set(from)
		return to, nil
	}
	if from.CanConvert(t) && t.Kind() != reflect.String {
		if to := from.Convert(t); to.CanConvert(from.Type()) && negative(to) == negative(from) {
			if back := to.Convert(from.Type()); back.Comparable() && back.Equal(from) {
				return to, nil
			}
		}
	}
	return reflect.Value{}, fmt.Errorf("%v (%T) does not fit %v", v, v, t)
}

func negative(v reflect.Value) bool {
	return v.CanInt() && v.Int() < 0 || v.CanFloat() && v.Float() < 0
}

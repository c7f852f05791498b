package codec

import "testing"

func TestZeroValueDecodesAsNone(t *testing.T) {
	i := 5
	var (
		pointer = &i
		slice   = []int{1}
		dict    = Dict{{}}
		anyDict = map[string]any{"a": 1}
		thing   = any(5)
		value   = Value{raw: []byte("1")}
	)
	for _, target := range []any{&pointer, &slice, &dict, &anyDict, &thing, &value} {
		if err := (Value{}).Decode(target); err != nil {
			t.Errorf("%T: %v", target, err)
		}
	}
	if pointer != nil || slice != nil || dict != nil || anyDict != nil || thing != nil || value.raw != nil {
		t.Error("something is left")
	}
	for _, target := range []any{new(int), new(string), new(struct{}), new([1]int), nil, 5, (*int)(nil)} {
		if err := (Value{}).Decode(target); err == nil {
			t.Errorf("None fits %T", target)
		}
	}
}

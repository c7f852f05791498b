package ndarray_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/codec/ndarray"
	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

// docs/errors.md has what this package says, as it was provoked.
func TestErrorsOfArrays(t *testing.T) {
	a, err := ndarray.New([]float64{1, 2, 3, 4}, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	second := func(_ any, err error) error { return err }
	complexes, err := ndarray.New([]complex128{1i})
	if err != nil {
		t.Fatal(err)
	}
	panicked := func(f func()) (v any) {
		defer func() { v = recover() }()
		f()
		return nil
	}
	type message doccode.Message
	var all []doccode.Message
	for _, m := range []message{
		{second(ndarray.New([]float64{1, 2, 3}, 2, 2)), "aiomas: 3 elements do not make an array of shape [2 2]", "The shape needs another number of elements.", "As many as the product of the shape."},
		{second(ndarray.New([]float64{1}, -1)), "aiomas: an array cannot have the shape [-1]", "A dimension is negative; -1 is not worked out, as NumPy does.", "The number itself."},
		{second(ndarray.Data[float32](a)), "aiomas: an array of dtype <f8 has no elements of type float32", "The elements are of another type: what Python sent decides.", "`Data[float64]`; `Float64s` takes all real numbers."},
		{second(ndarray.Float64s(complexes)), "aiomas: the elements of dtype <c16 are not real numbers", "They are complex, or dates.", "`Data[complex128]`."},
		{second(a.As("<i8")), "aiomas: an array of dtype <f8 cannot be sent as <i8", "`As` changes what is written, not what the elements are.", "Convert the elements, and make a new array."},
		{panicked(func() { a.Index(1) }), "aiomas: 1 indices for an array of 2 dimensions", "`Index` panics: each dimension needs its index.", "As many as the array has dimensions."},
		{panicked(func() { a.Index(1, 2) }), "aiomas: index 2 is out of range 0…1", "`Index` panics, as a slice does.", "From 0 to below the dimension."},
		{second(ndarray.NewBytes("<f8", make([]byte, 7), 1)), "aiomas: 7 bytes do not make elements of dtype <f8", "An element has 8 bytes.", "As many bytes as the elements have."},
	} {
		all = append(all, doccode.Message(m))
	}
	doccode.Messages(t, "../../docs/errors.md", "go test ./codec/ndarray -run TestErrorsOfArrays -update", all)
}

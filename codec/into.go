package codec

import (
	"unsafe"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// Into returns a target that decodes into the memory of the slice to which s points, if
// its capacity suffices, and sets the slice, as append(s[:0], …) does. A []byte receives
// bytes or a str, a []float64 a list of numbers:
//
//	samples := make([]float64, 0, 1_000_000)
//	for {
//		if err := proxy.Call(ctx, codec.Into(&samples), "next"); err != nil { … }
//		use(samples)
//	}
//
// An ordinary target of type *[]float64 gets a new slice, since the old one may still be
// in use. After an error the content of the memory is undefined, and the slice is
// unchanged.
func Into[S ~[]E, E byte | float64](s *S) Target { return &into[S, E]{s} }

// into is a pointer to the user's slice with a method.
type into[S ~[]E, E byte | float64] struct{ s *S }

// DecodeFrom implements [Target].
func (t *into[S, E]) DecodeFrom(d Decoder) error {
	var list any
	var err error
	switch old := any([]E(*t.s)).(type) {
	case []byte:
		list, err = intoBytes(d, old)
	case []float64:
		list, err = intoFloats(d, old)
	}
	if err == nil {
		*t.s = S(list.([]E))
	}
	return err
}

// intoBytes copies the next bytes or text to the memory of old.
func intoBytes(d Decoder, old []byte) ([]byte, error) {
	if d.Kind() == KindString {
		b, err := d.StrBytes()
		return append(old[:0], b...), err
	}
	var loan Loan[[]byte] // mostly of the bytes in the message
	err := loan.DecodeFrom(d)
	defer loan.Release()
	return append(old[:0], loan.value...), err
}

// intoFloats decodes the next list in the memory of old.
func intoFloats(d Decoder, old []float64) ([]float64, error) {
	var loan Loan[[]float64]
	memory := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(old))), 8*cap(old))
	if err := loan.decode(d, gap.NewOwnLease(memory)); err != nil {
		return nil, err
	}
	if len(loan.value) == 0 {
		return old[:0], nil
	}
	return loan.value, nil
}

package codec

import (
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// Loan is a value in memory that is reused after the end of the loan, so that
// receiving large values makes no garbage. A result or parameter of type Loan[T]
// accepts what T accepts; on the wire there is no difference:
//
//	var picture codec.Loan[[]byte]
//	if err := proxy.Call(ctx, &picture); err != nil { … }
//	defer picture.Release()
//	show(picture.Value())
//
// Everything in the value is lent, at any depth: bytes, texts, lists of floats
// ([]float64) and the elements of NumPy arrays, if they are long. Long bytes and texts
// are not copied but share the memory of their message; the others are in memory that
// later loans use again. Values of other types are allocated as without a loan. Nothing
// in the value may be used after the end of the loan; what has to stay is copied before,
// with [bytes.Clone], [strings.Clone] or [slices.Clone].
//
// A loan ends
//
//   - with Release, for a value that was decoded by the caller: the result of a call,
//     or by [Unmarshal], Value.Decode or the Decode of a request;
//   - for a parameter of an exposed function, when the function has returned and its
//     result is encoded, or earlier with Release;
//   - for a result of an exposed function, also within a [Tuple], when it was sent or
//     can no longer be sent. So a function can return a loan that it received, as a
//     parameter or as the result of a call, or make one with [Lend].
//
// A loan that is passed as an argument of a call stays the caller's. The caller may end
// it as soon as the call returns: what is still being written stays valid.
//
// After the end, Value panics. A value that was obtained before and is used
// nevertheless may show data of other messages; in builds with the race detector it is
// overwritten.
//
// A Loan may be copied; all copies end together. It is safe for concurrent use, if its
// value is. The zero Loan holds the zero T. A loan that is never ended makes garbage,
// like a value without a loan.
type Loan[T any] struct {
	value T
	lease *gap.Lease // nil: the zero Loan
}

// Lend returns a loan of v, to be sent without a copy where possible: as the result of
// an exposed function, or as an argument. release, which may be nil, is called once,
// when the loan has ended and nothing is written from v any more. It may be called on
// any goroutine, must not block, and can return v to a pool. It is not called if the
// loan is never ended.
func Lend[T any](v T, release func()) Loan[T] {
	return Loan[T]{v, gap.NewLease(release)}
}

// Value returns the value. It panics after the end of the loan.
func (l Loan[T]) Value() T {
	if l.lease != nil && l.lease.Ended() {
		panic("aiomas: a value is used after the end of its loan")
	}
	return l.value
}

// Release ends the loan. Further calls have no effect.
func (l Loan[T]) Release() {
	if l.lease != nil {
		l.lease.End()
	}
}

// Share returns the value, and keeps it valid until end is called, also if the loan ends
// before. Codecs call it to write the value. end must be called once. Share panics
// after the end of the loan.
func (l Loan[T]) Share() (value any, end func()) {
	if l.lease == nil {
		return l.value, func() {}
	}
	if !l.lease.Use() {
		panic("aiomas: a value is sent after the end of its loan")
	}
	return l.value, l.lease.Drop
}

// DecodeFrom reads the next value of d into l, which begins a new loan. Codecs call it
// for targets of type *Loan[T].
func (l *Loan[T]) DecodeFrom(d Decoder) error {
	return l.decode(d, gap.NewLease(nil))
}

func (l *Loan[T]) decode(d Decoder, lease *gap.Lease) error {
	if b, ok := d.(gap.Borrower); ok {
		before := b.Lend(lease)
		defer b.Lend(before)
	}
	loan := Loan[T]{lease: lease}
	if err := d.Decode(&loan.value); err != nil {
		lease.End()
		return err
	}
	*l = loan
	return nil
}

// Lent is implemented by all [Loan] types.
type Lent interface {
	// Release ends the loan.
	Release()
	// Share returns the value; see [Loan.Share].
	Share() (value any, end func())
}

// Target is a pointer type that decodes itself, as *[Loan] and the result of [Into] do.
type Target interface {
	// DecodeFrom reads the next value of d.
	DecodeFrom(d Decoder) error
}

package gap

import (
	"slices"
	"unsafe"
)

// Borrower is a decoder that can return values without a copy.
type Borrower interface {
	// Borrow sets the loan of the bytes passed to Reset, until the next Reset.
	Borrow(*Loan)
	// Lend makes long values part of the lease until the next call, and returns the
	// lease before. A nil lease ends that.
	Lend(*Lease) (before *Lease)
	// Lease returns the lease that values are part of, or nil.
	Lease() *Lease
}

// Lending is the part of a decoder that implements [Borrower].
type Lending struct {
	loan  *Loan // of the bytes; nil: none
	lease *Lease
}

// Borrow implements [Borrower].
func (s *Lending) Borrow(l *Loan) { s.loan = l }

// Known returns the text of the message whose end is known, or nil.
func (s *Lending) Known() *Known {
	if s.loan == nil {
		return nil
	}
	return &s.loan.Known
}

// Lend implements [Borrower].
func (s *Lending) Lend(l *Lease) (before *Lease) {
	before = s.lease
	if s.lease = l; l != nil {
		s.loan.join(l)
	}
	return before
}

// Lease implements [Borrower].
func (s *Lending) Lease() *Lease { return s.lease }

// MinLent is the length from which on texts and bytes share the memory of a message
// for the time of a lease. Shorter ones are copied.
const MinLent = 1 << 10

// MinKept is the length from which on a text without a lease may keep the memory of its
// message. That takes a tenth to a quarter less CPU for an echo of 40 KB or 64 KiB, since
// package frame reuses the memory.
const MinKept = 32 << 10

// Text returns b, of MinLent bytes or more in the message, as a string that shares
// its memory. It returns false if the caller must copy b.
func (s *Lending) Text(b []byte) (string, bool) {
	if s.lease == nil {
		return s.loan.Text(b)
	}
	if b, ok := s.Bytes(b); ok {
		return unsafe.String(unsafe.SliceData(b), len(b)), true
	}
	return "", false
}

// Bytes is Text for bytes, which are shared only for the time of a lease.
func (s *Lending) Bytes(b []byte) ([]byte, bool) {
	if s.lease == nil || s.loan == nil || len(b) < MinLent {
		return nil, false
	}
	if s.lease.message == nil {
		s.lease.message = s.loan
		s.loan.use()
	}
	return slices.Clip(b), true
}

// Aligned is Bytes for bytes that may be the elements of an array: they begin at a
// multiple of 8, if need be after a copy to memory of the lease.
func (s *Lending) Aligned(b []byte) ([]byte, bool) {
	if s.lease == nil || len(b) < MinLent {
		return nil, false
	}
	if uintptr(unsafe.Pointer(unsafe.SliceData(b)))%8 == 0 {
		return s.Bytes(b)
	}
	return append(s.lease.Memory(len(b))[:0], b...), true
}

// Memory returns memory of the lease for n bytes, or nil if there is no lease.
func (s *Lending) Memory(n int) []byte {
	if s.lease == nil {
		return nil
	}
	return s.lease.Memory(n)
}

// Floats returns memory for a list of n floats: of the lease, if there is one.
func (s *Lending) Floats(n int) []float64 {
	if s.lease == nil || n == 0 {
		return make([]float64, n)
	}
	b := s.lease.Memory(8 * n)
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(b))), cap(b)/8)[:n]
}

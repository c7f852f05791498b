package gap

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Loan lets decoded values share the memory of a received message. A long text
// need not be copied: it keeps the memory, which is then not reused for another
// message. That made an echo of 1 MiB a fifth faster. The value of a [Lease]
// shares the memory until the lease ends, and does not keep it. With a nil Loan
// all values are copied.
type Loan struct {
	Size  int                 // of the memory
	Owner interface{ Free() } // the memory
	Known Known               // set by the parser of the message

	kept   atomic.Bool
	lent   atomic.Bool  // a lease has used the memory
	others atomic.Int32 // users of the memory, but one

	mu     sync.Mutex
	scoped bool
	leases []*Lease // that end with the scope
}

// Known is a long text of a message whose end the parser has found, so that the decoder need
// not search for it again.
type Known struct {
	Text    []byte // as it is in the message, between its quotes; nil: none
	Escaped bool   // it has escapes
}

// At reports whether the text begins at the index i of b, and returns the index of its end.
func (k *Known) At(b []byte, i int) (end int, ok bool) {
	if len(k.Text) == 0 || len(b)-i < len(k.Text) || &b[i] != &k.Text[0] {
		return 0, false
	}
	return i + len(k.Text), true
}

// Text returns b, a part of the memory, as a string that keeps the memory. It
// returns false if the caller must copy b, because b is short or less than half
// of the memory.
func (l *Loan) Text(b []byte) (s string, ok bool) {
	if l == nil || len(b) < MinKept || len(b) < l.Size/2 {
		return "", false
	}
	l.kept.Store(true)
	return unsafe.String(unsafe.SliceData(b), len(b)), true
}

// Kept reports whether a text keeps the memory.
func (l *Loan) Kept() bool { return l.kept.Load() }

// Lent reports whether a lease has used the memory.
func (l *Loan) Lent() bool { return l.lent.Load() }

// Leave is called by a user of the memory that uses it no longer. It reports
// whether it was the last one.
func (l *Loan) Leave() (last bool) {
	// The last user needs no atomic write: nobody else can add one.
	return l.others.Load() == 0 || l.others.Add(-1) < 0
}

// Clear prepares the loan of memory without users for another message.
func (l *Loan) Clear() {
	if l.lent.Load() {
		l.lent.Store(false)
		l.others.Store(0)
	}
	l.Known = Known{}
	if l.scoped {
		l.scoped, l.leases = false, nil
	}
}

// Scope makes all leases of the memory end with EndScope, at the latest. It is
// called before the first one begins.
func (l *Loan) Scope() { l.scoped = true }

// EndScope ends the leases since Scope.
func (l *Loan) EndScope() {
	l.mu.Lock()
	leases := l.leases
	l.leases = nil
	l.mu.Unlock()
	for _, lease := range leases {
		lease.End()
	}
}

// use adds the lease to the users of the memory.
func (l *Loan) use() {
	l.lent.Store(true)
	l.others.Add(1)
}

// join makes the lease end with the scope, if there is one.
func (l *Loan) join(lease *Lease) {
	if l == nil || !l.scoped {
		return
	}
	l.mu.Lock()
	l.leases = append(l.leases, lease)
	l.mu.Unlock()
}

package gap

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// Lease is the use of memory by one decoded value, until an end: the memory of
// the message that the value is part of, pooled memory, or memory of the user.
// It is filled by one goroutine and is then safe for concurrent use.
type Lease struct {
	uses    atomic.Int32 // those that have not ended; the last one frees the memory
	ended   atomic.Bool
	message *Loan
	blocks  [][]byte
	own     []byte // memory of the user, for the value that needs this much first
	release func() // called at the end; nil: nothing
}

// NewLease returns a lease with one use, which End ends. release, which may be nil,
// is called when the last use has ended.
func NewLease(release func()) *Lease {
	l := &Lease{release: release}
	l.uses.Store(1)
	return l
}

// NewOwnLease returns a lease whose first Memory is memory of the user, if that is
// large enough.
func NewOwnLease(own []byte) *Lease {
	l := NewLease(nil)
	l.own = own[:cap(own)]
	return l
}

// Memory returns memory for n bytes, not cleared, at a multiple of 8. It is valid
// until the lease ends.
func (l *Lease) Memory(n int) []byte {
	if n <= len(l.own) && uintptr(unsafe.Pointer(unsafe.SliceData(l.own)))%8 == 0 {
		b := l.own[:n] // with all its capacity
		l.own = nil
		return b
	}
	b := takeBlock(n)
	if cap(b) >= leastBlock {
		l.blocks = append(l.blocks, b)
	}
	return b
}

// Use adds a use, which ends with Drop. It returns false if the lease has ended.
func (l *Lease) Use() bool {
	for !l.Ended() {
		n := l.uses.Load()
		if n > 0 && l.uses.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}

// End ends the lease. Only the first call has an effect.
func (l *Lease) End() {
	if !l.ended.Swap(true) {
		l.Drop()
	}
}

// Ended reports whether the lease has ended.
func (l *Lease) Ended() bool { return l.ended.Load() }

// Drop ends a use. The memory is freed with the last one.
func (l *Lease) Drop() {
	if l.uses.Add(-1) > 0 {
		return
	}
	if l.message != nil {
		l.message.Owner.Free()
	}
	for _, b := range l.blocks {
		freeBlock(b)
	}
	if l.release != nil {
		l.release()
	}
	l.message, l.blocks, l.own, l.release = nil, nil, nil, nil
}

// Memory of leases that is not part of a message is pooled by the powers of two
// of its size. A lease is a decision of the user to reuse memory, so that much
// larger blocks are pooled than for other messages. The garbage collector empties
// the pools.
const (
	leastBlock = 4 << 10
	// MaxPooled is the largest memory that is pooled after a lease.
	MaxPooled = 128 << 20
)

var blocks [bits.UintSize + 1]sync.Pool // *byte arrays, as slices

func takeBlock(n int) []byte {
	if n >= leastBlock && n <= MaxPooled {
		if b, ok := blocks[bits.Len(uint(n))].Get().(*[]byte); ok && cap(*b) >= n {
			return (*b)[:n]
		}
	}
	return Uncleared(n)
}

func freeBlock(b []byte) {
	Spoil(b[:cap(b)])
	if cap(b) <= MaxPooled {
		blocks[bits.Len(uint(cap(b)))].Put(&b)
	}
}

// Spoil overwrites memory that nobody may use any more, in builds with the race
// detector: then a value that is used after its loan is seen to be wrong, and the
// race detector reports another goroutine that uses it.
func Spoil(b []byte) {
	if invariant.On {
		for i := range b {
			b[i] = 0xdb
		}
	}
}

package frame

import (
	"math/bits"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// Memory is a buffer of received bytes. It has one owner: a reader, or the
// receiver of a payload in it.
//
// For large payloads, allocating, clearing and collecting memory is most of the
// cost. So memory is pooled, in size classes of powers of two. This halved the
// time of an echo of 1 MiB.
type Memory struct {
	b    []byte
	own  bool // b is all of an allocation of this package
	loan gap.Loan
}

var (
	readBuffers = sync.Pool{New: newBuffer}
	payloads    [bits.UintSize + 1]sync.Pool // *Memory, larger than that
)

func newBuffer() any {
	m := newMemory(nil)
	m.grow(bufferSize)
	m.b, m.loan.Size = m.b[:bufferSize], bufferSize
	return m
}

func newMemory(b []byte) *Memory {
	m := &Memory{b: b}
	m.loan.Owner, m.loan.Size = m, cap(b)
	return m
}

// grow moves the bytes to new memory with room for n.
func (m *Memory) grow(n int) {
	m.b, m.own = append(gap.Uncleared(n)[:0], m.b...), true
}

// LeastPooled is the least size of memory that is pooled when it is freed.
const LeastPooled = bufferSize

// NewMemory returns b as memory, which belongs to the caller.
func NewMemory(b []byte) *Memory {
	m := newMemory(b)
	m.loan.Size = cap(b)
	return m
}

// PooledMemory returns pooled memory for n bytes that are not received from a
// connection, or nil if there is none.
func PooledMemory(n int) *Memory {
	if n < LeastPooled {
		return nil
	}
	m := takePayload(n)
	if cap(m.b) < n {
		return nil
	}
	m.b = m.b[:n]
	m.loan.Size = cap(m.b)
	return m
}

// Bytes returns the bytes in m.
func (m *Memory) Bytes() []byte { return m.b }

func newReadBuffer() *Memory { return readBuffers.Get().(*Memory) }

// takePayload returns pooled memory, if possible with room for n bytes.
func takePayload(n int) *Memory {
	if n <= gap.MaxPooled {
		if m, ok := payloads[bits.Len(uint(n))].Get().(*Memory); ok {
			return m
		}
	}
	return newMemory(nil)
}

// Loan returns the loan for a decoder of the bytes in m.
func (m *Memory) Loan() *gap.Loan { return &m.loan }

// Free ends a use of m: that of its owner, or of a lease. The last one returns m to
// the pool, unless a text of its loan keeps it. No other reference to its bytes may
// remain.
func (m *Memory) Free() {
	if !m.loan.Leave() {
		return
	}
	if m.loan.Kept() {
		recycle(m)
		return
	}
	most := maxPooled
	if m.loan.Lent() { // the user wants it to be reused
		most = gap.MaxPooled
		gap.Spoil(m.b[:cap(m.b)])
	}
	m.loan.Clear()
	m.pool(most)
}

// pool makes m available to others, if it is of a size that is pooled, at most most.
func (m *Memory) pool(most int) {
	switch n := cap(m.b); {
	case n == bufferSize:
		m.b = m.b[:n]
		readBuffers.Put(m)
	case n > bufferSize && n <= most:
		payloads[bits.Len(uint(n))].Put(m)
	}
}

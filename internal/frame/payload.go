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
	loan gap.Loan
}

var (
	readBuffers = sync.Pool{New: func() any { return &Memory{b: make([]byte, bufferSize)} }}
	payloads    [bits.UintSize + 1]sync.Pool // *Memory, larger than that
)

func newReadBuffer() *Memory { return readBuffers.Get().(*Memory) }

// takePayload returns pooled memory, if possible with room for n bytes.
func takePayload(n int) *Memory {
	if n <= maxPooled {
		if m, ok := payloads[bits.Len(uint(n))].Get().(*Memory); ok {
			return m
		}
	}
	return new(Memory)
}

// Loan returns the loan for a decoder of the bytes in m.
func (m *Memory) Loan() *gap.Loan { return &m.loan }

// Free returns m to the pool, unless a text of its loan keeps it. No other
// reference to its bytes may remain.
func (m *Memory) Free() {
	if m.loan.Kept() {
		return
	}
	switch n := cap(m.b); {
	case n == bufferSize:
		m.b = m.b[:n]
		readBuffers.Put(m)
	case n > bufferSize && n <= maxPooled:
		payloads[bits.Len(uint(n))].Put(m)
	}
}

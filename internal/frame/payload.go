package frame

import (
	"math/bits"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// Memory is where bytes that were read are. It has one owner: a reader, or
// whoever got it together with a payload.
//
// Large payloads are most of what receiving them costs: to take their memory, to
// clear it, and to collect it when it is garbage. So memory is kept for the next
// ones, in classes of twice the size each. It made an echo of 1 MiB half as long.
type Memory struct {
	b    []byte
	loan gap.Loan
}

var (
	readBuffers = sync.Pool{New: func() any { return &Memory{b: make([]byte, bufferSize)} }}
	payloads    [bits.UintSize + 1]sync.Pool // *Memory, larger than that
)

func newReadBuffer() *Memory { return readBuffers.Get().(*Memory) }

// takePayload returns memory, if possible with room for n bytes.
func takePayload(n int) *Memory {
	if n <= maxPooled {
		if m, ok := payloads[bits.Len(uint(n))].Get().(*Memory); ok {
			return m
		}
	}
	return new(Memory)
}

// Loan is for a decoder of what is in m.
func (m *Memory) Loan() *gap.Loan { return &m.loan }

// Free gives m back, unless the text of a loan keeps it. Nothing else may refer to
// what is in it any more.
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

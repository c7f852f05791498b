package frame

import (
	"math/bits"
	"sync"
)

// Payloads too large for a read buffer are memory of their own, and most of
// what receiving one costs: to take it, to clear it, and to collect it when it
// is garbage. So those of common sizes are kept for the next ones, in classes
// of twice the size each. It made an echo of 1 MiB half as long.
var payloads [bits.UintSize + 1]sync.Pool

// takePayload returns an empty slice, if possible with room for n bytes.
func takePayload(n int) []byte {
	if n <= maxPooled {
		if p, ok := payloads[bits.Len(uint(n))].Get().(*[]byte); ok {
			return *p
		}
	}
	return nil
}

// Recycle gives back a payload that [Reader.Next] returned as owned. Nothing
// may refer to it any more.
func Recycle(payload []byte) {
	if n := cap(payload); n > bufferSize && n <= maxPooled {
		payload = payload[:0]
		payloads[bits.Len(uint(n))].Put(&payload)
	}
}

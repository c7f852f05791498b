package frame

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// Memory that a text keeps is pooled, too, when the garbage collector finds that nothing
// refers to it any more: it runs every few megabytes of new memory, and gives pages back to
// the system that the next message takes again. An echo of 1 MiB takes a sixth less CPU, one
// of 64 KiB a tenth.
//
// Such memory is freed a few collections later than other memory, so that only some of it is
// recycled at a time: with 32 MiB, in no cache, these echoes take 1.13 times the CPU. With 2 to
// 16 MiB there is no difference.
const mostRecycled = 8 << 20

var recycled atomic.Int64 // bytes that texts keep and that are to be recycled

// recycle pools m when nothing refers to its bytes any more. The race detector takes a use of
// the bytes and the reuse after the collector has run for a race, so that it does nothing in
// builds with that.
func recycle(m *Memory) {
	n := cap(m.b)
	if invariant.On || !m.own || n < bufferSize || n > maxPooled {
		return
	}
	if recycled.Add(int64(n)) > mostRecycled {
		recycled.Add(int64(-n))
		return
	}
	runtime.SetFinalizer(unsafe.SliceData(m.b), func(p *byte) {
		recycled.Add(int64(-n))
		m := newMemory(unsafe.Slice(p, n))
		m.own = true
		m.pool(maxPooled)
	})
}

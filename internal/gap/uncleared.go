package gap

import (
	"strings"
	"unsafe"
)

// Uncleared returns new memory for n bytes, which the caller overwrites. Make would clear
// it, which takes as long as a copy, and takes pages that are not needed yet.
func Uncleared(n int) []byte {
	var b strings.Builder // the only way to memory that is not cleared
	b.Grow(n)
	_ = b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), n)
}

package ndarray

import (
	"encoding/binary"
	"unsafe"
)

// The elements of nearly all arrays are on the wire as they are in memory. Then they
// need no conversion: the slice and the bytes are the same memory.

// native reports whether elements have the same bytes in memory and on the wire.
func (d dtype) native() bool {
	return d.size == 1 || binary.NativeEndian.Uint16([]byte{1, 0}) == 1 == (d.order == '<')
}

// rawElements are the bytes of elements.
type rawElements struct {
	raw    []byte // not used elsewhere, or lent
	native bool
}

// elements returns the elements in r. If they are not native, it uses read.
func elements[T any](r rawElements, read func([]byte) T) []T {
	var like T
	size := int(unsafe.Sizeof(like))
	if !r.native || len(r.raw) == 0 {
		return each(r.raw, size, read)
	}
	at := unsafe.Pointer(unsafe.SliceData(r.raw))
	if uintptr(at)%unsafe.Alignof(like) != 0 { // rare: long bytes are aligned
		return each(r.raw, size, read)
	}
	return unsafe.Slice((*T)(at), len(r.raw)/size)
}

// bytesOf returns the bytes of elements: their memory if they are native, else new
// memory written by put.
func bytesOf[T any](data []T, native bool, put func([]byte, T)) []byte {
	var like T
	size := int(unsafe.Sizeof(like))
	if len(data) == 0 {
		return []byte{}
	}
	if native {
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), size*len(data))
	}
	out := make([]byte, size*len(data))
	for i, v := range data {
		put(out[size*i:size*i+size], v)
	}
	return out
}

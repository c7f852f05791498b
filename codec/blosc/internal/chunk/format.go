package chunk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/blosclz"
)

// format is a format of compressed streams.
type format struct {
	name string
	// maxRatio is the maximum number of bytes that one byte of a stream
	// decompresses to.
	maxRatio int
	// plausible, unless nil, reports whether src can decompress to n bytes
	// according to the headers in src.
	plausible func(src []byte, n int) bool
	// decompress decompresses src into dst. It returns false if src is malformed
	// or its decompressed length is not len(dst).
	decompress func(dst, src []byte) bool
}

// formats has the formats by their number in a chunk's flags. LZ4 and LZ4HC
// have the same format.
var formats = [8]*format{
	{name: "blosclz", maxRatio: blosclz.MaxRatio, decompress: blosclz.Decompress},
	{name: "lz4", maxRatio: 255, decompress: unLZ4},
	{name: "snappy", maxRatio: 22, plausible: plausibleSnappy, decompress: unSnappy},
	{name: "zlib", maxRatio: 1032, decompress: unZlib},
	{name: "zstd", maxRatio: zstdBlock / 4, plausible: plausibleZstd, decompress: unZstd},
}

// most returns the maximum decompressed length of n bytes.
func (f *format) most(n int) uint64 { return uint64(n) * uint64(f.maxRatio) }

// mayBe reports whether src can decompress to n bytes, without decompressing
// it.
func (f *format) mayBe(src []byte, n int) bool {
	return uint64(n) <= f.most(len(src)) && (f.plausible == nil || f.plausible(src, n))
}

func unLZ4(dst, src []byte) bool {
	n, err := lz4.UncompressBlock(src, dst)
	return err == nil && n == len(dst)
}

func plausibleSnappy(src []byte, n int) bool {
	m, err := snappy.DecodedLen(src)
	return err == nil && m == n
}

func unSnappy(dst, src []byte) bool {
	got, err := snappy.Decode(dst, src)
	return err == nil && len(got) == len(dst)
}

type zlibReader struct {
	src bytes.Reader
	r   io.ReadCloser
}

var zlibReaders = sync.Pool{New: func() any { return new(zlibReader) }}

func unZlib(dst, src []byte) bool {
	z := zlibReaders.Get().(*zlibReader)
	defer zlibReaders.Put(z)
	z.src.Reset(src)
	defer z.src.Reset(nil)
	var err error
	if z.r == nil {
		z.r, err = zlib.NewReader(&z.src)
	} else {
		err = z.r.(zlib.Resetter).Reset(&z.src, nil)
	}
	if err != nil {
		return false
	}
	if _, err := io.ReadFull(z.r, dst); err != nil {
		return false
	}
	// The end of the stream is detected after the checksum; no bytes may follow
	// it.
	var more [1]byte
	n, err := z.r.Read(more[:])
	return n == 0 && errors.Is(err, io.EOF) && z.src.Len() == 0
}

// zstdBlock is the maximum decompressed size of a zstd block. The smallest
// block has four bytes.
const zstdBlock = 128 << 10

// plausibleZstd reports whether src is one frame with enough blocks for n
// bytes.
func plausibleZstd(src []byte, n int) bool {
	var h zstd.Header
	if h.Decode(src) != nil || h.Skippable || h.DictionaryID != 0 || h.HasFCS && h.FrameContentSize != uint64(n) {
		return false
	}
	const last, raw, rle = 1, 0, 1
	left := n // bytes that the remaining blocks must decompress to
	for i := h.HeaderSize; len(src)-i >= 3; {
		head := int(binary.LittleEndian.Uint16(src[i:])) | int(src[i+2])<<16
		i += 3
		size, most := head>>3, head>>3
		switch head >> 1 & 3 {
		case raw:
			i += size
		case rle:
			i++
		default:
			i += size
			most = zstdBlock
		}
		if size > zstdBlock || i > len(src) {
			return false
		}
		left = max(left-most, 0)
		if head&last != 0 {
			if h.HasCheckSum {
				i += 4
			}
			return i == len(src) && left == 0
		}
	}
	return false
}

// The decoder starts no goroutines unless it reads streams, and is safe for
// concurrent use.
var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(MaxSize), zstd.WithDecoderConcurrency(0))
})

func unZstd(dst, src []byte) bool {
	d, err := zstdDecoder()
	if err != nil {
		return false
	}
	got, err := d.DecodeAll(src, dst[:0:len(dst)])
	return err == nil && len(got) == len(dst)
}

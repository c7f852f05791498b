package chunk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// build puts blocks, each of some streams, into a chunk without any checks.
func build(flags, typesize byte, size, blockSize int, blocks ...[][]byte) []byte {
	b := []byte{formatVersion, compressorVersion, flags, typesize}
	for _, v := range []int{size, blockSize, 0} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	b = append(b, make([]byte, offsetSize*len(blocks))...)
	for i, streams := range blocks {
		binary.LittleEndian.PutUint32(b[headerSize+i*offsetSize:], uint32(len(b)))
		for _, s := range streams {
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
		}
	}
	binary.LittleEndian.PutUint32(b[12:], uint32(len(b)))
	return b
}

// numbered is a format in the flags of a chunk.
func numbered(format byte) byte { return format<<formatShift | flagNoSplit }

const (
	asBloscLZ = iota
	asLZ4
	asSnappy
	asZlib
	asZstd
	asEnd
)

func one(stream ...byte) [][]byte { return [][]byte{stream} }

func zstdStream(tb testing.TB, data []byte) []byte {
	tb.Helper()
	e, err := zstd.NewWriter(nil, zstd.WithSingleSegment(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		tb.Fatal(err)
	}
	return e.EncodeAll(data, nil)
}

// limit is more than the default of package codec.
const limit = 256 << 20

// mustRefuse checks that the chunk is refused with an *Error, and how much
// memory that takes.
func mustRefuse(t *testing.T, name string, b []byte, most uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	dst, err := Decompress([]byte("before"), b, limit)
	runtime.ReadMemStats(&after)
	var e *Error
	if !errors.As(err, &e) || string(dst) != "before" {
		t.Errorf("%s: Decompress = %.20q, %v, want an *Error", name, dst, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > most {
		t.Errorf("%s: took %d bytes of memory for a chunk of %d: %v", name, took, len(b), err)
	}
	if _, err := Open(b, limit); !errors.As(err, &e) {
		t.Errorf("%s: Open: %v, want an *Error", name, err)
	}
}

func TestHostileChunks(t *testing.T) {
	literals := func(n int) []byte { return append([]byte{byte(n - 1)}, make([]byte, n)...) }
	tenTimes := func(s []byte) [][]byte { return slices.Repeat([][]byte{s}, 10) }
	set := func(at int, v uint32, b []byte) []byte {
		b = bytes.Clone(b)
		binary.LittleEndian.PutUint32(b[at:], v)
		return b
	}
	poke := func(at int, v byte, b []byte) []byte {
		b = bytes.Clone(b)
		b[at] = v
		return b
	}
	whole := func(b []byte) []byte { // after its length has been changed
		return set(12, uint32(len(b)), b)
	}
	plain := numbered(asBloscLZ)
	good := build(plain, 1, 40, 20, one(literals(20)...), one(literals(20)...)) // 16 header, 8 offsets, 25, 25
	if data, err := Decompress(nil, good, 40); err != nil || len(data) != 40 {
		t.Fatal(len(data), err)
	}
	stored, _ := Compress(nil, []byte("stored"), 8)

	tests := map[string][]byte{
		"nothing":                     nil,
		"no header":                   good[:15],
		"another version":             poke(0, 3, good),
		"another compressor version":  poke(1, 2, good),
		"an unknown flag":             poke(2, plain|flagFuture, good),
		"elements without size":       poke(3, 0, good),
		"compressor 5":                poke(2, numbered(5), good),
		"compressor 7":                poke(2, numbered(7), good),
		"more bytes than it says":     append(bytes.Clone(good), 0),
		"less bytes than it says":     good[:len(good)-1],
		"negative size":               set(4, 1<<31, good),
		"size past the largest":       set(4, MaxSize+1, good),
		"blocks of nothing":           set(8, 0, good),
		"negative blocks":             set(8, 1<<31, good),
		"blocks larger than all":      set(8, 41, good),
		"no room for the offsets":     set(8, 1, good),
		"header only":                 whole(good[:16]),
		"offsets only":                whole(good[:24]),
		"empty, and then something":   whole(set(4, 0, good)),
		"stored, of another size":     set(4, 5, stored),
		"stored, truncated":           stored[:len(stored)-1],
		"stored, blocks of nothing":   set(8, 0, stored),
		"a block in the header":       set(16, 0, good),
		"a block in the offsets":      set(16, 20, good),
		"a block past the end":        set(20, uint32(len(good)), good),
		"a block far past the end":    set(20, math.MaxUint32, good),
		"a block at a negative place": set(20, 1<<31, good),
		"two blocks in one place":     set(20, 24, good),
		"a block within another":      set(20, 30, good),
		"blocks that overlap":         set(20, 48, good),
		"a stream past the end":       set(49, 22, good),
		"a negative stream":           set(49, math.MaxUint32, good),
		"a stream of nothing":         set(49, 0, good),
		"a stream cut short":          whole(set(49, 19, good)[:len(good)-2]),
		"a gap at the end":            whole(append(bytes.Clone(good), 0)),
		"a gap in between":            whole(append(set(20, 50, good), 0)),
		"a stream of other length":    build(plain, 1, 22, 22, one(literals(20)...)),
		"lots of data":                build(plain, 1, 1<<30, 1<<30, one(literals(20)...)),
		"lots of stored data":         set(4, 1<<30, stored),
		"lots of tiny blocks":         build(plain, 1, 1<<30, 1, one(literals(20)...)),
		"lots from one stream":        build(plain, 1, 1<<20, 1<<20, one(make([]byte, 4000)...)),
		"splits that do not divide":   build(0, 10, 1401, 1401, tenTimes(make([]byte, 140))),
		"too few splits":              build(0, 10, 1400, 1400, tenTimes(make([]byte, 140))[:9]),
		"malformed blosclz":           build(plain, 1, 20, 20, one(0, 1, 0x20, 0)),
		"malformed lz4":               build(numbered(asLZ4), 1, 20, 20, one(0xff, 0xff)),
		"snappy of another length":    build(numbered(asSnappy), 1, 20, 20, one(snappy.Encode(nil, make([]byte, 21))...)),
		"malformed snappy":            build(numbered(asSnappy), 1, 20, 20, one(20, 0xff, 0xff)),
		"malformed zlib":              build(numbered(asZlib), 1, 20, 20, one(0x78, 0x9c, 0xff, 0xff)),
		"malformed zstd":              build(numbered(asZstd), 1, 20, 20, one(1, 2, 3, 4, 5)),
		"zstd of another length":      build(numbered(asZstd), 1, 20, 20, one(zstdStream(t, make([]byte, 400))...)),
		"zstd with more behind it":    build(numbered(asZstd), 1, 400, 400, one(append(zstdStream(t, make([]byte, 400)), 0)...)),
		"zstd, malformed within":      build(numbered(asZstd), 1, 400, 400, one(0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x90, 0x00, 0x15, 0x00, 0x00, 0xff, 0xff)),
	}
	for name, b := range tests {
		mustRefuse(t, name, b, 200<<10) // with the reader of zlib and the like
		if _, err := Decompress(nil, b, limit); err != nil {
			t.Logf("%-28s %v", name, err)
		}
	}
}

// What a chunk makes us take depends on its length, whatever it says, and on
// what it turns out to hold.
func TestMemoryForLies(t *testing.T) {
	for _, format := range []byte{asBloscLZ, asLZ4, asSnappy, asZlib, asZstd} {
		junk := randomBytes(60_000, 1)
		for _, size := range []int{1 << 20, 64 << 20, limit} {
			mustRefuse(t, "in one block", build(numbered(format), 1, size, size, [][]byte{junk}), uint64(freely+freeRatio*60_000+1<<20))
			// A first good block is rewarded with four times as much.
			const blockSize = 1 << 16
			blocks := slices.Repeat([][][]byte{{junk[:1000]}}, size/blockSize)
			blocks[0] = [][]byte{make([]byte, blockSize)}
			b := build(numbered(format), 1, size, blockSize, blocks...)
			mustRefuse(t, "in many blocks", b, uint64(freely+5*freeRatio*int64(len(b))))
		}
	}
}

// A bomb is refused at the header, unless it is within the limit.
func TestBomb(t *testing.T) {
	b := bomb(500 << 20)
	if n, err := DecompressedSize(b); n != 500<<20 || err != nil || len(b) > 20_000 {
		t.Fatalf("DecompressedSize = %d, %v of %d bytes", n, err, len(b))
	}
	mustRefuse(t, "bomb", b, 1<<10)
	const size = 32 << 20
	if data, err := Decompress(nil, bomb(size), size); err != nil || len(data) != size {
		t.Errorf("a small one: %d bytes, %v", len(data), err)
	}
}

// bomb is a chunk with that many zeros.
func bomb(size int) []byte {
	stream := []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0, 5: 0, 8: 0}
	binary.LittleEndian.PutUint32(stream[5:], uint32(size))
	for left := size; left > 0; left -= zstdBlock {
		last := 0
		if left == zstdBlock {
			last = 1
		}
		head := zstdBlock<<3 | 1<<1 | last // a byte, repeated
		stream = append(stream, byte(head), byte(head>>8), byte(head>>16), 0)
	}
	return build(numbered(asZstd), 1, size, size, [][]byte{stream})
}

// Chunks of real blosc with one byte changed, and cut at any place, are
// refused or not, but do no harm.
func TestDamagedGoldens(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, g := range goldens(t, "chunks.jsonl") {
		if len(g.Chunk) > 5000 || g.Data.n > 100_000 {
			continue
		}
		for range 10 {
			b := bytes.Clone(g.Chunk)
			b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
			_, _ = Decompress(nil, b, 1<<20)
			cut := whole(g.Chunk[:r.IntN(len(g.Chunk))])
			if _, err := Decompress(nil, cut, 1<<20); err == nil {
				t.Fatalf("%s: accepted, cut to %d bytes of %d", g.name(), len(cut), len(g.Chunk))
			}
		}
	}
}

// whole returns the chunk b with the size that it has.
func whole(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) >= headerSize {
		binary.LittleEndian.PutUint32(b[12:], uint32(len(b)))
	}
	return b
}

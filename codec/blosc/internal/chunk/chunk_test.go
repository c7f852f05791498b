package chunk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// The wheels on PyPI come without Snappy, but other builds of blosc write it.
func TestSnappy(t *testing.T) {
	data := bytes.Repeat([]byte("snappy "), 100)
	whole := build(numbered(asSnappy), 1, 2*len(data), len(data), [][]byte{snappy.Encode(nil, data)}, [][]byte{data})
	got, err := Decompress(nil, whole, MaxSize)
	if want := append(bytes.Clone(data), data...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %.40q of %d bytes, %v", got, len(got), err)
	}
	// Data that does not compress makes a longer stream.
	noise := randomBytes(1000, 1)
	stream := snappy.Encode(nil, noise)
	if len(stream) <= len(noise) {
		t.Fatal("noise was compressed")
	}
	got, err = Decompress(nil, build(numbered(asSnappy), 1, len(noise), len(noise), [][]byte{stream}), MaxSize)
	if err != nil || !bytes.Equal(got, noise) {
		t.Errorf("a stream longer than its data: %d bytes, %v", len(got), err)
	}
}

func TestAppend(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 100_000} {
		data := recipe{"words", n, 1}.data()
		c, err := Compress([]byte("before"), data, 8)
		if err != nil || !bytes.HasPrefix(c, []byte("before")) {
			t.Fatalf("%d: %.20q, %v", n, c, err)
		}
		c = c[len("before"):]
		got, err := Decompress([]byte("before"), c, MaxSize)
		if err != nil || !bytes.Equal(got, append([]byte("before"), data...)) {
			t.Errorf("%d: %.20q, %v", n, got, err)
		}
		// Into memory that is there, and not beyond.
		room := bytes.Repeat([]byte{1}, n+10)
		got, err = Decompress(room[:0:n], c, MaxSize)
		if err != nil || !bytes.Equal(got, data) || !bytes.Equal(room[n:], bytes.Repeat([]byte{1}, 10)) {
			t.Errorf("%d: wrote past the capacity, or %v", n, err)
		}
	}
}

func TestOpenSharesStoredData(t *testing.T) {
	c, _ := Compress(nil, []byte("short"), 8)
	got, err := Open(c, 5)
	if err != nil || string(got) != "short" || &got[0] != &c[headerSize] || cap(got) != len(got) {
		t.Errorf("Open = %q, %v: a copy, or open to append", got, err)
	}
}

func TestCompressArguments(t *testing.T) {
	for _, typesize := range []int{-1, 0, 256} {
		if dst, err := Compress([]byte("before"), []byte("data"), typesize); err == nil || string(dst) != "before" {
			t.Errorf("typesize %d: %q, %v", typesize, dst, err)
		}
	}
}

// Blocks that are compressed ahead make the same chunk, also where the room
// for them runs out.
func TestAheadIsTheSame(t *testing.T) {
	step := 50_000
	if invariant.On {
		step *= 5
	}
	for noise := 0; noise <= 500_000; noise += step {
		for _, p := range []int{5, 40_000} {
			data := append(recipe{"runs", 200_000, p}.data(), randomBytes(noise, 3)...)
			data = append(data, recipe{"words", 20_011, 1}.data()...)
			for _, typesize := range []int{1, 2, 8, 31} {
				h := plan(len(data), typesize)
				h.blockSize = min(64<<10, len(data)) / typesize * typesize // for more blocks
				h.blocks = (h.size-1)/h.blockSize + 1
				want, ok := h.oneByOne(data)
				got, ok2 := h.compress(nil, data)
				if ok != ok2 || !bytes.Equal(got, want) {
					t.Errorf("%d bytes of noise, typesize %d: %d bytes %t one by one, %d bytes %t ahead",
						noise, typesize, len(want), ok, len(got), ok2)
				}
			}
		}
	}
}

// oneByOne compresses each block with the room that is left for it.
func (h header) oneByOne(src []byte) ([]byte, bool) {
	s := newScratch()
	defer s.free()
	out := h.begin(nil, headerSize+h.blocks*offsetSize)
	for i := range h.blocks {
		binary.LittleEndian.PutUint32(out[headerSize+i*offsetSize:], uint32(len(out)))
		var ok bool
		b := src[i*h.blockSize:][:h.block(i)]
		if out, ok = h.compressBlock(out, b, h.splits(i), headerSize+len(src)-len(out), s); !ok {
			return nil, false
		}
	}
	return out, true
}

func TestInParallel(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100} {
		done := make([]bool, n)
		if err := inParallel(n, 1<<30, func(i int) error { done[i] = true; return nil }); err != nil || strings.Contains(fmt.Sprint(done), "false") {
			t.Errorf("%d tasks: %v, %v", n, done, err)
		}
		for _, bytes := range []int{1, 1 << 30} {
			fail := errors.New("no")
			if err := inParallel(n, bytes, func(int) error { return fail }); n > 0 && !errors.Is(err, fail) {
				t.Errorf("%d tasks: error %v", n, err)
			}
		}
	}
}

// What is found hopeless by samples would be stored without looking at them, and
// what would be compressed is not found so.
func TestHopelessIsTheSame(t *testing.T) {
	list := messages()["noise"][:2_500_000]
	for name, data := range map[string][]byte{
		"noise":             randomBytes(3_000_001, 1),
		"one block":         randomBytes(700_000, 2),
		"a list":            list,
		"zeros at its end":  append(bytes.Clone(list), make([]byte, 200_003)...),
		"zeros in the way":  append(append(randomBytes(1<<20, 4), make([]byte, 1<<20)...), randomBytes(1<<20, 5)...),
		"a row of the last": append(randomBytes(1<<20, 6), sparse(200_000)...),
	} {
		for _, typesize := range []int{1, 7, 8} {
			if invariant.On && typesize != 8 {
				continue
			}
			h := plan(len(data), typesize)
			s := newScratch()
			hopeless := h.hopeless(data, s)
			s.free()
			want, ok := h.oneByOne(data)
			got, ok2 := h.compress(nil, data)
			if hopeless && ok || ok != ok2 || !bytes.Equal(got, want) {
				t.Errorf("%s, typesize %d: hopeless %t, %d bytes %t one by one, %d bytes %t", name, typesize, hopeless, len(want), ok, len(got), ok2)
			}
			if name == "noise" && !hopeless {
				t.Errorf("%s, typesize %d is not hopeless", name, typesize)
			}
		}
	}
}

// sparse is n elements of 8 bytes of which one is not random.
func sparse(n int) []byte {
	b := randomBytes(8*n, 7)
	for i := 5; i < len(b); i += 8 {
		b[i] = 1
	}
	return b
}

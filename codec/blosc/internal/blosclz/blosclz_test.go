package blosclz

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

// plain decompresses a stream in the plainest way. It says what the format is.
func plain(src []byte) (dst []byte, ok bool) {
	next := func() (b byte) {
		if len(src) == 0 {
			ok = false
			return 0
		}
		b, src = src[0], src[1:]
		return b
	}
	if len(src) == 0 {
		return nil, false
	}
	ok = true
	for ctrl := next() & 31; ok; {
		if ctrl < 32 {
			for range int(ctrl) + 1 {
				dst = append(dst, next())
			}
			if len(src) == 0 {
				return dst, ok
			}
		} else {
			length, high := int(ctrl>>5), int(ctrl&31)
			for more := byte(255); length >= 7 && more == 255 && ok && len(dst) < 1<<20; {
				more = next()
				length += int(more)
			}
			low := int(next())
			distance := high<<8 + low + 1
			if high == 31 && low == 255 {
				distance = int(next())<<8 + int(next()) + 8192
			}
			if distance > len(dst) || len(src) == 0 || len(dst) > 1<<20 {
				return nil, false
			}
			for range length + 2 {
				dst = append(dst, dst[len(dst)-distance])
			}
		}
		ctrl = next()
	}
	return nil, false
}

func TestDecompress(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	tests := []struct{ stream, want string }{
		{"00 61", "a"},
		{"20 61", "a"}, // with the mark
		{"22 616263", "abc"},
		{"3f" + strings.Repeat("61", 32) + "00 62", a(32) + "b"},
		{"20 61 20 00 00 62", "aaaab"},                   // a match of 3 at distance 1
		{"21 6162 c0 01 00 63", "ab" + "abababab" + "c"}, // of 8 at distance 2
		{"20 61 e0 00 00 00 62", "a" + a(9) + "b"},       // of 9, in two bytes
		{"20 61 e0 01 00 00 62", "a" + a(10) + "b"},
		{"20 61 e0 ff 00 00 00 62", "a" + a(264) + "b"},
		{"20 61 e0 ff ff 03 00 00 62", "a" + a(522) + "b"},
		{"23 61626364 20 03 20 02 00 65", "abcd" + "abc" + "abc" + "e"},
	}
	for _, tt := range tests {
		src := unhex(t, tt.stream)
		got := make([]byte, len(tt.want))
		if !Decompress(got, src) || string(got) != tt.want {
			t.Errorf("%s: %q, want %q", tt.stream, got, tt.want)
		}
		if p, ok := plain(src); !ok || string(p) != tt.want {
			t.Errorf("%s: plainly %q, want %q", tt.stream, p, tt.want)
		}
		for _, n := range []int{len(tt.want) - 1, len(tt.want) + 1, 0} {
			if Decompress(make([]byte, n), src) {
				t.Errorf("%s: accepted for %d bytes", tt.stream, n)
			}
		}
		for i := range src {
			if Decompress(got, src[:i]) {
				t.Errorf("%s: accepted, cut to %d bytes", tt.stream, i)
			}
		}
	}
	for _, bad := range []string{
		"",
		"20 61 20 01 00 62",             // before the start
		"20 61 3f ff 0000 00 62",        // far before the start
		"20 61 20 00",                   // ends with a match
		"20 61 e0",                      // without its length
		"20 61 e0 ff ff",                // with half of it
		"20 61 3f ff 00",                // with half a distance
		"23 6162",                       // literals are missing
		"20 61 e0 ff ff ff ff 00 00 62", // longer than the block
	} {
		for n := range 40 {
			if Decompress(make([]byte, n), unhex(t, bad)) {
				t.Errorf("%q is accepted for %d bytes", bad, n)
			}
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMatches(t *testing.T) {
	// Any distance with any length, at the end of the memory and before it.
	start := make([]byte, 40)
	for i := range start {
		start[i] = byte('0' + i)
	}
	for distance := 1; distance <= len(start); distance++ {
		for length := 3; length < 60; length++ {
			want := bytes.Clone(start)
			for range length {
				want = append(want, want[len(want)-distance])
			}
			src := append([]byte{31}, start[:32]...)
			src = append(append(src, 7), start[32:]...)
			src = slices.Clip(src)
			if length < 9 {
				src = append(src, byte(length-2)<<5, byte(distance-1))
			} else {
				src = append(src, 7<<5, byte(length-9), byte(distance-1))
			}
			for _, after := range []int{1, 20} {
				in, want := append(src, byte(after-1)), want
				for i := range after {
					in, want = append(in, byte(i)), append(want, byte(i))
				}
				got := make([]byte, len(want))
				if !Decompress(got, in) || !bytes.Equal(got, want) {
					t.Fatalf("distance %d, length %d: %q, want %q", distance, length, got, want)
				}
			}
		}
	}
}

// Positions count on from stream to stream, until they do not; what is left in
// the table of other streams makes no difference.
func TestTableIsReused(t *testing.T) {
	compress := func(table *Table, src []byte) []byte {
		dst := make([]byte, len(src))
		return dst[:table.Compress(dst, src, true)]
	}
	var table Table
	for _, base := range []uint32{0, 1 << 20, 1<<31 - 1<<17, 1<<31 - 10, 1<<31 - 1} {
		table.base = base
		for range 3 {
			for name, src := range streams() {
				for _, n := range []int{200, 5000, longStream - 1, len(src)} {
					src := src[:min(n, len(src))]
					if got, want := compress(&table, src), compress(new(Table), src); !bytes.Equal(got, want) {
						t.Fatalf("%s of %d bytes, base %d: another stream, of %d bytes, not %d", name, n, base, len(got), len(want))
					}
				}
			}
		}
	}
}

func FuzzDecompress(f *testing.F) {
	for _, src := range streams() {
		src = src[:1000]
		c := make([]byte, len(src))
		f.Add(c[:new(Table).Compress(c, src, true)], uint16(len(src)))
	}
	f.Add([]byte("\x20a\xe0\xff\xff\x00\x00b"), uint16(600))
	f.Add([]byte("\x21ab\x3f\xff\x00\x00\x00b"), uint16(6))
	f.Fuzz(func(t *testing.T, src []byte, n uint16) {
		want, ok := plain(src)
		if len(want) <= 1<<16 && ok {
			n = uint16(len(want))
		}
		ok = ok && len(want) == int(n)
		got := bytes.Repeat([]byte{0xaa}, int(n)+50)
		if Decompress(got[:n:n], src) != ok || ok && !bytes.Equal(got[:n], want) {
			t.Fatalf("%x for %d bytes: want %t %x, got %x", src, n, ok, want, got[:n])
		}
		if !bytes.Equal(got[n:], bytes.Repeat([]byte{0xaa}, 50)) {
			t.Fatal("written past the end")
		}
	})
}

func FuzzCompress(f *testing.F) {
	for _, src := range streams() {
		f.Add(src[:1000], uint16(1), uint16(1000), true)
		f.Add(src[:200], uint16(9), uint16(100), false)
	}
	var table Table // of all inputs, as it is reused
	f.Fuzz(func(t *testing.T, part []byte, times, room uint16, many bool) {
		src := bytes.Repeat(part, int(times)%100+1)
		dst := bytes.Repeat([]byte{0xaa}, int(room)+50)
		n := table.Compress(dst[:room:room], src, many)
		if n > int(room) || !bytes.Equal(dst[room:], bytes.Repeat([]byte{0xaa}, 50)) {
			t.Fatal("written past the end")
		}
		if n == 0 {
			return
		}
		if back, ok := plain(dst[:n]); !ok || !bytes.Equal(back, src) {
			t.Fatalf("%x becomes %x, that becomes %x", src, dst[:n], back)
		}
		got := make([]byte, len(src))
		if !Decompress(got, dst[:n]) || !bytes.Equal(got, src) {
			t.Fatalf("%x does not come back", src)
		}
	})
}

package run

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"
)

var kinds = []struct {
	name string
	run  func(b []byte) int
	in   func(c byte) bool
}{
	{"Text", Text, func(c byte) bool { return c >= ' ' && c < 0x80 && c != '"' && c != '\\' }},
	{"Plain", func(b []byte) int { return Plain(string(b)) }, func(c byte) bool { return c >= ' ' && c < 0x7f && c != '"' && c != '\\' }},
	{"ASCII", func(b []byte) int { return ASCII(string(b)) }, func(c byte) bool { return c < 0x80 }},
}

// check compares runs with the result of examining each byte.
func check(t *testing.T, b []byte) {
	t.Helper()
	for _, k := range kinds {
		want := 0
		for want < len(b) && k.in(b[want]) {
			want++
		}
		got := k.run(b)
		if got < 0 || got > want || got%Block != 0 {
			t.Fatalf("%s of %.100q…: %d, the run ends at %d", k.name, b, got, want)
		}
		if least := want - 65*Block; got < least {
			t.Fatalf("%s of %d bytes: %d, the run ends at %d", k.name, len(b), got, want)
		}
	}
}

// Each byte in each place of a block, at each alignment.
func TestRuns(t *testing.T) {
	room := bytes.Repeat([]byte("x"), 20*Block)
	for start := range 17 {
		for c := range 256 {
			for _, at := range []int{0, 1, 15, 16, 40, 63, 64, 4*Block + 7, 12*Block - 1} {
				room[start+at] = byte(c)
				check(t, room[start:])
				check(t, room[start:start+at+1])
				room[start+at] = 'x'
			}
		}
	}
	check(t, nil)
}

// Bytes behind the slice are not examined.
func TestRunsStayInside(t *testing.T) {
	b := append(bytes.Repeat([]byte("x"), 8*Block), '"')
	for n := range 8 * Block {
		if got := Text(b[:n]); got > n {
			t.Fatalf("%d of %d bytes", got, n)
		}
	}
}

// A character past ASCII, and a part of one, in each place.
func TestValid(t *testing.T) {
	for n := range 3 * Block {
		text := strings.Repeat("x", n)
		for _, end := range []string{"", "é", "\xc3", "\xa9", "\xed\xa0\x80"} {
			s := text + end + "x" + text
			if got := Valid(s); got != utf8.ValidString(s) {
				t.Errorf("%d characters and %q: valid is %v", n, end, got)
			}
		}
	}
}

func FuzzRuns(f *testing.F) {
	f.Add([]byte("text"), 3, byte('"'))
	f.Add([]byte("é\x7f\n\\"), 1000, byte(0x80))
	filling := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	f.Fuzz(func(t *testing.T, b []byte, at int, c byte) {
		check(t, b)
		at = int(uint(at) % uint(len(filling)))
		room := append(filling[:at:at], b...)
		room = append(append(room, filling...), c)
		check(t, room[len(b)%16:])
	})
}

func BenchmarkRuns(b *testing.B) {
	for _, n := range []int{64, 256, 4 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmark(b, n, Text) })
	}
}

func BenchmarkASCII(b *testing.B) {
	for _, n := range []int{64, 64 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			benchmark(b, n, func(b []byte) int { return ASCII(unsafe.String(unsafe.SliceData(b), len(b))) })
		})
		b.Run(fmt.Sprint(n, "/utf8"), func(b *testing.B) {
			benchmark(b, n, func(b []byte) int { _ = utf8.Valid(b); return 0 })
		})
	}
}

func benchmark(b *testing.B, n int, run func([]byte) int) {
	data := bytes.Repeat([]byte("x"), n)
	b.SetBytes(int64(n))
	for b.Loop() {
		run(data)
	}
}

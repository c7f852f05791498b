//go:build !race

package frame

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// keep returns a text that keeps its memory, of n times the letter.
func keep(t testing.TB, letter byte, n int) string {
	m := takePayload(n)
	if m.b = m.b[:0]; cap(m.b) < n {
		m.grow(n)
	}
	m.b = m.b[:n]
	m.loan.Size = cap(m.b)
	for i := range m.b {
		m.b[i] = letter
	}
	text, ok := m.Loan().Text(m.b)
	if !ok {
		t.Fatal("no text can keep the memory")
	}
	m.Free()
	return text
}

// collected runs the garbage collector until nothing is to be recycled.
func collected(t testing.TB) {
	for end := time.Now().Add(time.Minute); recycled.Load() > 0; runtime.GC() {
		if time.Now().After(end) {
			t.Fatalf("%d bytes are still kept", recycled.Load())
		}
		runtime.Gosched()
	}
}

// Memory that texts keep is used again when they are gone, and not before.
func TestRecycle(t *testing.T) {
	const size = 1 << 20
	rng := rand.New(rand.NewPCG(1, 2))
	var texts []string
	var letters []byte
	for i := range 200 {
		letter := byte('a' + i%26)
		text := keep(t, letter, size-rng.IntN(size/4))
		if rng.IntN(8) == 0 { // a part of it is enough
			texts, letters = append(texts, text[1000:2000]), append(letters, letter)
		}
		if n := recycled.Load(); n > mostRecycled {
			t.Fatalf("%d bytes are kept for that", n)
		}
	}
	runtime.GC()
	for i, text := range texts {
		if text != strings.Repeat(string(letters[i]), len(text)) {
			t.Fatalf("text %d has changed", i)
		}
	}
	clear(texts)
	collected(t)
}

// Memory that is not an allocation of this package cannot be recycled.
func TestRecycleOfOtherMemory(t *testing.T) {
	m := NewMemory(make([]byte, 2*bufferSize)[bufferSize/2:])
	if _, ok := m.Loan().Text(m.Bytes()); !ok {
		t.Fatal("no text can keep the memory")
	}
	before := recycled.Load()
	if m.Free(); recycled.Load() > before {
		t.Error("it is to be recycled")
	}
}

// BenchmarkKept is a text of 1 MiB that is kept until the next, with and without recycling.
func BenchmarkKept(b *testing.B) {
	const size = 1 << 20
	var kept []string
	for _, on := range []bool{true, false} {
		b.Run(map[bool]string{true: "recycled", false: "collected"}[on], func(b *testing.B) {
			for b.Loop() {
				m := takePayload(size)
				if m.b = m.b[:0]; cap(m.b) < size {
					m.grow(size)
				}
				m.own = on
				text, _ := m.Loan().Text(m.b[:size])
				kept = append(kept[:0], text)
				m.Free()
			}
		})
	}
	if len(kept[0]) < gap.MinKept {
		b.Fatal("not kept")
	}
}

package frame

import (
	"bytes"
	"net"
	"testing"
	"time"
)

// A text that keeps its memory never changes; later payloads are read into
// memory of their full size at once.
func TestReaderLeavesKeptMemoryAlone(t *testing.T) {
	const size = 1 << 20
	var stream []byte
	for _, c := range []byte("abcde") {
		stream = append(stream, encode(bytes.Repeat([]byte{c}, size))...)
	}
	a, _ := net.Pipe()
	defer a.Close()
	r := NewReader(chunked{a, bytes.NewReader(stream)}, 2<<20, time.Minute, 0)
	var texts []string
	for i, c := range "abcde" {
		payload, mem, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && cap(payload) != size {
			t.Errorf("payload %d is in %d bytes: it has grown", i, cap(payload))
		}
		if payload[0] != byte(c) {
			t.Fatalf("payload %d begins with %c", i, payload[0])
		}
		text, ok := mem.Loan().Text(payload)
		if !ok {
			t.Fatalf("no text can keep %d bytes", mem.Loan().Size)
		}
		texts = append(texts, text)
		mem.Free()
	}
	for i, c := range []byte("abcde") {
		if texts[i] != string(bytes.Repeat([]byte{c}, size)) {
			t.Errorf("text %d has changed", i)
		}
	}
}

// A buffer is handed over with a payload only if it has no earlier payload: that
// one stays valid as long as More returns true.
func TestReaderKeepsWhatIsBefore(t *testing.T) {
	for _, small := range []int{0, 1, 100} {
		first, second := bytes.Repeat([]byte{'a'}, small), bytes.Repeat([]byte{'b'}, ownSize)
		a, _ := net.Pipe()
		defer a.Close()
		r := NewReader(readable{chunked{a, bytes.NewReader(encode(first, second, second[1:]))}}, 1<<20, time.Minute, 0)
		for i, want := range [][]byte{first, second} {
			payload, mem, err := r.Next()
			if err != nil || !bytes.Equal(payload, want) {
				t.Fatalf("payload %d: %v, or another one", i, err)
			}
			if mem != nil {
				t.Errorf("payload %d brings the memory that others are in", i)
			}
		}
		if payload, _, err := r.Next(); err != nil || !bytes.Equal(payload, second[1:]) {
			t.Fatalf("the last payload: %v, or another one", err)
		}
	}
}

// readable is a connection that never waits: a read takes all that has come.
type readable struct{ chunked }

func (readable) WaitRead() {}

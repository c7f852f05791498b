package frame

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/gap"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

func encode(payloads ...[]byte) []byte {
	var out []byte
	for _, p := range payloads {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}

// pairs are the kinds of connections that the reader and writer treat
// differently: sockets that can be tried without waiting, and others.
var pairs = map[string]func(t *testing.T) (net.Conn, net.Conn){
	"pipe": func(*testing.T) (net.Conn, net.Conn) { return net.Pipe() },
	"tcp": func(t *testing.T) (net.Conn, net.Conn) {
		t.Helper()
		return testnet.Pair(t, "tcp", "127.0.0.1:0")
	},
	"unix": func(t *testing.T) (net.Conn, net.Conn) {
		t.Helper()
		return testnet.Pair(t, "unix", filepath.Join(testnet.SocketDir(t), "s"))
	},
}

// chunked is a connection whose reads are cut as a reader of iotest cuts them.
type chunked struct {
	net.Conn
	r io.Reader
}

func (c chunked) Read(p []byte) (int, error) { return c.r.Read(p) }

// randomReads returns a random number of bytes per read.
type randomReads struct {
	r   io.Reader
	rng *rand.Rand
}

func (r randomReads) Read(p []byte) (int, error) { return r.r.Read(p[:1+r.rng.IntN(len(p))]) }

func TestReaderIsChunkInvariant(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var payloads [][]byte
	for _, n := range []int{0, 1, 3, 4, 5, 100, bufferSize - 5, bufferSize - 4, bufferSize - 3, bufferSize, 3 * bufferSize, 7, 1 << 20, 0, 2} {
		p := make([]byte, n)
		for i := range p {
			p[i] = byte(rng.Uint32())
		}
		payloads = append(payloads, p)
	}
	stream := encode(payloads...)
	cuts := map[string]func(io.Reader) io.Reader{
		"whole":    func(r io.Reader) io.Reader { return r },
		"one byte": iotest.OneByteReader,
		"halves":   iotest.HalfReader,
		"data+err": iotest.DataErrReader,
		"random":   func(r io.Reader) io.Reader { return randomReads{r, rng} },
	}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			a, _ := net.Pipe()
			defer a.Close()
			r := NewReader(chunked{a, cut(bytes.NewReader(stream))}, 2<<20, time.Minute, 0)
			for i, want := range payloads {
				got, _, err := r.Next()
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("frame %d: %d bytes, %v; want %d bytes", i, len(got), err, len(want))
				}
			}
			if _, _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Fatalf("at the end: %v, want io.EOF", err)
			}
		})
	}
}

func TestReaderOnSockets(t *testing.T) {
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			big := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
			go func() {
				for _, p := range [][]byte{[]byte("one"), big, []byte("two")} {
					_, _ = a.Write(encode(p))
				}
				a.Close()
			}()
			r := NewReader(b, 1<<20, time.Minute, 0)
			for _, want := range []string{"one", string(big), "two"} {
				got, _, err := r.Next()
				if err != nil || string(got) != want {
					t.Fatalf("got %d bytes, %v, want %d", len(got), err, len(want))
				}
			}
			if _, _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Fatalf("at the end: %v, want io.EOF", err)
			}
			r.Release()
		})
	}
}

func TestReaderErrors(t *testing.T) {
	read := func(stream string) error {
		a, _ := net.Pipe()
		defer a.Close()
		r := NewReader(chunked{a, bytes.NewReader([]byte(stream))}, 1024, time.Minute, 0)
		for {
			if _, _, err := r.Next(); err != nil {
				return err
			}
		}
	}
	for _, cut := range []string{"\x00", "\x00\x00\x00\x05", "\x00\x00\x00\x05abcd", "\x00\x00\x00\x01a\x00"} {
		if err := read(cut); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v, want io.ErrUnexpectedEOF", cut, err)
		}
	}
	var big *TooLargeError
	if err := read("\x00\x00\x04\x00" + string(make([]byte, 1024)) + "HTTP/1.1"); !errors.As(err, &big) || string(big.Head[:]) != "HTTP" || big.Limit != 1024 {
		t.Errorf("a foreign protocol: %v", err)
	}
	if err := read("\xff\xff\xff\xff"); !errors.As(err, &big) || big.Size != MaxPayload {
		t.Errorf("4 GiB: %v", err)
	}
}

// An announced length commits no memory: a peer that promises 1 GiB and sends a
// little costs a little.
func TestReaderCommitsOnlyWhatCame(t *testing.T) {
	a, _ := net.Pipe()
	defer a.Close()
	stream := append(binary.BigEndian.AppendUint32(nil, 1<<30), make([]byte, 100<<10)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := NewReader(chunked{a, bytes.NewReader(stream)}, 1<<31, time.Minute, 0)
	if _, _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated for 100 KiB", got)
	}
}

func TestReaderTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer a.Close()
		r := NewReader(b, 1024, time.Minute, 0)
		start := time.Now()
		go func() {
			_, _ = a.Write([]byte("\x00\x00"))
			<-time.After(50 * time.Second) // fake time; the peer goes on within the minute
			_, _ = a.Write([]byte("\x00\x05hi"))
		}()
		_, _, err := r.Next()
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() || time.Since(start) != 110*time.Second {
			t.Errorf("%v after %v, want a time-out 60 s after the last bytes", err, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer a.Close()
		r := NewReader(b, 1024, time.Minute, 0)
		go func() {
			<-time.After(24 * time.Hour) // between frames a peer may be silent
			_, _ = a.Write([]byte("\x00\x00\x00\x02hi"))
		}()
		if p, _, err := r.Next(); err != nil || string(p) != "hi" {
			t.Errorf("%q, %v", p, err)
		}
	})
}

func newFrame(payload []byte) *Buffer {
	b := NewBuffer()
	b.B = append(b.B, payload...)
	return b
}

// Frames of one goroutine keep their order, and nothing is lost or mixed,
// whatever their sizes and however many write.
func TestWriterKeepsFramesWhole(t *testing.T) {
	const writers, frames = 20, 200
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			w := NewWriter(a, 1<<20, time.Minute, func(err error) { t.Errorf("failed: %v", err) })
			var wg sync.WaitGroup
			for i := range writers {
				wg.Go(func() {
					rng := rand.New(rand.NewPCG(uint64(i), 0))
					for n := range frames {
						size := rng.IntN(200)
						if n%50 == 7 {
							size = rng.IntN(100 << 10)
						}
						p := binary.BigEndian.AppendUint32(nil, uint32(i))
						p = binary.BigEndian.AppendUint32(p, uint32(n))
						p = append(p, bytes.Repeat([]byte{byte(i)}, size)...)
						if err := w.Write(t.Context(), newFrame(p), n%2 == 0); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			r := NewReader(b, 1<<20, time.Minute, 0)
			next := map[uint32]uint32{}
			for range writers * frames {
				p, _, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				i, n := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])
				if n != next[i] || len(bytes.Trim(p[8:], string([]byte{byte(i)}))) != 0 {
					t.Fatalf("frame %d of writer %d, want %d, or foreign bytes", n, i, next[i])
				}
				next[i]++
			}
			wg.Wait()
			if err := w.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if w.Pending() != 0 {
				t.Errorf("%d bytes pending after a flush", w.Pending())
			}
			w.Abort(io.ErrClosedPipe)
			w.Wait()
			if err := w.Write(t.Context(), newFrame(nil), false); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("after Abort: %v", err)
			}
		})
	}
}

// A peer that does not read costs the limit, its writers wait as long as their
// contexts allow, and then the write timeout ends it.
func TestWriterWithoutReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		failed := make(chan error, 1)
		w := NewWriter(a, 1000, 10*time.Second, func(err error) { failed <- err })
		if err := w.Write(t.Context(), newFrame(make([]byte, 1000)), false); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := w.Write(ctx, newFrame(nil), false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a writer past the limit: %v", err)
		}
		start := time.Now()
		err := w.Write(t.Context(), newFrame(nil), false)
		if got := time.Since(start); got != 7*time.Second || err == nil {
			t.Errorf("the next writer waited %v, %v; want until the write timeout", got, err)
		}
		var ne net.Error
		if err := <-failed; !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("failed with %v, want a time-out", err)
		}
		w.Wait()
	})
}

// A slow peer that keeps reading is not cut off.
func TestWriterSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		w := NewWriter(a, 10<<20, 10*time.Second, func(err error) { t.Errorf("failed: %v", err) })
		payload := bytes.Repeat([]byte("x"), 10*stretch)
		if err := w.Write(t.Context(), newFrame(payload), false); err != nil {
			t.Fatal(err)
		}
		got := 0
		buf := make([]byte, stretch)
		for got < len(payload)+HeaderSize {
			<-time.After(9 * time.Second)
			n, err := io.ReadFull(b, buf[:min(stretch, len(payload)+HeaderSize-got)])
			if err != nil {
				t.Fatal(err)
			}
			got += n
		}
		if err := w.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWriterReportsABrokenConnection(t *testing.T) {
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			b.Close()
			failed := make(chan error, 1)
			w := NewWriter(a, 1<<20, time.Minute, func(err error) { failed <- err })
			var err error
			for i := 0; err == nil && i < 1000; i++ {
				err = w.Write(t.Context(), newFrame(make([]byte, 64<<10)), false)
			}
			if err == nil || <-failed == nil {
				t.Error("no error")
			}
			w.Wait()
		})
	}
}

// A text that fills a gap arrives in its place, between the frames before and
// behind it, though the writer may have to wait within it.
func TestWriterFillsGaps(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 1<<17)
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			w := NewWriter(a, 1<<30, time.Minute, func(err error) { t.Error(err) })
			var want []string
			for i, n := range []int{gap.Min, len(text), leastSplit - 1, leastSplit} {
				before, behind := strings.Repeat("<", i), strings.Repeat(">", 3-i)
				buf := NewBuffer()
				buf.B = append(append(buf.B, before...), behind...)
				buf.Gap = gap.Gap{At: HeaderSize + i, Text: text[:n]}
				if buf.Size() != HeaderSize+3+n {
					t.Errorf("a size of %d, want %d", buf.Size(), HeaderSize+3+n)
				}
				short := NewBuffer()
				short.B = append(short.B, "short"...)
				want = append(want, before+text[:n]+behind, "short")
				for _, b := range []*Buffer{buf, short} {
					if err := w.Write(t.Context(), b, false); err != nil {
						t.Fatal(err)
					}
				}
			}
			r := NewReader(b, 1<<30, time.Minute, 0)
			defer r.Release()
			for i, want := range want {
				if got, _, err := r.Next(); err != nil || string(got) != want {
					t.Fatalf("frame %d: %d bytes, %v, want %d bytes", i, len(got), err, len(want))
				}
			}
			if err := w.Flush(t.Context()); err != nil || w.Pending() != 0 {
				t.Errorf("Flush: %v, %d bytes pending", err, w.Pending())
			}
			w.Abort(net.ErrClosed)
			b.Close()
			w.Wait()
		})
	}
}

package frame_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aiomas-go/aiomas-go/codec/frame"
)

func TestFramesRoundTrip(t *testing.T) {
	var stream []byte
	payloads := []string{"", "a", strings.Repeat("x", 64<<10), strings.Repeat("y", 300<<10), "last"}
	for _, p := range payloads {
		var err error
		if stream, err = frame.Append(stream, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	for _, in := range []io.Reader{bytes.NewReader(stream), iotest.OneByteReader(bytes.NewReader(stream)), iotest.DataErrReader(bytes.NewReader(stream))} {
		r := frame.NewReader(in, 0)
		var again []byte
		for i := 0; ; i++ {
			f, err := r.Next()
			if errors.Is(err, io.EOF) && i == len(payloads) {
				break
			}
			if err != nil || string(f[frame.HeaderSize:]) != payloads[i] {
				t.Fatalf("frame %d: %d bytes, %v", i, len(f), err)
			}
			again = append(again, f...)
		}
		if !bytes.Equal(again, stream) {
			t.Error("the frames are not the stream")
		}
	}
}

func TestStreamsThatEnd(t *testing.T) {
	whole, _ := frame.Append(nil, []byte("abc"))
	for n := range whole {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if f, err := frame.NewReader(bytes.NewReader(whole[:n]), 0).Next(); !errors.Is(err, want) {
			t.Errorf("%d of %d bytes: %q, %v", n, len(whole), f, err)
		}
	}
	broken := errors.New("broken")
	if _, err := frame.NewReader(io.MultiReader(bytes.NewReader(whole[:5]), iotest.ErrReader(broken)), 0).Next(); !errors.Is(err, broken) {
		t.Errorf("a stream that fails: %v", err)
	}
}

// A header alone does not make the reader allocate the memory that it announces.
func TestAnnouncedSizes(t *testing.T) {
	r := frame.NewReader(strings.NewReader("\x04\x00\x00\x00abc"), 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes for a frame that did not come", n)
	}
	var big *frame.TooLargeError
	if _, err := frame.NewReader(strings.NewReader("HTTP/1.1 400"), 1000).Next(); !errors.As(err, &big) ||
		string(big.Head[:]) != "HTTP" || big.Limit != 1000 || big.Size != 'H'<<24|'T'<<16|'T'<<8|'P' {
		t.Errorf("past the limit: %v", err)
	}
	if _, err := frame.NewReader(strings.NewReader("\x00\x00\x00\x03abc"), 3).Next(); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

func TestAppendFuncKeepsWhatWasThere(t *testing.T) {
	refused := errors.New("refused")
	b, err := frame.AppendFunc([]byte("before"), func(b []byte) ([]byte, error) { return append(b, "half"...), refused })
	if !errors.Is(err, refused) || string(b) != "before" {
		t.Errorf("%q, %v", b, err)
	}
}

func ExampleReader() {
	r := frame.NewReader(strings.NewReader("\x00\x00\x00\x0a[1, 0, 42]\x00\x00\x00\x0c[1, 1, null]"), 1<<20)
	for {
		f, err := r.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", f[frame.HeaderSize:])
	}
	// Output:
	// [1, 0, 42]
	// [1, 1, null]
	// EOF
}

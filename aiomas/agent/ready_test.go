package agent

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// The line is found however the output is cut, and everything else is passed on.
func TestReadyLine(t *testing.T) {
	long := strings.Repeat("x", 2*maxReady)
	for _, c := range []struct{ out, url, rest string }{
		{"ready tcp://h:1/0\n", "tcp://h:1/0", ""},
		{"a\r\nready tcp://h:1/0\r\nb\nready no more\n", "tcp://h:1/0", "a\r\nb\nready no more\n"},
		{"already\nready local://q/0\n", "local://q/0", "already\n"},
		{long + "\nready tcp://h:1/0\nz", "tcp://h:1/0", long + "\nz"},
		{"never", "", ""}, // an unfinished line may yet become the one
	} {
		for _, size := range []int{1, 3, 7, 5000, 1 << 20} {
			var rest bytes.Buffer
			r := newReadyLine(&rest)
			for at := 0; at < len(c.out); at += size {
				piece := c.out[at:min(at+size, len(c.out))]
				if n, err := r.Write([]byte(piece)); n != len(piece) || err != nil {
					t.Fatalf("write: %d, %v", n, err)
				}
			}
			url := ""
			if len(r.found) > 0 {
				url = <-r.found
			}
			if url != c.url || rest.String() != c.rest {
				t.Errorf("%.40q in pieces of %d: found %q, passed on %.40q", c.out, size, url, rest.String())
			}
		}
	}
	nobody := newReadyLine(nil)
	if _, err := nobody.Write([]byte("a\nready u\nb\n")); err != nil || <-nobody.found != "u" {
		t.Error("without anybody else:", err)
	}
	full := errors.New("full")
	for _, out := range []string{"a\n", "ready u\nb", long} {
		r := newReadyLine(writerFunc(func([]byte) (int, error) { return 0, full }))
		if _, err := r.Write([]byte(out)); !errors.Is(err, full) {
			t.Errorf("%.20q: %v", out, err)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

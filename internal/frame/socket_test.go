package frame

import (
	"net"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// coder is a user's connection: it embeds a socket and transforms the bytes.
type coder struct{ *net.TCPConn }

func invert(p []byte) []byte {
	out := make([]byte, len(p))
	for i, b := range p {
		out[i] = ^b
	}
	return out
}

func (c coder) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	copy(p, invert(p[:n]))
	return n, err
}

func (c coder) Write(p []byte) (int, error) { return c.TCPConn.Write(invert(p)) }

// A type that embeds a socket has its SyscallConn, but must be used through its own
// Read and Write.
func TestSocketThatIsEmbedded(t *testing.T) {
	a, b := testnet.Pair(t, "tcp", "127.0.0.1:0")
	conn := coder{b.(*net.TCPConn)}

	w := NewWriter(conn, 1000, time.Minute, func(err error) { t.Error(err) })
	if err := w.Write(t.Context(), newFrame([]byte("ab")), false); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 6)
	if _, err := a.Read(p); err != nil || string(invert(p)) != "\x00\x00\x00\x02ab" {
		t.Errorf("wrote %q, %v", p, err)
	}
	if _, err := a.Write(p); err != nil {
		t.Fatal(err)
	}
	if p, _, err := NewReader(conn, 1000, time.Minute, 0).Next(); err != nil || string(p) != "ab" {
		t.Errorf("read %q, %v", p, err)
	}
}

package frame

import (
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// Bytes that the peer does not read stay unsent until it reads them.
func TestUnsent(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("the system does not tell")
	}
	a, b := testnet.Pair(t, "tcp", "127.0.0.1:0")
	if n, ok := Unsent(a); n != 0 || !ok {
		t.Fatalf("%d bytes (%v) of a new connection", n, ok)
	}
	written := make(chan error, 1)
	go func() {
		_, err := a.Write(make([]byte, 32<<20)) // more than buffers hold
		written <- err
	}()
	for n := 0; n == 0; n, _ = Unsent(a) {
		runtime.Gosched()
	}
	go io.Copy(io.Discard, b)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	for n := 1; n > 0; n, _ = Unsent(a) {
		runtime.Gosched()
	}
	x, _ := net.Pipe()
	if _, ok := Unsent(x); ok {
		t.Error("it is known for a pipe")
	}
}

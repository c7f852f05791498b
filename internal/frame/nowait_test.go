//go:build unix

package frame

import (
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// A user may have made the socket one that blocks, which os.File.Fd does too. A
// read that finds nothing then stops one goroutine, not the process.
func TestReadNowOfBlockingSocket(t *testing.T) {
	a, b := testnet.Pair(t, "tcp", "127.0.0.1:0")
	rc, err := b.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := rc.Control(func(fd uintptr) { failed = syscall.SetNonblock(int(fd), false) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}

	r := NewReader(b, 1000, time.Minute, 0)
	got := make(chan string)
	read := func() {
		p, _, err := r.Next()
		got <- string(p)
		if err != nil {
			t.Error(err)
		}
	}
	for range 3 { // the first may be one that the scheduler hears of
		go read()
		runtime.Gosched()
		runtime.GC() // which stops all goroutines for a moment
		if _, err := a.Write([]byte("\x00\x00\x00\x02ab")); err != nil {
			t.Fatal(err)
		}
		if s := <-got; s != "ab" {
			t.Fatalf("got %q", s)
		}
	}
}

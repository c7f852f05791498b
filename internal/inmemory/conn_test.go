package inmemory_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/inmemory"
)

var address = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5555}

// Both ends write more than fits at the same time, in pieces of all sizes, and read the same.
func TestBothWays(t *testing.T) {
	here, there := inmemory.New(address, address)
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	var wg sync.WaitGroup
	for _, c := range []*inmemory.Conn{here, there} {
		wg.Go(func() {
			for rest, n := data, 1; len(rest) > 0; n = n*3 + 1 {
				n = min(n, len(rest))
				if m, err := c.Write(rest[:n]); m != n || err != nil {
					t.Errorf("wrote %d of %d: %v", m, n, err)
				}
				rest = rest[n:]
			}
			_ = c.CloseWrite()
		})
		wg.Go(func() {
			got, err := io.ReadAll(c)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("read %d of %d bytes, %v", len(got), len(data), err)
			}
		})
	}
	wg.Wait()
	if n := here.Unsent(); n != 0 {
		t.Errorf("%d bytes unread", n)
	}
}

func TestWithoutWaiting(t *testing.T) {
	here, there := inmemory.New(address, address)
	buf := make([]byte, 8)
	if n, err := there.TryRead(buf); n != -1 || err != nil {
		t.Errorf("nothing is there: %d, %v", n, err)
	}
	if n, err := here.TryWrite([]byte("hello, world")); n != 12 || err != nil {
		t.Error(n, err)
	}
	if n := here.Unsent(); n != 12 {
		t.Errorf("%d bytes unread", n)
	}
	if n, err := there.TryRead(buf); n != 8 || err != nil {
		t.Error(n, err)
	}
	large := make([]byte, 1<<20)
	n, err := here.TryWrite(large)
	if n <= 0 || n == len(large) || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if n, err := here.TryWrite(large); n != 0 || err != nil {
		t.Errorf("wrote %d to a full one, %v", n, err)
	}
	_ = here.Close()
	got, err := io.ReadAll(there)
	if len(got) != n+4 || err != nil { // what was written before is read
		t.Errorf("read %d of %d, %v", len(got), n+4, err)
	}
	if n, err := there.TryRead(buf); n != 0 || err != nil {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// The errors are those of sockets.
func TestErrors(t *testing.T) {
	here, there := inmemory.New(address, address)
	_ = here.SetReadDeadline(time.Now())
	_, err := here.Read(make([]byte, 1))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	_ = here.CloseWrite()
	if _, err := here.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after CloseWrite: %v", err)
	}
	_ = here.Close()
	_ = here.Close()
	if _, err := here.Read(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := here.CloseWrite(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := here.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := there.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("nobody reads: %v", err)
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Net != "tcp" {
		t.Errorf("%T, want a *net.OpError of the network", err)
	}
}

// Whoever waits goes on when something happens.
func TestWaits(t *testing.T) {
	full := make([]byte, 1<<20)
	for name, c := range map[string]struct {
		wait func(c *inmemory.Conn) error
		end  func(here, there *inmemory.Conn)
		want error
	}{
		"read, data":       {read, func(_, there *inmemory.Conn) { _, _ = there.Write([]byte("x")) }, nil},
		"read, end":        {read, func(_, there *inmemory.Conn) { _ = there.CloseWrite() }, io.EOF},
		"read, closed":     {read, func(here, _ *inmemory.Conn) { _ = here.Close() }, net.ErrClosed},
		"read, deadline":   {read, func(here, _ *inmemory.Conn) { _ = here.SetReadDeadline(time.Now()) }, os.ErrDeadlineExceeded},
		"waitRead, data":   {waitRead, func(_, there *inmemory.Conn) { _, _ = there.Write([]byte("x")) }, nil},
		"waitRead, closed": {waitRead, func(here, _ *inmemory.Conn) { _ = here.Close() }, nil},
		"write, read": {write(full), func(_, there *inmemory.Conn) {
			_, _ = io.ReadFull(there, make([]byte, len(full)))
		}, nil},
		"write, gone":     {write(full), func(_, there *inmemory.Conn) { _ = there.Close() }, syscall.EPIPE},
		"write, closed":   {write(full), func(here, _ *inmemory.Conn) { _ = here.Close() }, net.ErrClosed},
		"write, deadline": {write(full), func(here, _ *inmemory.Conn) { _ = here.SetWriteDeadline(time.Now()) }, os.ErrDeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				here, there := inmemory.New(address, address)
				done := make(chan error, 1)
				go func() { done <- c.wait(here) }()
				synctest.Wait()
				if len(done) > 0 {
					t.Fatalf("did not wait: %v", <-done)
				}
				c.end(here, there)
				if err := <-done; !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			})
		})
	}
}

func read(c *inmemory.Conn) error { _, err := c.Read(make([]byte, 1)); return err }

func waitRead(c *inmemory.Conn) error { c.WaitRead(); return nil }

func write(p []byte) func(*inmemory.Conn) error {
	return func(c *inmemory.Conn) error { _, err := c.Write(p); return err }
}

// A loop is told once of all that comes until it reads, and of the end.
func TestNotify(t *testing.T) {
	here, there := inmemory.New(address, address)
	var told []bool
	notify := func(c *inmemory.Conn) { c.Notify(func(ended bool) { told = append(told, ended) }) }
	check := func(what string, want ...bool) {
		t.Helper()
		if len(told) != len(want) || len(want) > 0 && told[len(told)-1] != want[len(want)-1] {
			t.Errorf("%s: told %v, want %v", what, told, want)
		}
		told = nil
	}
	notify(there)
	check("nothing there")
	for range 3 {
		_, _ = here.Write([]byte("x"))
	}
	check("three writes", false)
	_, _ = there.TryRead(make([]byte, 1))
	check("a read")
	_, _ = here.Write([]byte("x"))
	check("a write after it", false)
	notify(there)
	check("data from before", false)
	_ = here.CloseWrite()
	_ = here.Close()
	check("the end", true)
	notify(there)
	check("an end from before", true)
	_ = there.Close()
	_, _ = here.Write([]byte("x"))
	check("closed")
}

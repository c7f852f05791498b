//go:build linux

package arrival_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/arrival"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/inmemory"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// reader is a source that reports the frames that it reads.
type reader struct {
	conn    net.Conn
	raw     syscall.RawConn
	in      *frame.TryReader
	frames  chan<- string
	removed chan struct{}
	most    int                        // frames at once; 0: all
	handle  func(*reader, string) bool // called for each frame; true: replaced
}

func newReader(tb testing.TB, conn net.Conn, frames chan<- string) *reader {
	tb.Helper()
	var raw syscall.RawConn // nil: in memory
	if c, ok := conn.(syscall.Conn); ok {
		var err error
		if raw, err = c.SyscallConn(); err != nil {
			tb.Fatal(err)
		}
	}
	in := frame.NewTryReader(conn, 1<<20)
	if in == nil {
		tb.Fatal("a socket cannot be read without waiting")
	}
	return &reader{conn: conn, raw: raw, in: in, frames: frames, removed: make(chan struct{})}
}

func (r *reader) Ready(ended bool) (more, replaced bool) {
	r.in.Ready(ended)
	for n := 0; r.most == 0 || n < r.most; n++ {
		payload, mem, err := r.in.Next()
		if err != nil {
			if !errors.Is(err, frame.ErrNotYet) {
				r.frames <- "error: " + err.Error()
			}
			return false, false
		}
		text := string(payload)
		if mem != nil {
			text = fmt.Sprintf("%d bytes", len(payload))
			mem.Free()
		}
		if r.handle != nil && r.handle(r, text) {
			return false, true
		}
		r.frames <- text
	}
	return true, false
}

func (r *reader) Removed() {
	r.in.Release()
	close(r.removed)
}

func add(tb testing.TB, l *arrival.Loop, r *reader) {
	tb.Helper()
	start(tb, l, r)
	tb.Cleanup(func() {
		l.Remove(r, r.raw)
		<-r.removed
	})
}

func start(tb testing.TB, l *arrival.Loop, r *reader) {
	tb.Helper()
	if r.raw != nil {
		if err := l.Add(r, r.raw); err != nil {
			tb.Fatal(err)
		}
		return
	}
	arrived, err := l.Join(r)
	if err != nil {
		tb.Fatal(err)
	}
	r.conn.(*inmemory.Conn).Notify(arrived)
}

// inMemory returns a connection in memory.
func inMemory(tb testing.TB) (here, there net.Conn) {
	tb.Helper()
	here, there = inmemory.New(&net.TCPAddr{}, &net.TCPAddr{})
	tb.Cleanup(func() {
		_ = here.Close()
		_ = there.Close()
	})
	return here, there
}

func send(tb testing.TB, conn net.Conn, payload string) {
	tb.Helper()
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	if _, err := conn.Write(append(b, payload...)); err != nil {
		tb.Error(err)
	}
}

func eachNetwork(t *testing.T, f func(t *testing.T, pair func() (here, there net.Conn))) {
	t.Helper()
	t.Run("tcp", func(t *testing.T) {
		f(t, func() (net.Conn, net.Conn) { return testnet.Pair(t, "tcp", "127.0.0.1:0") })
	})
	t.Run("unix", func(t *testing.T) {
		dir, n := testnet.SocketDir(t), 0
		f(t, func() (net.Conn, net.Conn) {
			n++
			return testnet.Pair(t, "unix", filepath.Join(dir, fmt.Sprint(n)))
		})
	})
	t.Run("memory", func(t *testing.T) { f(t, func() (net.Conn, net.Conn) { return inMemory(t) }) })
	t.Run("unix and memory", func(t *testing.T) { f(t, mixed(t)) })
}

// mixed returns a function that returns Unix sockets and connections in memory by turns.
func mixed(t *testing.T) func() (here, there net.Conn) {
	dir, n := testnet.SocketDir(t), 0
	return func() (net.Conn, net.Conn) {
		if n++; n%2 == 0 {
			return inMemory(t)
		}
		return testnet.Pair(t, "unix", filepath.Join(dir, fmt.Sprint(n)))
	}
}

func TestFramesComeInTheOrderInWhichTheyWereSent(t *testing.T) {
	eachNetwork(t, func(t *testing.T, pair func() (net.Conn, net.Conn)) {
		var l arrival.Loop
		frames := make(chan string, 1000)
		var peers []net.Conn
		for range 50 {
			here, there := pair()
			peers = append(peers, there)
			add(t, &l, newReader(t, here, frames))
		}
		rnd := rand.New(rand.NewPCG(1, 2))
		for round := range 200 {
			order := rnd.Perm(len(peers))
			for i, p := range order {
				send(t, peers[p], fmt.Sprint(round, i))
			}
			for i := range order {
				if got, want := <-frames, fmt.Sprint(round, i); got != want {
					t.Fatalf("frame %q, want %q", got, want)
				}
			}
		}
	})
}

// What arrives while the loop is busy is read in the order of arrival afterwards, however it is
// mixed: a call by a socket that follows one in memory is not read first, nor the other way round.
func TestTheOrderAfterOtherWork(t *testing.T) {
	var l arrival.Loop
	frames := make(chan string, 1000)
	entered, release := make(chan struct{}), make(chan struct{})
	pair := mixed(t)
	here, busy := pair()
	r := newReader(t, here, frames)
	r.handle = func(*reader, string) bool {
		entered <- struct{}{}
		<-release
		return false
	}
	add(t, &l, r)
	var peers []net.Conn
	for range 160 { // more sockets than the poller asks for at once
		here, there := pair()
		peers = append(peers, there)
		add(t, &l, newReader(t, here, frames))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		send(t, busy, "busy")
		<-entered
		order := rnd.Perm(len(peers))
		if round%2 == 0 { // all sockets first, which have odd numbers
			slices.SortStableFunc(order, func(a, b int) int { return b%2 - a%2 })
		}
		for _, p := range order {
			send(t, peers[p], fmt.Sprint(p))
		}
		release <- struct{}{}
		if got := <-frames; got != "busy" {
			t.Fatalf("frame %q", got)
		}
		for i, p := range order {
			if got := <-frames; got != fmt.Sprint(p) {
				t.Fatalf("frame %d of %q, want %d", i, got, p)
			}
		}
	}
}

func TestLargeAndCutFrames(t *testing.T) {
	eachNetwork(t, func(t *testing.T, pair func() (net.Conn, net.Conn)) {
		var l arrival.Loop
		frames := make(chan string, 100)
		here, there := pair()
		add(t, &l, newReader(t, here, frames))
		done := make(chan struct{})
		go func() {
			defer close(done)
			send(t, there, string(make([]byte, 1<<20)))
			send(t, there, "small")
			for _, b := range []byte("\x00\x00\x00\x03abc") {
				_, _ = there.Write([]byte{b})
			}
			send(t, there, string(make([]byte, 100_000)))
		}()
		for _, want := range []string{"1048576 bytes", "small", "abc", "100000 bytes"} {
			if got := <-frames; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		<-done
	})
}

func TestTheEndOfAConnection(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(net.Conn)
		want []string
	}{
		"behind a frame":      {func(c net.Conn) { send(t, c, "a"); _ = c.Close() }, []string{"a", "error: " + io.EOF.Error()}},
		"within a frame":      {func(c net.Conn) { _, _ = c.Write([]byte{0, 0, 0, 9, 'x'}); _ = c.Close() }, []string{"error: " + io.ErrUnexpectedEOF.Error()}},
		"a large announced":   {func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1")) }, []string{"error: frame of 1213486160 bytes exceeds the limit of 1048576"}},
		"with nothing before": {func(c net.Conn) { _ = c.Close() }, []string{"error: " + io.EOF.Error()}},
	} {
		t.Run(name, func(t *testing.T) {
			eachNetwork(t, func(t *testing.T, pair func() (net.Conn, net.Conn)) {
				for range 50 { // before and after the loop waits
					var l arrival.Loop
					frames := make(chan string, 10)
					here, there := pair()
					add(t, &l, newReader(t, here, frames))
					test.end(there)
					for _, want := range test.want {
						if got := <-frames; got != want {
							t.Errorf("got %q, want %q", got, want)
						}
					}
				}
			})
		})
	}
}

func TestWhoHasMoreIsCalledAgainBeforeWhatCameLater(t *testing.T) {
	var l arrival.Loop
	frames := make(chan string, 10)
	here, there := testnet.Pair(t, "tcp", "127.0.0.1:0")
	r := newReader(t, here, frames)
	r.most = 1
	add(t, &l, r)
	for i := range 5 {
		send(t, there, fmt.Sprint(i))
	}
	for i := range 5 {
		if got := <-frames; got != fmt.Sprint(i) {
			t.Errorf("got %q, want %d", got, i)
		}
	}
}

func TestAReplacedGoroutineHoldsUpNobody(t *testing.T) {
	var l arrival.Loop
	frames := make(chan string, 10)
	hereA, a := testnet.Pair(t, "tcp", "127.0.0.1:0")
	hereB, b := testnet.Pair(t, "tcp", "127.0.0.1:0")
	release := make(chan struct{})
	busy := newReader(t, hereA, frames)
	busy.handle = func(r *reader, text string) bool {
		if text != "block" {
			return false
		}
		l.Replace(r, true)
		<-release
		return true
	}
	add(t, &l, busy)
	add(t, &l, newReader(t, hereB, frames))
	send(t, a, "block")
	send(t, b, "b")
	send(t, a, "a")
	got := map[string]bool{<-frames: true, <-frames: true}
	if !got["a"] || !got["b"] {
		t.Errorf("got %v", got)
	}
	close(release)
}

func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	var l arrival.Loop
	for i := range 20 { // the loop can be used again
		here, _ := inMemory(t)
		if i%2 == 0 {
			here, _ = testnet.Pair(t, "tcp", "127.0.0.1:0")
		}
		r := newReader(t, here, nil)
		start(t, &l, r)
		l.Remove(r, r.raw)
		<-r.removed
		l.Remove(r, r.raw) // twice is fine
		_ = here.Close()
	}
	for runtime.NumGoroutine() > before {
		runtime.Gosched()
	}
}

func TestAClosedSocketIsRefused(t *testing.T) {
	var l arrival.Loop
	here, _ := testnet.Pair(t, "tcp", "127.0.0.1:0")
	r := newReader(t, here, nil)
	_ = here.Close()
	if err := l.Add(r, r.raw); err == nil {
		t.Error("no error")
	}
}

// idler reads nothing, and says when it could.
type idler struct{ called, removed chan struct{} }

func (i *idler) Ready(bool) (more, replaced bool) { i.called <- struct{}{}; return false, false }
func (i *idler) Removed()                         { close(i.removed) }

// A source that has left data unread is called again only when Again says so, and one that was removed is not.
func TestAgain(t *testing.T) {
	eachNetwork(t, func(t *testing.T, pair func() (net.Conn, net.Conn)) {
		var l arrival.Loop
		here, there := pair()
		i := &idler{called: make(chan struct{}, 10), removed: make(chan struct{})}
		l.Again(i) // is not known yet
		send(t, there, "hello")
		var raw syscall.RawConn
		if c, ok := here.(syscall.Conn); ok {
			raw, _ = c.SyscallConn()
			if err := l.Add(i, raw); err != nil {
				t.Fatal(err)
			}
		} else if arrived, err := l.Join(i); err != nil {
			t.Fatal(err)
		} else {
			here.(*inmemory.Conn).Notify(arrived)
		}
		for range 3 {
			<-i.called
			if len(i.called) > 0 {
				t.Error("called though nothing is new")
			}
			l.Again(i)
		}
		<-i.called
		l.Remove(i, raw)
		<-i.removed
		l.Again(i)
		if len(i.called) > 0 {
			t.Error("called after it was removed")
		}
	})
}

package nats_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
	client "github.com/nats-io/nats.go"
)

// typed tells the errors with which a stream may end.
func typed(err error) bool {
	return errors.Is(err, nats.ErrLost) || errors.Is(err, nats.ErrPeerGone) || errors.Is(err, nats.ErrReset)
}

func config(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// traffic is a stream on which pieces with numbers go, until something happens to it.
type traffic struct {
	pieces chan int // how many came, at the end
	err    chan error
}

const piece = 1000

func startTraffic(from, to net.Conn) traffic {
	tr := traffic{make(chan int, 1), make(chan error, 2)}
	go func() {
		for i := 0; ; i++ {
			if _, err := from.Write(bytes.Repeat([]byte{byte(i)}, piece)); err != nil {
				tr.err <- err
				_ = from.Close()
				return
			}
		}
	}()
	go func() {
		b, n := make([]byte, piece), 0
		for ; ; n++ {
			if _, err := io.ReadFull(to, b); err != nil {
				tr.pieces <- n
				tr.err <- err
				_ = to.Close()
				return
			}
			if !bytes.Equal(b, bytes.Repeat([]byte{byte(n)}, piece)) {
				tr.pieces <- n
				tr.err <- errors.New("other bytes have come than were sent")
				_ = to.Close()
				return
			}
		}
	}()
	return tr
}

// end ends the traffic, and tells whether it was whole until then, or ended by a typed
// error.
func (tr traffic) end(t *testing.T, from net.Conn) {
	t.Helper()
	_ = from.Close()
	<-tr.pieces
	for range 2 {
		if err := <-tr.err; !typed(err) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the stream ended with %v", err)
		}
	}
}

// Idle streams survive a restart of the server; others are whole or end with an error
// that says why. Names are kept.
func TestServerRestarts(t *testing.T) {
	s := start(t, embedded.Options{})
	a, b := connect(t, s.URL(), nats.Options{Timeout: 5 * time.Second}), connect(t, s.URL(), nats.Options{Timeout: 5 * time.Second})
	idle1, idle2 := pair(t, a, b)
	exchange(t, idle1, idle2, "before")
	busy1, busy2 := pair(t, a, b)
	tr := startTraffic(busy1, busy2)
	ln := listen(t, b, "name")
	for range 2 {
		reconnects := func() uint64 { return a.NATS().Stats().Reconnects + b.NATS().Stats().Reconnects }
		before := reconnects()
		s = restart(t, s, "\n")
		await(t, "both to be there again", func() bool { return reconnects() == before+2 })
		if err := errors.Join(a.NATS().Flush(), b.NATS().Flush()); err != nil { // they have subscribed again
			t.Fatal(err)
		}
		exchange(t, idle1, idle2, "question")
		exchange(t, idle2, idle1, "answer")
		c, err := a.Dial(t.Context(), "name")
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		if _, err := ln.Accept(); err != nil {
			t.Fatal(err)
		}
	}
	tr.end(t, busy1)
}

// Whoever waits for a server that is away gets what it wants when it is back, or learns
// why not; Close does not wait for it.
func TestServerIsAway(t *testing.T) {
	s := start(t, embedded.Options{})
	a, b := connect(t, s.URL(), nats.Options{Timeout: 500 * time.Millisecond}), connect(t, s.URL(), nats.Options{})
	x, y := pair(t, a, b)
	ln := listen(t, a, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the loss of the connection", func() bool { return !a.NATS().IsConnected() })
	if _, err := a.Dial(t.Context(), "b"); !errors.Is(err, nats.ErrNoAnswer) || !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("dial: %v", err)
	}
	if _, err := x.Write([]byte("kept")); err != nil {
		t.Error(err)
	}
	for _, c := range []io.Closer{x, y, ln, a, b} {
		begun := time.Now()
		if err := c.Close(); err != nil || time.Since(begun) > 20*time.Second {
			t.Errorf("Close of a %T: %v after %v", c, err, time.Since(begun))
		}
	}
}

// A server that hangs, with the socket to it full, holds no Close, although the NATS
// client would wait for it.
func TestServerHangs(t *testing.T) {
	s := start(t, embedded.Options{})
	v := newValve(t, s.URL())
	small := func(o *client.Options) error {
		o.CustomDialer = smallBuffers{}
		o.FlusherTimeout = 30 * time.Second
		return nil
	}
	a, err := nats.Connect(t.Context(), v.url(), nats.Options{Claim: claim}, small)
	if err != nil {
		t.Fatal(err)
	}
	b := connect(t, s.URL(), nats.Options{})
	c, err := agent.NewContainer(t.Context(), "nats://a", agent.WithTransport("nats", a))
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t, a, "ln")
	x, _ := pair(t, a, b)
	v.set(true, true)
	written := make(chan error, 1)
	go func() {
		_, err := x.Write(make([]byte, 10<<20))
		written <- err
	}()
	await(t, "the NATS client to wait for the server", func() bool {
		free := make(chan struct{})
		go func() { // it has its lock while it waits
			_ = a.NATS().Publish("other", nil)
			_, _ = a.NATS().Buffered()
			close(free)
		}()
		select {
		case <-free:
			return false
		case <-time.After(200 * time.Millisecond):
			return true
		}
	})
	for _, closer := range []io.Closer{x, ln, c, a} {
		begun := time.Now()
		if err := closer.Close(); err != nil || time.Since(begun) > 20*time.Second {
			t.Errorf("Close of a %T: %v after %v", closer, err, time.Since(begun))
		}
	}
	if err := <-written; !errors.Is(err, net.ErrClosed) {
		t.Errorf("write: %v", err)
	}
	v.close() // the NATS client may end
}

type smallBuffers struct{}

func (smallBuffers) Dial(network, address string) (net.Conn, error) {
	c, err := net.Dial(network, address)
	if err == nil {
		_ = c.(*net.TCPConn).SetWriteBuffer(4 << 10)
	}
	return c, err
}

// A client that is too slow is thrown out by the server. Its streams are whole, or end
// with an error that says why at both ends. What comes after works.
func TestSlowClientIsThrownOut(t *testing.T) {
	s := start(t, embedded.Options{Config: config(t, "max_payload: 100000\nmax_pending: 200000\nwrite_deadline: \"500ms\"\n")})
	v := newValve(t, s.URL())
	a, b := connect(t, s.URL(), nats.Options{Timeout: 3 * time.Second}), connect(t, v.url(), nats.Options{Timeout: 3 * time.Second})
	type stream struct{ from, to net.Conn }
	var streams []stream
	for range 40 {
		x, y := pair(t, a, b)
		exchange(t, x, y, "hello")
		streams = append(streams, stream{x, y})
	}
	v.set(false, true)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 8<<10) // half a window
	for _, s := range streams {
		if _, err := s.from.Write(sent); err != nil && !typed(err) {
			t.Errorf("write: %v", err)
		}
	}
	await(t, "the server to throw the client out", func() bool { return s.NATS().NumSlowConsumersClients() > 0 })
	v.set(false, false)
	lost := 0
	for _, s := range streams {
		_ = s.to.SetReadDeadline(time.Now().Add(time.Minute))
		got := make([]byte, len(sent))
		n, err := io.ReadFull(s.to, got)
		switch {
		case !bytes.Equal(got[:n], sent[:n]):
			t.Errorf("other bytes have come than were sent")
		case err != nil && !typed(err):
			t.Errorf("a stream ended after %d bytes with %v", n, err)
		case err != nil:
			lost++
			if _, err := s.from.Read(make([]byte, 1)); !typed(err) {
				t.Errorf("its other end: %v", err)
			}
		}
	}
	if lost == 0 {
		t.Error("nothing was lost: the test shows nothing")
	}
	x, y := pair(t, a, b)
	exchange(t, x, y, "after")
	exchange(t, y, x, "after")
}

// A peer whose process has died, that hangs, or that hears and does not answer, is gone
// after a while; so is who dials it.
func TestPeerIsGone(t *testing.T) {
	s := start(t, embedded.Options{})
	quick := nats.Options{Timeout: 2 * time.Second}
	for name, end := range map[string]func(n *nats.Transport, v *valve){
		"dead": func(n *nats.Transport, _ *valve) { n.NATS().Close() },
		"hung": func(_ *nats.Transport, v *valve) { v.set(true, true) },
		"deaf": func(_ *nats.Transport, v *valve) { v.set(false, true) },
		"mute": func(_ *nats.Transport, v *valve) { v.set(true, false) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newValve(t, s.URL())
			a, b := connect(t, s.URL(), quick), connect(t, v.url(), nats.Options{Timeout: time.Hour})
			ln := listen(t, b, "peer."+name)
			x, y := pair(t, a, b)
			exchange(t, x, y, "hello")
			end(b, v)
			if _, err := x.Read(make([]byte, 1)); !errors.Is(err, nats.ErrPeerGone) || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("read: %v", err)
			}
			if _, err := x.Write([]byte("x")); !errors.Is(err, nats.ErrPeerGone) {
				t.Errorf("write: %v", err)
			}
			_, err := a.Dial(t.Context(), "peer."+name)
			if want := nats.ErrNoAnswer; name == "dead" && !errors.Is(err, syscall.ECONNREFUSED) || name != "dead" && !errors.Is(err, want) {
				t.Errorf("dial: %v", err)
			}
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, os.ErrDeadlineExceeded)
			defer cancel()
			if _, err := a.Dial(ctx, "peer."+name); name != "dead" && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("dial with a context: %v", err)
			}
			if name == "dead" {
				if _, err := y.Read(make([]byte, 1)); !errors.Is(err, nats.ErrDisconnected) || !errors.Is(err, net.ErrClosed) {
					t.Errorf("the end whose NATS connection is closed: %v", err)
				}
				if _, err := ln.Accept(); !errors.Is(err, nats.ErrDisconnected) {
					t.Errorf("its listener: %v", err)
				}
			}
			v.set(false, false)
		})
	}
}

// However many streams there are between two processes, one question and one answer keep
// them alive.
func TestKeepAliveCountsByProcess(t *testing.T) {
	s := start(t, embedded.Options{})
	o := nats.Options{Timeout: 900 * time.Millisecond}
	a, b := connect(t, s.URL(), o), connect(t, s.URL(), o)
	for range 50 {
		x, y := pair(t, a, b)
		exchange(t, x, y, "hello")
		exchange(t, y, x, "hello")
	}
	observer, err := client.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer observer.Close()
	seen := make(chan *client.Msg, 10_000)
	if _, err := observer.ChanSubscribe("aiomas.>", seen); err != nil {
		t.Fatal(err)
	}
	others, pings := 0, 0
	for pings < 6 {
		switch m := <-seen; m.Data[0] {
		case 'p':
			pings++
		case 'o':
		default:
			others++ // what was under way, acks of the last words
		}
	}
	if others > 6*50 {
		t.Errorf("%d messages of streams while %d questions of processes went", others, pings)
	}
}

package record

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// pass starts a relay between two new connections, and returns their other ends, and what waits for the end of all.
func pass(ctx context.Context, t *testing.T, limit int64) (client, server net.Conn, wait func() []Event) {
	t.Helper()
	client, down := testnet.Pair(t, "tcp", "127.0.0.1:0")
	up, server := testnet.Pair(t, "tcp", "127.0.0.1:0")
	var events []Event
	r := NewRelay(limit, func(e Event) { events = append(events, e) })
	var passed sync.WaitGroup
	passed.Go(func() { r.Pass(ctx, down, up) })
	return client, server, func() []Event { passed.Wait(); r.Close(); return events }
}

// Every byte passes, in order and both ways at once, and every frame is told.
func TestRelayPassesAll(t *testing.T) {
	client, server, wait := pass(t.Context(), t, 0)
	streams := [2][]byte{}
	frames := [2][][]byte{}
	for side := range streams {
		for n := range 300 {
			payload := bytes.Repeat([]byte{byte(n)}, rand.IntN(4000)+rand.IntN(2)*rand.IntN(100_000))
			frames[side] = append(frames[side], payload)
			streams[side], _ = frame.Append(streams[side], payload)
		}
	}
	var all sync.WaitGroup
	for side, conn := range []net.Conn{client, server} {
		all.Go(func() {
			for b := streams[side]; len(b) > 0; {
				n := min(len(b), 1+rand.IntN(50_000))
				if _, err := conn.Write(b[:n]); err != nil {
					t.Error(err)
				}
				b = b[n:]
			}
			_ = conn.(*net.TCPConn).CloseWrite()
		})
		all.Go(func() {
			if got, err := io.ReadAll(conn); err != nil || !bytes.Equal(got, streams[1-side]) {
				t.Errorf("%v: %d bytes came, %v, want %d", Side(side), len(got), err, len(streams[1-side]))
			}
		})
	}
	all.Wait()
	told := [2][][]byte{}
	ended := 0
	for i, e := range wait() {
		switch {
		case i == 0 && e.Kind == Opened:
		case e.Kind == Frame:
			told[e.From] = append(told[e.From], e.Data)
		case e.Kind == Ended && e.Reason == "EOF":
			ended++
		default:
			t.Errorf("%+v", e)
		}
	}
	for side := range told {
		if !bytes.Equal(bytes.Join(told[side], []byte("|")), bytes.Join(frames[side], []byte("|"))) {
			t.Errorf("%v: %d frames are told, want %d", Side(side), len(told[side]), len(frames[side]))
		}
	}
	if ended != 2 {
		t.Errorf("%d ends", ended)
	}
}

// What is no frame passes, too, and so does a reset.
func TestRelayPassesAnything(t *testing.T) {
	client, server, wait := pass(t.Context(), t, 1000)
	text := []byte("GET / HTTP/1.1\r\n\r\n")
	if _, err := client.Write(text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(server, got); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%q, %v", got, err)
	}
	_ = server.(*net.TCPConn).SetLinger(0)
	_ = server.Close()
	if _, err := client.Read(got); err == nil || err == io.EOF { //nolint:errorlint // a reset is an error of the system
		t.Errorf("a reset arrives as %v", err)
	}
	var rest []byte
	for _, e := range wait() {
		if e.Kind == Rest {
			rest = append(rest, e.Data...)
		}
	}
	if !bytes.Equal(rest, text) {
		t.Errorf("told was %q", rest)
	}
}

func TestRelayEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client, _, wait := pass(ctx, t, 0)
	cancel()
	if _, err := client.Read(make([]byte, 1)); err == nil {
		t.Error("something came")
	}
	if n := len(wait()); n != 3 {
		t.Errorf("%d events", n)
	}
}

// Who is told slowly bounds the memory, and loses nothing.
func TestRelayWaitsForWhoIsTold(t *testing.T) {
	client, down := testnet.Pair(t, "tcp", "127.0.0.1:0")
	up, server := testnet.Pair(t, "tcp", "127.0.0.1:0")
	gate := make(chan struct{})
	var n int
	r := NewRelay(0, func(e Event) { <-gate; n += len(e.Data) })
	var all sync.WaitGroup
	all.Go(func() { r.Pass(t.Context(), down, up) })
	payload := make([]byte, 1<<20)
	const frames = 3 * queued >> 20
	all.Go(func() {
		for range frames {
			f, _ := frame.Append(nil, payload)
			if _, err := client.Write(f); err != nil {
				t.Error(err)
			}
		}
		_ = client.(*net.TCPConn).CloseWrite()
	})
	got := make([]byte, queued)
	if _, err := io.ReadFull(server, got); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	size := r.size
	r.mu.Unlock()
	if size > queued+len(payload)+64<<10 {
		t.Errorf("%d bytes wait", size)
	}
	close(gate)
	rest, err := io.ReadAll(server)
	if want := frames * (len(payload) + frame.HeaderSize); err != nil || len(rest)+len(got) != want {
		t.Errorf("%d bytes came, %v, want %d", len(rest)+len(got), err, want)
	}
	_ = server.Close()
	all.Wait()
	r.Close()
	if n != frames*len(payload) {
		t.Errorf("%d bytes are told", n)
	}
}

package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// relayTo relays all connections to a new address to addr, until the test ends.
func relayTo(t *testing.T, addr string) (at string) {
	t.Helper()
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := NewRelay(0, func(Event) {})
	ctx, cancel := context.WithCancel(context.Background())
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := aiomas.DialConn(ctx, addr)
			if err != nil {
				t.Error(err)
				return
			}
			passing.Go(func() { r.Pass(ctx, client, server) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = ln.Close()
		passing.Wait()
		r.Close()
	})
	return aiomas.FormatAddress(ln.Addr())
}

// An update by one connection and then a question by another come to a server in this order, through the relay as without
// it: the answer is never the old value.
func TestOrderAcrossConnections(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux reports the order of arrival")
	}
	var value int // guarded by the turn
	service := aiomas.NewRouter()
	service.Expose("set", func(v int) { value = v })
	service.Expose("get", func() int { return value })
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(service, aiomas.WithTurns())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
	addr := relayTo(t, aiomas.FormatAddress(ln.Addr()))
	var conns [2]net.Conn
	for i := range conns {
		if conns[i], err = aiomas.DialConn(t.Context(), addr); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conns[i].Close() })
	}
	// Both messages leave before anybody answers, each by a system call of its own.
	replies := [2]*frame.Reader{frame.NewReader(conns[0], 0), frame.NewReader(conns[1], 0)}
	say := func(conn net.Conn, format string, args ...any) {
		b, _ := frame.Append(nil, fmt.Appendf(nil, format, args...))
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(r *frame.Reader) string {
		f, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		return string(f[frame.HeaderSize:])
	}
	for i := range conns { // which of two connections is made first is nobody's business
		say(conns[i], `[0, 0, ["get", [], {}]]`)
		hear(replies[i])
	}
	for n := 1; n < 3000; n++ {
		say(conns[0], `[0, %d, ["set", [%d], {}]]`, n, n)
		say(conns[1], `[0, %d, ["get", [], {}]]`, n)
		if got, want := hear(replies[1]), string(fmt.Appendf(nil, `[1, %d, %d]`, n, n)); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		hear(replies[0])
	}
}

// A peer that reads nothing holds up its own connection only, loses nothing, and memory is bounded.
func TestPassageWaitsForSlowReader(t *testing.T) {
	var p Passages
	var joined sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer joined.Wait()
	defer cancel()
	join := func() (client, server net.Conn, ends chan *End) {
		client, down := testnet.Pair(t, "tcp", "127.0.0.1:0")
		up, server := testnet.Pair(t, "tcp", "127.0.0.1:0")
		ends = make(chan *End, 1)
		joined.Go(func() {
			p.Join(ctx, down, up, func(from *End, data []byte, err error) {
				select {
				case ends <- from:
				default:
				}
				switch {
				case err == nil:
					from.Other().Write(data)
				case errors.Is(err, io.EOF):
					from.Other().CloseWrite()
				default:
					from.Other().Reset()
				}
			})
		})
		return client, server, ends
	}
	slow, unread, ends := join()
	sent := bytes.Repeat([]byte("0123456789abcdef"), 2<<20) // 32 MiB, more than sockets hold
	wrote := make(chan error, 1)
	go func() {
		_, err := slow.Write(sent)
		wrote <- errors.Join(err, slow.(*net.TCPConn).CloseWrite())
	}()
	end := (<-ends).Other()
	for end.Pending() <= mostWaiting { // the sockets are full by then
		runtime.Gosched()
	}
	client, server, _ := join()
	for range 100 { // another connection goes on meanwhile
		if _, err := client.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(server, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		if n := end.Pending(); n > mostWaiting+pieceSize {
			t.Fatalf("%d bytes wait for a peer that reads nothing", n)
		}
	}
	got, err := io.ReadAll(unread)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes came, %v, want %d", len(got), err, len(sent))
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

// A peer that has gone resets the other one, and take hears of both.
func TestPassageResets(t *testing.T) {
	client, down := testnet.Pair(t, "tcp", "127.0.0.1:0")
	up, server := testnet.Pair(t, "tcp", "127.0.0.1:0")
	errs := map[Side]error{}
	joined := make(chan struct{})
	go func() {
		defer close(joined)
		new(Passages).Join(t.Context(), down, up, func(from *End, data []byte, err error) {
			if err != nil {
				errs[from.Side()] = err
				from.Other().Reset()
			}
		})
	}()
	_ = server.(*net.TCPConn).SetLinger(0)
	_ = server.Close()
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	<-joined
	if !errors.Is(errs[Server], syscall.ECONNRESET) || !errors.Is(errs[Client], net.ErrClosed) {
		t.Errorf("%v", errs)
	}
}

package nats_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
	client "github.com/nats-io/nats.go"
	"golang.org/x/net/nettest"
)

// Streams are what the standard library expects of connections.
func TestStreamsAreConnections(t *testing.T) {
	a, b := two(t, nats.Options{Window: 8 << 10})
	nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
		ln, err := b.Listen(t.Context(), "b")
		if err != nil {
			return nil, nil, nil, err
		}
		defer ln.Close()
		c1, err := a.Dial(t.Context(), "b")
		if err != nil {
			return nil, nil, nil, err
		}
		c2, err := ln.Accept()
		return c1, c2, func() { _, _ = c1.Close(), c2.Close() }, err
	})
}

// All bytes come, in both directions at once, whatever the sizes of writes, reads, window
// and the server's messages.
func TestStreamIsWhole(t *testing.T) {
	s := start(t, embedded.Options{})
	for _, window := range []int{4 << 10, 256 << 10} {
		whole(t, connect(t, s.URL(), nats.Options{Window: window}), connect(t, s.URL(), nats.Options{}), uint64(window))
	}
}

// So they do where the NATS client reads and writes all messages: with TLS to the server, in
// the server's process, and with a NATS client of the user; and with a peer by Connect.
func TestStreamIsWholeByClient(t *testing.T) {
	ca := testcert.NewCA(t)
	p := ca.Issue(t, "127.0.0.1")
	s := start(t, embedded.Options{Config: config(t, fmt.Sprintf("tls { cert_file: %q, key_file: %q }\nallow_non_tls: true\n", p.Cert, p.Key))})
	url := "nats" + strings.TrimPrefix(s.URL(), "tls")
	plain := connect(t, url, nats.Options{})
	nc, err := client.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	users, err := nats.New(t.Context(), nc, nats.Options{Claim: claim})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.Close() })
	for i, a := range []*nats.Transport{
		users, connect(t, url, nats.Options{}, client.RootCAs(ca.File), client.Secure()),
		connect(t, url, nats.Options{}, s.InProcess()),
	} {
		whole(t, a, plain, uint64(i)) //nolint:gosec // small
	}
}

// A process that reaches itself through its own server does not wait for itself: the server
// writes to a connection what it reads from it, which has no memory between the ends, while the
// NATS client uses it, too.
func TestServerInProcess(t *testing.T) {
	s := start(t, embedded.Options{})
	a := connect(t, s.URL(), nats.Options{}, s.InProcess())
	var wg sync.WaitGroup
	for i := range uint64(4) {
		wg.Go(func() { whole(t, a, a, i) })
	}
	over := make(chan struct{})
	var flushes sync.WaitGroup
	flushes.Go(func() {
		big := make([]byte, 100_000)
		if _, err := a.NATS().Subscribe("self", func(*client.Msg) {}); err != nil {
			t.Error(err)
		}
		for {
			select {
			case <-over:
				return
			default:
			}
			if err := errors.Join(a.NATS().Publish("self", big), a.NATS().Flush()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Wait()
	close(over)
	flushes.Wait()
	if n := a.NATS().Stats().Reconnects; n > 0 {
		t.Errorf("%d reconnections", n)
	}
}

// whole exchanges bytes in both directions at once.
func whole(t *testing.T, a, b *nats.Transport, seed uint64) {
	t.Helper()
	x, y := pair(t, a, b)
	var wg sync.WaitGroup
	for i, ends := range [][2]net.Conn{{x, y}, {y, x}} {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		sent := make([]byte, 1<<20)
		for j := range sent {
			sent[j] = byte(rng.Uint32())
		}
		wg.Go(func() {
			for at := 0; at < len(sent); {
				n := min(rng.IntN(100_000)+1, len(sent)-at)
				if rng.IntN(2) == 0 {
					n = min(n, 100)
				}
				write := ends[0].Write
				if rng.IntN(2) == 0 {
					write = ends[0].(interface{ TryWrite([]byte) (int, error) }).TryWrite
				}
				n, err := write(sent[at : at+n])
				if err != nil {
					t.Error(err)
					return
				}
				at += n
			}
			if err := ends[0].(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if got, err := io.ReadAll(ends[1]); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("%d bytes of %d, %v", len(got), len(sent), err)
			}
		})
	}
	wg.Wait()
}

// Each end that a stream can have, and that no end is remembered for long.
func TestStreamEnds(t *testing.T) {
	a, b := two(t, nats.Options{Timeout: 3 * time.Second})
	t.Run("half-close", func(t *testing.T) {
		x, y := pair(t, a, b)
		exchange(t, x, y, "question")
		if err := x.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(y); len(got) > 0 || err != nil {
			t.Errorf("%q, %v after the end", got, err)
		}
		exchange(t, y, x, "answer")
		if _, err := x.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after CloseWrite: %v", err)
		}
	})
	t.Run("close", func(t *testing.T) {
		x, y := pair(t, a, b)
		if _, err := x.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		_ = x.Close()
		if got, err := io.ReadAll(y); string(got) != "last words" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := y.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write to who reads no more: %v", err)
		}
		for _, err := range []error{x.Close(), x.SetDeadline(time.Now())} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("of a closed stream: %v", err)
			}
		}
	})
	t.Run("close with bytes unread", func(t *testing.T) {
		x, y := pair(t, a, b)
		exchange(t, x, y, "read")
		if _, err := x.Write([]byte("unread")); err != nil {
			t.Fatal(err)
		}
		_ = y.Close()
		if _, err := x.Read(make([]byte, 1)); !errors.Is(err, nats.ErrReset) || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v", err)
		}
	})
	t.Run("window", func(t *testing.T) {
		x, y := pair(t, a, b)
		const window = 1<<20 + 64<<10 // the default
		big := make([]byte, 4*window)
		n := 0
		for left := 1; n < window || left > 0; { // a busy machine may write less in the time
			_ = x.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
			var err error
			left, err = x.Write(big[n:])
			if n += left; !errors.Is(err, os.ErrDeadlineExceeded) || n > window {
				t.Fatalf("%d bytes were written to who does not read: %v", n, err)
			}
		}
		_ = x.SetWriteDeadline(time.Time{})
		go func() { _, _ = x.Write(big[n:]) }()
		if _, err := io.ReadFull(y, make([]byte, len(big))); err != nil {
			t.Error(err)
		}
	})
	await(t, "for streams to be forgotten", func() bool {
		return a.Counters().Streams == 0 && b.Counters().Streams == 0
	})
	if c := a.Counters(); c.Peers != 0 || c.Dialled != 4 || c.Failed > 1 {
		t.Errorf("counters %+v", c)
	}
}

// The transport's Close ends streams in order, at both ends.
func TestCloseOfTransport(t *testing.T) {
	a, b := two(t, nats.Options{})
	x, y := pair(t, a, b)
	ln := listen(t, a, "a")
	exchange(t, x, y, "hello")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := y.Read(make([]byte, 1)); err != io.EOF { //nolint:errorlint // exactly
		t.Errorf("the other end: %v", err)
	}
	for name, err := range map[string]error{
		"read":   func() error { _, err := x.Read(make([]byte, 1)); return err }(),
		"accept": func() error { _, err := ln.Accept(); return err }(),
		"dial":   func() error { _, err := a.Dial(t.Context(), "b"); return err }(),
		"listen": func() error { _, err := a.Listen(t.Context(), "c"); return err }(),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

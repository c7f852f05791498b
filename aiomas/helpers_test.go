package aiomas_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// rawPeer is the other end of a connection, played by hand: JSON text in, JSON
// text out, byte for byte.
type rawPeer struct {
	t    testing.TB
	conn net.Conn
}

func (p rawPeer) send(messages ...string) {
	p.t.Helper()
	for _, m := range messages {
		p.sendBytes(append(binary.BigEndian.AppendUint32(nil, uint32(len(m))), m...))
	}
}

func (p rawPeer) sendBytes(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

func (p rawPeer) recv() string {
	p.t.Helper()
	m, err := p.tryRecv()
	if err != nil {
		p.t.Fatalf("no message: %v", err)
	}
	return m
}

func (p rawPeer) tryRecv() (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(p.conn, head[:]); err != nil {
		return "", err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(p.conn, b)
	return string(b), err
}

// expect receives one message and compares it.
func (p rawPeer) expect(want string) {
	p.t.Helper()
	if got := p.recv(); got != want {
		p.t.Errorf("got  %s\nwant %s", got, want)
	}
}

// expectClosed reads until the end of the connection and fails on a message.
func (p rawPeer) expectClosed() {
	p.t.Helper()
	if m, err := p.tryRecv(); err == nil {
		p.t.Errorf("got %s, want the end of the connection", m)
	}
}

// tcpPair returns the two ends of a loopback connection.
func tcpPair(tb testing.TB) (net.Conn, net.Conn) {
	tb.Helper()
	a, b := testnet.Pair(tb, "tcp", "127.0.0.1:0")
	deadline := time.Now().Add(30 * time.Second)
	_ = a.SetDeadline(deadline)
	return a, b
}

// newRawChannel returns a channel and its hand-played peer.
func newRawChannel(tb testing.TB, opts ...aiomas.Option) (*aiomas.Channel, rawPeer) {
	tb.Helper()
	a, b := tcpPair(tb)
	ch, err := aiomas.NewChannel(b, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = a.Close() // first, or closing would wait for it
		_ = ch.Close()
	})
	return ch, rawPeer{tb, a}
}

// newRawClient returns a client that serves service, and its hand-played peer.
func newRawClient(tb testing.TB, service aiomas.Service, opts ...aiomas.Option) (*aiomas.Client, rawPeer) {
	tb.Helper()
	ch, raw := newRawChannel(tb, opts...)
	return aiomas.NewClient(ch, service), raw
}

// startServer serves service on loopback and returns its address.
func startServer(tb testing.TB, service aiomas.Service, opts ...aiomas.ServerOption) (*aiomas.Server, string) {
	tb.Helper()
	ln, err := aiomas.Listen(tb.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	srv := aiomas.NewServer(service, opts...)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	tb.Cleanup(func() {
		_ = srv.Close()
		if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
			tb.Errorf("Serve returned %v", err)
		}
	})
	return srv, aiomas.FormatAddress(ln.Addr())
}

func dial(tb testing.TB, addr string, opts ...aiomas.DialOption) *aiomas.Client {
	tb.Helper()
	c, err := aiomas.Dial(tb.Context(), addr, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

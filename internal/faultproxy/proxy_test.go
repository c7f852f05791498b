package faultproxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// through connects two ends by a proxy with the faults.
func through(t *testing.T, faults ...Fault) (client, server net.Conn, p *Proxy) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p, err = Start("tcp://"+ln.Addr().String(), faults...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	client, err = net.Dial("tcp", strings.TrimPrefix(p.Addr, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	server, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for _, c := range []net.Conn{client, server} {
		_ = c.SetDeadline(deadline)
		t.Cleanup(func() { _ = c.Close() })
	}
	return client, server, p
}

var message = bytes.Repeat([]byte("0123456789"), 10)

// arrives writes the message at one end and returns what the other end gets of it,
// how it ends, and how long it took.
func arrives(t *testing.T, from, to net.Conn) ([]byte, time.Duration, error) {
	t.Helper()
	start := time.Now()
	if _, err := from.Write(message); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(message))
	n, err := io.ReadFull(to, got)
	return got[:n], time.Since(start), err
}

// Every fault happens at its byte, in its direction, and does not affect the
// other direction unless it ends the connection.
func TestFaults(t *testing.T) {
	const ms = time.Millisecond
	flipped := bytes.Clone(message)
	flipped[42] ^= 1 << 3
	for _, c := range []struct {
		fault Fault
		want  []byte
		err   error
		least time.Duration
	}{
		{Fault{Kind: Latency, Time: 20 * ms}, message, nil, 20 * ms},
		{Fault{Kind: Latency, Time: 20 * ms, After: 42}, message, nil, 20 * ms},
		{Fault{Kind: Bandwidth, Size: 10, Time: ms}, message, nil, 9 * ms},
		{Fault{Kind: Slicer, Size: 1}, message, nil, 0},
		{Fault{Kind: Stall, After: 42, Time: 20 * ms}, message, nil, 20 * ms},
		{Fault{Kind: Flip, After: 42, Size: 3}, flipped, nil, 0},
		{Fault{Kind: Cut, After: 42}, message[:42], io.ErrUnexpectedEOF, 0},
		{Fault{Kind: Cut}, nil, io.EOF, 0},
		{Fault{Kind: Reset, After: 42}, message[:42], syscall.ECONNRESET, 0},
	} {
		for _, dir := range []Direction{Up, Down} {
			c.fault.Dir = dir
			t.Run(string(c.fault.Kind)+" "+string(dir), func(t *testing.T) {
				from, to, p := through(t, c.fault)
				if dir == Down {
					from, to = to, from
				}
				got, took, err := arrives(t, from, to)
				// A reset may overtake what was sent before it.
				if !bytes.Equal(got, c.want) && (c.fault.Kind != Reset || !bytes.HasPrefix(c.want, got)) {
					t.Errorf("got %q", got)
				}
				if !errors.Is(err, c.err) || took < c.least {
					t.Errorf("error %v after %v", err, took)
				}
				if p.Fired() != 1 {
					t.Errorf("%d faults came about", p.Fired())
				}
				if c.err != nil {
					if _, err := from.Read(make([]byte, 1)); err == nil {
						t.Error("the sender was not told")
					}
				} else if got, _, err := arrives(t, to, from); err != nil || !bytes.Equal(got, message) {
					t.Errorf("the other way: %q, %v", got, err)
				}
			})
		}
	}
}

// With a half-open connection one end is told, and the other never.
func TestHalfOpen(t *testing.T) {
	for _, dir := range []Direction{Up, Down} {
		from, to, p := through(t, Fault{Kind: HalfOpen, Dir: dir, After: 42})
		if dir == Down {
			from, to = to, from
		}
		if got, _, err := arrives(t, from, to); !errors.Is(err, syscall.ECONNRESET) || !bytes.HasPrefix(message[:42], got) {
			t.Errorf("%s: %q, %v", dir, got, err)
		}
		_ = from.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
		var timeout net.Error
		if _, err := from.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s: the sender saw %v", dir, err)
		}
		p.Close()
	}
}

// Without faults nothing changes, the order of the ends included.
func TestNoFault(t *testing.T) {
	client, server, _ := through(t)
	if got, _, err := arrives(t, client, server); err != nil || !bytes.Equal(got, message) {
		t.Errorf("%q, %v", got, err)
	}
	_ = client.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(server); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	if got, _, err := arrives(t, server, client); err != nil || !bytes.Equal(got, message) {
		t.Errorf("after the client's end: %q, %v", got, err)
	}
}

func TestNobodyThere(t *testing.T) {
	p, err := Start("unix:///does/not/exist")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c, err := net.Dial("tcp", strings.TrimPrefix(p.Addr, "tcp://"))
	if err == nil { // else the reset came at once
		defer c.Close()
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("the connection went somewhere")
		}
	}
	if _, err := Start("nonsense"); err == nil {
		t.Error("a target of nonsense")
	}
}

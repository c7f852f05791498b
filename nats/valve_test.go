package nats_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// valve is between a NATS client and its server. Either direction can be shut: nothing
// passes then, and nothing is said.
type valve struct {
	ln     net.Listener
	target string

	mu    sync.Mutex
	cond  sync.Cond
	shut  [2]bool // up, to the server, and down
	over  bool
	conns []net.Conn
	work  sync.WaitGroup
}

const (
	up = iota
	down
)

func newValve(t testing.TB, target string) *valve {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &valve{ln: ln, target: u.Host}
	v.cond.L = &v.mu
	v.work.Go(v.accept)
	t.Cleanup(v.close)
	return v
}

func (v *valve) url() string { return "nats://" + v.ln.Addr().String() }

func (v *valve) accept() {
	for {
		client, err := v.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		server, err := net.Dial("tcp", v.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		for _, c := range []net.Conn{client, server} { // so that little is on its way
			_, _ = c.(*net.TCPConn).SetReadBuffer(4<<10), c.(*net.TCPConn).SetWriteBuffer(4<<10)
		}
		v.mu.Lock()
		v.conns = append(v.conns, client, server)
		v.mu.Unlock()
		v.work.Go(func() { v.pass(up, client, server) })
		v.work.Go(func() { v.pass(down, server, client) })
	}
}

func (v *valve) pass(direction int, from io.ReadCloser, to io.WriteCloser) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 4<<10)
	for {
		v.mu.Lock()
		for v.shut[direction] && !v.over {
			v.cond.Wait()
		}
		over := v.over
		v.mu.Unlock()
		n, err := from.Read(b)
		if over || err != nil {
			return
		}
		v.mu.Lock()
		for v.shut[direction] && !v.over {
			v.cond.Wait()
		}
		v.mu.Unlock()
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

func (v *valve) set(upShut, downShut bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shut = [2]bool{upShut, downShut}
	v.cond.Broadcast()
}

func (v *valve) close() {
	_ = v.ln.Close()
	v.mu.Lock()
	v.over = true
	for _, c := range v.conns {
		_ = c.Close()
	}
	v.cond.Broadcast()
	v.mu.Unlock()
	v.work.Wait()
}

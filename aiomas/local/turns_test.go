package local_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// A Dial that races with the listener's Close is refused, or its connection ends:
// it never waits for a peer that does not exist.
func TestDialWhileClosing(t *testing.T) {
	rounds := 20_000
	if testing.Short() {
		rounds = 2000
	}
	for range rounds {
		n := local.NewNetwork()
		l, err := n.Listen("queue")
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan struct{})
		go func() {
			_ = l.Close()
			close(closed)
		}()
		c, err := n.Dial(context.Background(), "queue")
		<-closed
		if err != nil {
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Fatal(err)
			}
			continue
		}
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := c.Read(make([]byte, 1)); isTimeout(err) {
			t.Fatal("a connection that nobody accepted and nobody closed")
		}
		_ = c.Close()
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// connections dials a listener n times.
func connections(t *testing.T, number int) (clients, servers []net.Conn) {
	t.Helper()
	n := local.NewNetwork()
	l, err := n.Listen("queue")
	if err != nil {
		t.Fatal(err)
	}
	for range number {
		a, err := n.Dial(t.Context(), "queue")
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		clients, servers = append(clients, a), append(servers, b)
	}
	return clients, servers
}

func read(t *testing.T, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, 10)
	n, err := c.Read(b)
	if err != nil || string(b[:n]) != want {
		t.Errorf("read %q, %v, want %q", b[:n], err, want)
	}
}

// A connection that is not read from, or only once, does not block the others
// of its listener; when it is read from again, all data sent to it are there.
func TestUnreadConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clients, servers := connections(t, 3)
		send := func(i int, text string) { _, _ = clients[i].Write([]byte(text)) }
		send(0, "never read")
		send(0, " yet")
		send(1, "read once")
		send(2, "a")
		start := time.Now()
		read(t, servers[1], "read once") // its reader does not read again
		read(t, servers[2], "a")
		if took := time.Since(start); took > 2*time.Second { // once for each of the two
			t.Errorf("the others waited %v", took)
		}
		start = time.Now()
		for range 100 { // a reader known to be stalled delays nobody
			send(0, "x")
			send(1, "y")
			send(2, "b")
			read(t, servers[2], "b")
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("the others waited %v", took)
		}
		read(t, servers[0], "never read")
		read(t, servers[0], " yet")
		for range 100 {
			read(t, servers[0], "x")
			read(t, servers[1], "y")
		}
		for _, c := range append(clients, servers...) {
			_ = c.Close()
		}
	})
}

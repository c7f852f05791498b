package local_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pair(n *local.Network) (client, server net.Conn, err error) {
	l, err := n.Listen("queue")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	client, err = n.Dial(context.Background(), "queue")
	if err != nil {
		return nil, nil, err
	}
	server, err = l.Accept()
	return client, server, err
}

func TestQueues(t *testing.T) {
	n := local.NewNetwork()
	if _, err := n.Dial(t.Context(), "q"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial before listen: %v", err)
	}
	l, err := n.Listen("q")
	if err != nil {
		t.Fatal(err)
	}
	if got := aiomas.FormatAddress(l.Addr()); got != "local://q" {
		t.Errorf("address is %s", got)
	}
	if _, err := n.Listen("q"); !errors.Is(err, aiomas.RuntimeError) {
		t.Errorf("second server: %v", err)
	}
	for _, err := range []error{
		func() error { _, err := n.Listen("a/b"); return err }(),
		func() error { _, err := n.Dial(t.Context(), "a/b"); return err }(),
	} {
		if !errors.Is(err, aiomas.ValueError) || err.Error() != `ValueError: "/" not allowed in queue ID ('a/b')` {
			t.Errorf("a slash: %v", err)
		}
	}
	waiting, err := n.Dial(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := waiting.Read(make([]byte, 1)); err != io.EOF { //nolint:errorlint // exactly
		t.Errorf("a connection that nobody accepted: %v", err)
	}
	_ = waiting.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
	if _, err := n.Dial(t.Context(), "q"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial after close: %v", err)
	}
	if again, err := n.Listen("q"); err != nil {
		t.Errorf("the name is not free: %v", err)
	} else {
		_ = again.Close()
	}
}

// Data sent before Close is received.
func TestCloseAfterWrite(t *testing.T) {
	a, b, err := pair(local.NewNetwork())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Write([]byte("last words")); err != nil {
		t.Fatal(err)
	}
	_ = a.Close()
	if got, err := io.ReadAll(b); string(got) != "last words" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := b.Write([]byte("too late")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write to a closed end: %v", err)
	}
	_ = b.Close()
}

func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, err := pair(local.NewNetwork())
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		defer b.Close()
		big := make([]byte, 1<<20)
		_ = a.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := a.Write(big)
		if !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n == len(big) {
			t.Errorf("nobody reads, but %d bytes were written: %v", n, err)
		}
		_ = a.SetWriteDeadline(time.Time{})
		go func() { _, _ = a.Write(big[n:]) }()
		if _, err := io.ReadFull(b, big); err != nil {
			t.Error(err)
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, err := pair(local.NewNetwork())
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		start := time.Now()
		if err := a.SetDeadline(start.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err = a.Read(make([]byte, 1))
		if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != time.Second {
			t.Errorf("read: %v after %v", err, took)
		}
		synctest.Wait() // until the timers of both directions are done
		if _, err := a.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %v", err)
		}
		if err := a.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Write([]byte("x")); err != nil {
			t.Errorf("write without a deadline: %v", err)
		}
		_ = a.Close()
		if err := a.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("deadline of a closed connection: %v", err)
		}
	})
}

// Over several connections, the server receives data in the order of sending,
// also when it reads in small pieces.
func TestOrderOverConnections(t *testing.T) {
	n := local.NewNetwork()
	l, err := n.Listen("q")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const conns, messages = 20, 2000
	var mu sync.Mutex
	var got []int
	var wg sync.WaitGroup
	var clients []net.Conn
	for range conns {
		c, err := n.Dial(t.Context(), "q")
		if err != nil {
			t.Fatal(err)
		}
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
		wg.Go(func() {
			defer s.Close()
			var b [2]byte
			for {
				if _, err := io.ReadFull(s, b[:1]); err != nil {
					return
				}
				if _, err := io.ReadFull(s, b[1:]); err != nil {
					return
				}
				mu.Lock()
				got = append(got, int(b[0])<<8|int(b[1]))
				mu.Unlock()
			}
		})
	}
	for i := range messages {
		if _, err := clients[i*7%conns].Write([]byte{byte(i >> 8), byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range clients {
		_ = c.Close()
	}
	wg.Wait()
	if len(got) != messages || !slices.IsSorted(got) {
		t.Errorf("%d messages of %d arrived, sorted: %v", len(got), messages, slices.IsSorted(got))
	}
}

// A reader that closes does not block the others.
func TestReaderLeaves(t *testing.T) {
	n := local.NewNetwork()
	l, err := n.Listen("q")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ends := make([][2]net.Conn, 2)
	for i := range ends {
		if ends[i][0], err = n.Dial(t.Context(), "q"); err != nil {
			t.Fatal(err)
		}
		if ends[i][1], err = l.Accept(); err != nil {
			t.Fatal(err)
		}
		defer ends[i][0].Close()
		defer ends[i][1].Close()
	}
	for _, e := range []int{0, 0, 1} {
		if _, err := ends[e][0].Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ends[0][1].Read(make([]byte, 1)); err != nil { // and does not come back
		t.Fatal(err)
	}
	_ = ends[0][1].Close()
	_ = ends[1][1].SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := ends[1][1].Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
}

// The same calls give the same journal in every run, although handlers run
// concurrently and make further calls.
func TestOneByOne(t *testing.T) {
	run := func() (journal []string) {
		synctest.Test(t, func(t *testing.T) {
			n := local.NewNetwork(local.OneByOne())
			var mu sync.Mutex
			service := aiomas.NewRouter()
			service.Expose("note", func(who, i int) {
				mu.Lock()
				defer mu.Unlock()
				journal = append(journal, fmt.Sprint(who, "-", i))
			})
			service.Expose("ask", func(ctx context.Context, who int) error {
				caller := aiomas.ClientFrom(ctx)
				for i := range 3 {
					if err := caller.Remote("answer").Call(ctx, nil, who, i); err != nil {
						return err
					}
				}
				return nil
			})
			l, err := n.Listen("q")
			if err != nil {
				t.Fatal(err)
			}
			srv := aiomas.NewServer(service)
			served := make(chan error)
			go func() { served <- srv.Serve(context.Background(), l) }()

			var calls []*aiomas.Pending
			for who := range 5 {
				conn, err := n.Dial(t.Context(), "q")
				if err != nil {
					t.Fatal(err)
				}
				ch, err := aiomas.NewChannel(conn)
				if err != nil {
					t.Fatal(err)
				}
				var client *aiomas.Client
				mine := aiomas.NewRouter()
				mine.Expose("answer", func(ctx context.Context, who, i int) error {
					return client.Remote("note").Call(ctx, nil, who, i)
				})
				client = aiomas.NewClient(ch, mine)
				calls = append(calls, client.Remote("ask").Go(t.Context(), nil, who))
			}
			for _, c := range calls {
				if err := c.Wait(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if err := srv.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			<-served
		})
		return journal
	}
	first := run()
	if len(first) != 15 {
		t.Fatalf("the journal is %q", first)
	}
	for range 20 {
		if again := run(); !slices.Equal(first, again) {
			t.Fatalf("once %q\nonce %q", first, again)
		}
	}
}

// A server and clients of package aiomas over the transport, outside a bubble.
func TestServer(t *testing.T) {
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	l, err := local.Default.Listen(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(service)
	served := make(chan error)
	go func() { served <- srv.Serve(context.Background(), l) }()
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			conn, err := local.Default.Dial(t.Context(), t.Name())
			if err != nil {
				t.Error(err)
				return
			}
			ch, err := aiomas.NewChannel(conn)
			if err != nil {
				t.Error(err)
				return
			}
			client := aiomas.NewClient(ch, nil)
			defer client.Close()
			for j := range 100 {
				if sum, err := aiomas.Call[int](t.Context(), client.Remote("add"), i, j); err != nil || sum != i+j {
					t.Errorf("%d + %d = %d, %v", i, j, sum, err)
				}
			}
			var long []int
			for j := range 60_000 {
				long = append(long, j)
			}
			if err := client.Remote("add").Call(t.Context(), nil, long); !errors.Is(err, aiomas.TypeError) {
				t.Errorf("a long message: %v", err)
			}
		})
	}
	wg.Wait()
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-served
}

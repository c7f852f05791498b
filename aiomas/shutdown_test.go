package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/faultproxy"
)

// Shutdown with a peer that goes on sending and reads slowly: every reply arrives
// before the end, which is none by a reset; requests that come meanwhile are
// refused, and the server's socket has unread input in the end. (Closing such a
// socket resets the connection, which destroys what the peer has not read.)
func TestShutdownWithUnreadInput(t *testing.T) {
	const handlers, size = 30, 200_000
	for name, fault := range map[string]faultproxy.Fault{
		"fast": {Kind: faultproxy.Latency, Dir: faultproxy.Down, After: 1 << 40}, // never
		"slow": {Kind: faultproxy.Bandwidth, Dir: faultproxy.Down, Size: 64 << 10, Time: 20 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun, release := make(chan struct{}, handlers), make(chan struct{})
			r := newService(t)
			r.Expose("slow", func() string {
				begun <- struct{}{}
				<-release
				return strings.Repeat("x", size)
			})
			// However slow this machine is: past the write timeout there may be a reset.
			srv, addr := startServer(t, r, limits(aiomas.Limits{WriteTimeout: time.Minute}))
			p, err := faultproxy.Start(addr, fault)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Close)
			conn, err := net.Dial("tcp", strings.TrimPrefix(p.Addr, "tcp://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			raw := rawPeer{t, conn}
			for i := range handlers {
				raw.send(fmt.Sprintf(`[0, %d, ["slow", [], {}]]`, i))
				<-begun
			}
			down := make(chan error, 1)
			go func() { down <- srv.Shutdown(t.Context()) }()
			// Requests all the time, until nobody takes them any more.
			go func() {
				m := fmt.Sprintf("\x00\x00\x04\x00%-1024s", `[0, 99, ["nothing", [], {}]]`)
				for {
					if _, err := io.WriteString(conn, m); err != nil {
						return
					}
				}
			}()
			results, refused := 0, 0
			for results < handlers {
				m := raw.recv()
				switch {
				case strings.HasPrefix(m, `[1, 99, `): // it came before the shutdown
				case strings.HasPrefix(m, `[1, `):
					results++
				case strings.HasPrefix(m, `[2, 99, `) && strings.Contains(m, "ConnectionError: the peer is shutting down"):
					if refused++; refused == 10 {
						close(release)
					}
				default:
					t.Fatalf("%.200s", m)
				}
			}
			for err == nil { // further refusals
				_, err = raw.tryRecv()
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("after the last reply: %v", err)
			}
			_ = conn.Close()
			if err := <-down; err != nil {
				t.Error(err)
			}
		})
	}
}

// A peer that neither reads nor closes holds Shutdown no longer than the write
// timeout, or its context.
func TestShutdownIsBounded(t *testing.T) {
	srv, addr := startServer(t, newService(t), limits(aiomas.Limits{WriteTimeout: 50 * time.Millisecond}))
	conn, err := net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw := rawPeer{t, conn}
	raw.send(`[0, 0, ["nothing", [], {}]]`)
	raw.recv()
	start := time.Now()
	if err := srv.Shutdown(context.Background()); err != nil || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}

	srv, addr = startServer(t, newService(t), limits(aiomas.Limits{WriteTimeout: time.Hour}))
	conn2, err := net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn2.Close()
	raw = rawPeer{t, conn2}
	raw.send(`[0, 0, ["nothing", [], {}]]`)
	raw.recv()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start = time.Now()
	if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

package aiomas_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// whole is a connection that cannot be closed by half.
type whole struct{ net.Conn }

type wholeListener struct{ net.Listener }

func (l wholeListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return whole{c}, nil
}

// Shutdown loses no reply, whatever the connection: callers that go on asking until
// the end hear of each handler that ran.
func TestShutdownLosesNoReply(t *testing.T) {
	const callers, least = 10, 20
	for name, listen := range map[string]func(t *testing.T) (net.Listener, func() (net.Conn, error)){
		"tcp":          func(t *testing.T) (net.Listener, func() (net.Conn, error)) { return listenTCP(t, false) },
		"tcp, whole":   func(t *testing.T) (net.Listener, func() (net.Conn, error)) { return listenTCP(t, true) },
		"local":        func(t *testing.T) (net.Listener, func() (net.Conn, error)) { return listenLocal(t, false) },
		"local, whole": func(t *testing.T) (net.Listener, func() (net.Conn, error)) { return listenLocal(t, true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 4 {
				var ran, got atomic.Int64
				enough := make(chan struct{})
				r := aiomas.NewRouter()
				r.Expose("f", func() {
					if ran.Add(1) == least {
						close(enough)
					}
				})
				ln, dial := listen(t)
				srv := aiomas.NewServer(r)
				served := make(chan error, 1)
				go func() { served <- srv.Serve(context.Background(), ln) }()
				var wg sync.WaitGroup
				for range 2 {
					conn, err := dial()
					if err != nil {
						t.Fatal(err)
					}
					ch, err := aiomas.NewChannel(conn)
					if err != nil {
						t.Fatal(err)
					}
					c := aiomas.NewClient(ch, nil)
					for range callers {
						wg.Go(func() {
							for {
								switch err := c.Remote("f").Call(t.Context(), nil); {
								case err == nil:
									got.Add(1)
								case !errors.Is(err, aiomas.ErrShuttingDown): // else it goes on asking
									return
								}
							}
						})
					}
				}
				<-enough
				if err := srv.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				wg.Wait()
				<-served
				if ran.Load() != got.Load() {
					t.Errorf("%d handlers ran, %d replies arrived", ran.Load(), got.Load())
				}
			}
		})
	}
}

func listenTCP(t *testing.T, wrap bool) (net.Listener, func() (net.Conn, error)) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if wrap {
		ln = wholeListener{ln}
	}
	return ln, func() (net.Conn, error) { return net.Dial("tcp", addr) }
}

func listenLocal(t *testing.T, wrap bool) (net.Listener, func() (net.Conn, error)) {
	t.Helper()
	n := local.NewNetwork()
	ln, err := n.Listen("q")
	if err != nil {
		t.Fatal(err)
	}
	if wrap {
		ln = wholeListener{ln}
	}
	return ln, func() (net.Conn, error) { return n.Dial(t.Context(), "q") }
}

// What an end takes whose peer keeps its half open and has nothing to say.
func TestEndWithSilentPeer(t *testing.T) {
	for name, c := range map[string]struct {
		wrap     func(net.Conn) net.Conn
		requests int
		end      func(*aiomas.Channel) error
		want     time.Duration
	}{
		"Shutdown":                 {nil, 1, shutdownChannel, time.Second},
		"Shutdown, nothing asked":  {nil, 0, shutdownChannel, time.Second},
		"Close":                    {nil, 1, (*aiomas.Channel).Close, time.Second},
		"Shutdown, whole":          {asWhole, 1, shutdownChannel, time.Second},
		"Shutdown, whole, unasked": {asWhole, 0, shutdownChannel, 0},
		"Close, whole":             {asWhole, 1, (*aiomas.Channel).Close, time.Second},
		"Close, whole, unasked":    {asWhole, 0, (*aiomas.Channel).Close, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ln, dial := listenLocal(t, false)
				conn, err := dial()
				if err != nil {
					t.Fatal(err)
				}
				peer, err := ln.Accept()
				if err != nil {
					t.Fatal(err)
				}
				if c.wrap != nil {
					conn = c.wrap(conn)
				}
				ch, err := aiomas.NewChannel(conn)
				if err != nil {
					t.Fatal(err)
				}
				aiomas.NewClient(ch, newService(t)).OnConnectionReset(func(err error) { t.Errorf("OnConnectionReset: %v", err) })
				raw := rawPeer{t, peer}
				for range c.requests {
					raw.send(`[0, 0, ["nothing", [], {}]]`)
					raw.expect(`[1, 0, null]`)
				}
				start := time.Now()
				if err := c.end(ch); err != nil {
					t.Error(err)
				}
				if took := time.Since(start); took != c.want {
					t.Errorf("it took %v, want %v", took, c.want)
				}
				raw.expectClosed()
				_ = peer.Close()
				_ = ln.Close()
			})
		})
	}
}

func asWhole(c net.Conn) net.Conn { return whole{c} }

func shutdownChannel(ch *aiomas.Channel) error {
	return ch.Shutdown(context.Background())
}

// A peer that hears nothing of the end is refused until the connection is closed,
// and its own end meanwhile is no loss.
func TestRefusedUntilTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln, dial := listenLocal(t, true)
		peer, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		ch, err := aiomas.NewChannel(conn)
		if err != nil {
			t.Fatal(err)
		}
		aiomas.NewClient(ch, newService(t)).OnConnectionReset(func(err error) { t.Errorf("OnConnectionReset: %v", err) })
		raw := rawPeer{t, peer}
		raw.send(`[0, 0, ["nothing", [], {}]]`)
		raw.expect(`[1, 0, null]`)
		down := make(chan error, 1)
		go func() { down <- ch.Shutdown(t.Context()) }()
		synctest.Wait()
		raw.send(`[0, 1, ["nothing", [], {}]]`)
		if m := raw.recv(); !strings.HasPrefix(m, "[2, 1, ") || !strings.Contains(m, "ConnectionError: the peer is shutting down") {
			t.Error(m)
		}
		_ = peer.Close()
		if err := <-down; err != nil {
			t.Error(err)
		}
		if err := ch.Err(); !errors.Is(err, aiomas.ErrClosed) {
			t.Error(err)
		}
		_ = ln.Close()
	})
}

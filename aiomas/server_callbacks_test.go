package aiomas_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// world is a server in a bubble, and how to connect to it.
type world struct {
	net    *local.Network
	ln     net.Listener
	srv    *aiomas.Server
	served chan error
	cancel context.CancelFunc // of the context of Serve
}

func newWorld(t *testing.T, service aiomas.Service, opts ...aiomas.ServerOption) *world {
	t.Helper()
	w := &world{net: local.NewNetwork(), srv: aiomas.NewServer(service, opts...), served: make(chan error, 1)}
	var err error
	if w.ln, err = w.net.Listen("server"); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, w.cancel = context.WithCancel(context.Background())
	t.Cleanup(w.cancel)
	go func() { w.served <- w.srv.Serve(ctx, w.ln) }()
	return w
}

// dial connects by hand, without a channel.
func (w *world) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := w.net.Dial(context.Background(), "server")
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func (w *world) client(t *testing.T) *aiomas.Client {
	t.Helper()
	ch, err := aiomas.NewChannel(w.dial(t))
	if err != nil {
		t.Fatal(err)
	}
	return aiomas.NewClient(ch, nil)
}

// Close in WithConnected, before anything was read: once or twice, of a server that
// was closed meanwhile, of a connection that has ended already.
func TestCloseBeforeReadingHasBegun(t *testing.T) {
	for name, before := range map[string]func(w *world, c *aiomas.Client){
		"once":          func(*world, *aiomas.Client) {},
		"twice":         func(_ *world, c *aiomas.Client) { _ = c.Close() },
		"server closed": func(w *world, _ *aiomas.Client) { _ = w.srv.Close() },
		"shut down":     func(w *world, _ *aiomas.Client) { _ = w.srv.Shutdown(context.Background()) },
		"ctx ended":     func(w *world, c *aiomas.Client) { w.cancel(); <-c.Done() },
		"broken": func(_ *world, c *aiomas.Client) {
			_ = c.Channel().NetConn().Close()
			c.Remote("f").Go(context.Background(), nil)
			<-c.Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var w *world
				returned := make(chan struct{})
				w = newWorld(t, newService(t), aiomas.WithConnected(func(c *aiomas.Client) {
					before(w, c)
					_ = c.Close()
					if c.Err() == nil {
						t.Error("not closed")
					}
					<-c.Done()
					close(returned)
				}))
				c := w.client(t)
				<-returned
				<-c.Done()
				_ = w.srv.Close()
				<-w.served
				_ = c.Close()
			})
		})
	}
}

// What is written in WithConnected arrives though the connection is closed there.
func TestWrittenBeforeCloseInWithConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newService(t), aiomas.WithConnected(func(c *aiomas.Client) {
			c.Remote("hello").Go(context.Background(), nil)
			_ = c.Close()
		}))
		conn := w.dial(t)
		raw := rawPeer{t, conn}
		raw.expect(`[0, 0, ["hello", [], {}]]`)
		raw.expectClosed()
		_ = conn.Close()
		_ = w.srv.Close()
		<-w.served
	})
}

// No callback holds Close, Shutdown or Serve, however long it takes.
func TestCallbacksHoldNobody(t *testing.T) {
	for name, end := range map[string]func(w *world) error{
		"Close":    func(w *world) error { return w.srv.Close() },
		"Shutdown": func(w *world) error { return w.srv.Shutdown(context.Background()) },
		"ctx":      func(w *world) error { w.cancel(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				goOn := make(chan struct{})
				first := true
				w := newWorld(t, newService(t), aiomas.WithConnected(func(c *aiomas.Client) {
					c.OnConnectionReset(func(error) { <-goOn })
					if !first {
						<-goOn
					}
					first = false
				}))
				c := w.client(t)
				synctest.Wait()
				_ = c.Close() // which calls OnConnectionReset
				other := w.client(t)
				synctest.Wait()
				start := time.Now()
				if err := end(w); err != nil {
					t.Error(err)
				}
				<-w.served
				if took := time.Since(start); took > 0 {
					t.Errorf("it took %v", took)
				}
				close(goOn)
				<-other.Done()
			})
		})
	}
}

// A callback may shut its server down, as a program does whose only client has gone.
func TestShutdownByCallbacks(t *testing.T) {
	for _, name := range []string{"WithConnected", "OnConnectionReset"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				down := make(chan error, 1)
				var w *world
				w = newWorld(t, newService(t), aiomas.WithConnected(func(c *aiomas.Client) {
					if name == "WithConnected" {
						down <- w.srv.Shutdown(context.Background())
						return
					}
					c.OnConnectionReset(func(error) { down <- w.srv.Shutdown(context.Background()) })
				}))
				c := w.client(t)
				synctest.Wait()
				_ = c.Close()
				if err := <-down; err != nil {
					t.Error(err)
				}
				if err := <-w.served; !errors.Is(err, aiomas.ErrServerClosed) {
					t.Error(err)
				}
			})
		})
	}
}

// The callbacks of a connection come one after the other, in order.
func TestOnConnectionResetComesAfterWithConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn, connected := make(chan struct{}), false
		reset := make(chan bool, 1)
		w := newWorld(t, newService(t), aiomas.WithConnected(func(c *aiomas.Client) {
			c.OnConnectionReset(func(error) { reset <- connected })
			_ = c.Channel().NetConn().Close()
			c.Remote("f").Go(context.Background(), nil)
			<-c.Done()
			<-goOn
			connected = true
		}))
		c := w.client(t)
		<-c.Done()
		synctest.Wait()
		if len(reset) > 0 {
			t.Error("called while WithConnected ran")
		}
		close(goOn)
		if !<-reset {
			t.Error("called before WithConnected had returned")
		}
		_ = w.srv.Close()
		<-w.served
	})
}

// A function in a TLS configuration holds a server as little as other callbacks do.
func TestHandshakeHoldsNobody(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost")
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	in, goOn := make(chan struct{}), make(chan struct{})
	defer close(goOn)
	srv := aiomas.NewServer(newService(t), aiomas.WithTLS(&tls.Config{
		MinVersion: tls.VersionTLS13,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			close(in)
			<-goOn
			return &cert, nil
		},
	}))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).Handshake() //nolint:gosec // it does not end
	<-in
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
		t.Error(err)
	}
}

// Shutdown ends with its context, whatever runs.
func TestShutdownEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		r := aiomas.NewRouter()
		r.Expose("f", func() { <-goOn })
		w := newWorld(t, r)
		c := w.client(t)
		p := c.Remote("f").Go(t.Context(), nil)
		synctest.Wait()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := w.srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if err := p.Wait(t.Context()); !errors.Is(err, aiomas.ErrConnection) {
			t.Error(err)
		}
		<-w.served
		close(goOn)
	})
}

// The contexts of handlers end some time after Shutdown has begun. What they answer
// then arrives, and Shutdown is content.
func TestLimitShutdownGrace(t *testing.T) {
	for grace, want := range map[time.Duration]time.Duration{0: time.Second, time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			r := aiomas.NewRouter()
			r.Expose("waits", func(ctx context.Context) (string, error) {
				<-ctx.Done()
				if !errors.Is(context.Cause(ctx), aiomas.ErrClosed) {
					t.Errorf("the cause is %v", context.Cause(ctx))
				}
				return "", ctx.Err()
			})
			r.Expose("finishes", func(ctx context.Context) string {
				<-ctx.Done()
				time.Sleep(time.Second) //nolint:forbidigo // in a bubble
				return strings.Repeat("x", 1<<20)
			})
			w := newWorld(t, r, aiomas.WithLimits(aiomas.Limits{ShutdownGrace: grace, PendingOut: 1000}))
			c := w.client(t)
			var text string
			waits, finishes := c.Remote("waits").Go(t.Context(), nil), c.Remote("finishes").Go(t.Context(), &text)
			synctest.Wait()
			start := time.Now()
			if err := w.srv.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took != want+time.Second {
				t.Errorf("Shutdown took %v, want %v and a second", took, want)
			}
			var remote *aiomas.RemoteError
			if err := waits.Wait(t.Context()); !errors.As(err, &remote) {
				t.Errorf("the handler that looked at its context: %v", err)
			}
			if err := finishes.Wait(t.Context()); err != nil || len(text) != 1<<20 {
				t.Errorf("the handler that did not: %v, %d bytes", err, len(text))
			}
			<-w.served
		})
	}
}

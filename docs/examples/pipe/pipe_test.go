package pipe_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/docs/examples/pipe"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

func Example() {
	ctx := context.Background()
	pipes := aiomas.WithTransport("pipe", &pipe.Network{Scheme: "pipe"})

	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	server := aiomas.NewServer(service, pipes)
	defer server.Close()
	go server.ListenAndServe(ctx, "pipe://calculator")

	client, err := aiomas.Dial(ctx, "pipe://calculator", pipes, aiomas.WithRetry(-1))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(aiomas.Call[int](ctx, client.Remote("add"), 1, 2))
	// Output: 3 <nil>
}

// serve serves an echo at addr until the test ends.
func serve(t *testing.T, addr string, opts ...aiomas.AddressOption) {
	t.Helper()
	r := aiomas.NewRouter()
	r.Expose("echo", func(x any) any { return x })
	srv := aiomas.NewServer(r, opts[0], opts[1])
	ln, err := aiomas.Listen(t.Context(), addr, opts[0], opts[1])
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		_ = srv.Close()
		if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// Servers and clients, with TLS inside and without.
func TestServers(t *testing.T) {
	ca := testcert.NewCA(t)
	files := func(host string) aiomas.AddressOption {
		p := ca.Issue(t, host)
		return aiomas.WithTLSFiles(ca.File, p.Cert, p.Key)
	}
	server, client := files("plant.example"), files("client")
	for name, c := range map[string]struct {
		addr           string
		server, client aiomas.AddressOption
	}{
		"plain":             {"pipe://plant.example", nil, nil},
		"TLS":               {"pipe://plant.example", server, client},
		"TLS by its scheme": {"pipe+tls://plant.example", server, client},
	} {
		t.Run(name, func(t *testing.T) {
			pipes := aiomas.WithTransport("pipe", &pipe.Network{Scheme: "pipe"})
			serve(t, c.addr, pipes, c.server)
			conn, err := aiomas.Dial(t.Context(), c.addr, pipes, c.client)
			if err == nil {
				defer conn.Close()
				if _, secure := conn.Channel().NetConn().(*tls.Conn); secure != (c.client != nil) {
					t.Errorf("TLS: %t", secure)
				}
				_, err = aiomas.Call[string](t.Context(), conn.Remote("echo"), "x")
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Dialling before there is a server: one attempt, retries for a while, a reconnector.
func TestNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := aiomas.WithTransport("pipe", &pipe.Network{Scheme: "pipe"})
		if _, err := aiomas.Dial(t.Context(), "pipe://x", pipes); !aiomas.IsUnavailable(err) || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v", err)
		}
		start := time.Now()
		if _, err := aiomas.Dial(t.Context(), "pipe://x", pipes, aiomas.WithRetry(time.Second)); !aiomas.IsUnavailable(err) || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		r, err := aiomas.NewReconnector("pipe://x", aiomas.ReconnectPolicy{}, pipes)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		called := make(chan error, 1)
		go func() { called <- r.Call(t.Context(), nil, "echo", 1) }()
		time.Sleep(time.Minute) //nolint:forbidigo // in a bubble
		serve(t, "pipe://x", pipes, nil)
		if err := <-called; err != nil {
			t.Error(err)
		}
		if _, err := aiomas.Listen(t.Context(), "pipe://x", pipes); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a second server: %v", err)
		}
	})
}

// Agents have addresses of the scheme, and call each other back.
func TestAgents(t *testing.T) {
	ca := testcert.NewCA(t)
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			pipes := &pipe.Network{Scheme: "pipe"}
			container := func(name string) *agent.Container {
				opts := []agent.Option{agent.WithTransport("pipe", pipes)}
				if secure {
					p := ca.Issue(t, name)
					opts = append(opts, agent.WithTLSFiles(ca.File, p.Cert, p.Key))
				}
				c, err := agent.NewContainer(t.Context(), "pipe://"+name, opts...)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Shutdown(context.Background()) })
				return c
			}
			a, b := container("a.example"), container("b.example")
			callee := newEcho(t, a)
			if callee.Addr() != "pipe://a.example/0" {
				t.Errorf("its address is %s", callee.Addr())
			}
			if c, err := agent.NewContainer(t.Context(), "pipe://a/b", agent.WithTransport("pipe", pipes)); err == nil {
				t.Errorf("a container whose address has a slash: %v", c)
			}
			p, err := b.Connect(t.Context(), callee.Addr())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := aiomas.Call[string](t.Context(), p.Sub("echo"), "x"); got != "x" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
			for _, c := range a.Clients() {
				if _, is := c.Channel().NetConn().(*tls.Conn); is != secure {
					t.Errorf("TLS: %t", is)
				}
			}
		})
	}
}

type Echo struct{ agent.Agent }

// Echo returns x.
func (e *Echo) Echo(x any) any { return x }

func newEcho(t *testing.T, c *agent.Container) *Echo {
	t.Helper()
	e := &Echo{}
	if _, err := c.Register(e, agent.Expose("Echo")); err != nil {
		t.Fatal(err)
	}
	return e
}

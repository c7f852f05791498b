package aiomas_test

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// Everything that takes an address takes one of a transport.
func TestTransportOfNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queues := aiomas.WithTransport("local", local.NewNetwork().Transport())
		srv := aiomas.NewServer(echoService(), queues)
		served := make(chan error, 1)
		ln, err := aiomas.Listen(t.Context(), "local://q", queues)
		if err != nil {
			t.Fatal(err)
		}
		if addr := aiomas.FormatAddress(ln.Addr()); addr != "local://q" {
			t.Errorf("it listens on %s", addr)
		}
		go func() { served <- srv.Serve(context.Background(), ln) }()
		conn, err := aiomas.Dial(t.Context(), "local://q", queues)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := aiomas.Call[string](t.Context(), conn.Remote("echo"), "x"); got != "x" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		var used *aiomas.Exception
		if err := srv.ListenAndServe(t.Context(), "local://q"); !errors.As(err, &used) || used.Type != "RuntimeError" {
			t.Errorf("a second server: %v", err)
		}
		_ = srv.Close()
		<-served
		ch, err := aiomas.DialChannel(t.Context(), "local://q", queues)
		checkError(t, "without a server", err, []check{aiomas.IsUnavailable, says("cannot connect to local://q: ")})
		if err == nil {
			_ = ch.Close()
		}
	})
}

// Run tells the address in the scheme that was asked for.
func TestRunByTransport(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "q")
	opts := []aiomas.ServerOption{
		aiomas.WithTransport("local", local.NewNetwork().Transport()),
		aiomas.WithTLSFiles(ca.File, pair.Cert, pair.Key),
	}
	for _, addr := range []string{"local://q", "local+tls://q"} {
		ctx, cancel := context.WithCancel(t.Context())
		if err := aiomas.NewServer(echoService(), opts...).Run(ctx, addr, func(at string) {
			if at != addr {
				t.Errorf("at %s it says %s", addr, at)
			}
			cancel()
		}); err != nil {
			t.Error(err)
		}
	}
}

// With TLS, the host of a certificate is the whole address.
func TestTransportTLS(t *testing.T) {
	ca := testcert.NewCA(t)
	server, client := ca.Issue(t, "q.example"), ca.Issue(t, "client")
	files := func(p testcert.Pair) aiomas.AddressOption { return aiomas.WithTLSFiles(ca.File, p.Cert, p.Key) }
	queues := aiomas.WithTransport("local", local.NewNetwork().Transport())
	for _, c := range []struct {
		queue  string
		client aiomas.DialOption
		want   []check
	}{
		{"q.example", files(client), nil},
		{"other.example", files(client), []check{as[*aiomas.TLSError](), as[x509.HostnameError](), says("cannot connect to local://other.example: ")}},
		{"q.example", nil, []check{as[*aiomas.ConnectionError]()}},
	} {
		addr := "local://" + c.queue
		ln, err := aiomas.Listen(t.Context(), addr, queues)
		if err != nil {
			t.Fatal(err)
		}
		srv := aiomas.NewServer(echoService(), files(server))
		served := make(chan error, 1)
		go func() { served <- srv.Serve(context.Background(), ln) }()
		conn, err := aiomas.Dial(t.Context(), addr, queues, c.client)
		if err == nil {
			_, err = aiomas.Call[string](t.Context(), conn.Remote("echo"), "x")
			_ = conn.Close()
		}
		if c.want != nil {
			checkError(t, addr, err, c.want)
		} else if err != nil {
			t.Error(err)
		}
		_ = srv.Close()
		<-served
	}
}

func TestTransportMistakes(t *testing.T) {
	queues := local.NewNetwork().Transport()
	for name, c := range map[string]struct {
		addr string
		opt  aiomas.DialOption
		want string
	}{
		"empty":       {"", aiomas.WithTransport("", queues), "aiomas: WithTransport: the scheme is empty"},
		"no address":  {"x", aiomas.WithTransport("x", queues), `aiomas: address "x": no scheme; want tcp://host:port, tcp+tls://host:port or unix:///path`},
		"nil":         {"", aiomas.WithTransport("x", nil), `aiomas: WithTransport("x", nil)`},
		"tcp":         {"", aiomas.WithTransport("tcp", queues), "aiomas: WithTransport: the scheme tcp is reserved for sockets"},
		"TLS":         {"", aiomas.WithTransport("x+tls", queues), `aiomas: WithTransport: the scheme "x+tls" has a character that is not one of a-z, 0-9, hyphen and dot`},
		"upper case":  {"", aiomas.WithTransport("NATS", queues), `aiomas: WithTransport: the scheme "NATS" has a character that is not one of a-z, 0-9, hyphen and dot`},
		"another one": {"x://q", aiomas.WithTransport("y", queues), `aiomas: address "x://q": unknown scheme x; want tcp, tcp+tls or unix`},
		"without TLS": {"x+tls://q", aiomas.WithTransport("x", queues), `aiomas: address "x+tls://q" needs WithTLS`},
	} {
		_, err := aiomas.Dial(t.Context(), c.addr, c.opt)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: Dial: %v", name, err)
		}
		if _, err := aiomas.NewReconnector(c.addr, aiomas.ReconnectPolicy{}, c.opt); err == nil || err.Error() != c.want {
			t.Errorf("%s: NewReconnector: %v", name, err)
		}
	}
}

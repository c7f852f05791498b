package cli

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// BenchmarkBetween compares a call through tap and bridge with the same call by way of a plain relay, which copies bytes,
// and with a direct connection. The three are measured in turn, so that what else the machine does is no matter. Its
// figures are multiples of the time of those: "x-relay" and "x-direct".
func BenchmarkBetween(b *testing.B) {
	service := aiomas.NewRouter()
	service.Expose("identity", func(v any) any { return v })
	ln, err := aiomas.Listen(b.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := aiomas.NewServer(service)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	b.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
	direct := aiomas.FormatAddress(ln.Addr())
	relay := plainRelay(b, ln.Addr().String())
	for _, c := range []struct {
		name     string
		args     []string
		inFlight int
	}{
		{"tap/1", []string{"tap", "--quiet", "--to", direct}, 1},
		{"tap/100", []string{"tap", "--quiet", "--to", direct}, 100},
		{"tap-printing/100", []string{"tap", "--to", direct}, 100},
		{"bridge/1", []string{"bridge", "--codec", "json", "--to", direct}, 1},
		{"bridge/100", []string{"bridge", "--codec", "json", "--to", direct}, 100},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := start(b, c.args...)
			out := r.stderr
			if c.args[0] == "bridge" {
				out = r.stdout
			}
			r.ready(b, out)
			var took [3]time.Duration
			var clients [3]*aiomas.Client
			for i, addr := range []string{direct, relay, r.addr} {
				clients[i] = benchClient(b, addr)
			}
			for b.Loop() {
				for i, client := range clients {
					began := time.Now()
					callMany(b, client, c.inFlight)
					took[i] += time.Since(began)
				}
			}
			b.ReportMetric(float64(took[2])/float64(took[0]), "x-direct")
			b.ReportMetric(float64(took[2])/float64(took[1]), "x-relay")
		})
	}
}

func benchClient(b *testing.B, addr string) *aiomas.Client {
	b.Helper()
	c, err := aiomas.Dial(b.Context(), addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// callMany makes 200 calls, so many of them at once.
func callMany(b *testing.B, c *aiomas.Client, inFlight int) {
	b.Helper()
	identity := c.Remote("identity")
	arg := map[string]any{"unit": "pump", "values": []float64{1, 2.5, 3}}
	for range 200 / inFlight {
		pending := make([]*aiomas.Pending, inFlight)
		for i := range pending {
			pending[i] = identity.Go(b.Context(), nil, arg)
		}
		for _, p := range pending {
			if err := p.Wait(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// plainRelay copies bytes between whoever connects and addr.
func plainRelay(b *testing.B, addr string) (at string) {
	b.Helper()
	ln, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := new(net.Dialer).DialContext(context.Background(), "tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
				all.Go(func() {
					_, _ = io.Copy(pair[0], pair[1])
					_ = pair[0].Close()
				})
			}
		}
	})
	b.Cleanup(func() {
		_ = ln.Close()
		all.Wait()
	})
	return "tcp://" + ln.Addr().String()
}

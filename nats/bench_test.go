package nats_test

import (
	"context"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/nats"
	client "github.com/nats-io/nats.go"
)

// ways are how the benchmarks reach the same server.
func ways(b testing.TB) map[string]func() *aiomas.Client {
	x, y := two(b, nats.Options{})
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	service.Expose("echo", func(s []byte) []byte { return s })
	list := make(map[string]func() *aiomas.Client)
	for name, w := range map[string]struct{ listen, dial string }{
		"tcp": {"tcp://127.0.0.1:0", ""}, "nats": {"nats://bench", "nats://bench"},
	} {
		ln, err := aiomas.Listen(b.Context(), w.listen, aiomas.WithTransport("nats", x))
		if err != nil {
			b.Fatal(err)
		}
		if w.dial == "" {
			w.dial = aiomas.FormatAddress(ln.Addr())
		}
		srv := aiomas.NewServer(service, aiomas.WithCodec(msgpack.Codec))
		served := make(chan error, 1)
		go func() { served <- srv.Serve(context.Background(), ln) }()
		b.Cleanup(func() { _ = srv.Close(); <-served })
		list[name] = func() *aiomas.Client {
			c, err := aiomas.Dial(b.Context(), w.dial, aiomas.WithTransport("nats", y), aiomas.WithCodec(msgpack.Codec))
			if err != nil {
				b.Fatal(err)
			}
			return c
		}
	}
	return list
}

func each(b *testing.B, f func(b *testing.B, dial func() *aiomas.Client)) {
	list := ways(b)
	for _, name := range []string{"tcp", "nats"} {
		b.Run(name, func(b *testing.B) { f(b, list[name]) })
	}
}

func add(b testing.TB, c *aiomas.Client) {
	b.Helper()
	if sum, err := aiomas.Call[int](b.Context(), c.Remote("add"), 1, 2); err != nil || sum != 3 {
		b.Error(sum, err)
	}
}

func echo(b testing.TB, c *aiomas.Client, text []byte) {
	b.Helper()
	if got, err := aiomas.Call[[]byte](b.Context(), c.Remote("echo"), text); err != nil || len(got) != len(text) {
		b.Fatal(len(got), err)
	}
}

func BenchmarkOneAtATime(b *testing.B) {
	each(b, func(b *testing.B, dial func() *aiomas.Client) {
		c := dial()
		defer c.Close()
		for b.Loop() {
			add(b, c)
		}
	})
}

func Benchmark100InFlight(b *testing.B) {
	each(b, func(b *testing.B, dial func() *aiomas.Client) {
		c := dial()
		defer c.Close()
		var wg sync.WaitGroup
		work := make(chan struct{}, 100)
		for range 100 {
			wg.Go(func() {
				for range work {
					add(b, c)
				}
			})
		}
		for b.Loop() {
			work <- struct{}{}
		}
		close(work)
		wg.Wait()
	})
}

func BenchmarkEcho1MiB(b *testing.B) {
	each(b, func(b *testing.B, dial func() *aiomas.Client) {
		c := dial()
		defer c.Close()
		text := make([]byte, 1<<20)
		b.SetBytes(2 << 20)
		for b.Loop() {
			echo(b, c, text)
		}
	})
}

func BenchmarkDial(b *testing.B) {
	each(b, func(b *testing.B, dial func() *aiomas.Client) {
		for b.Loop() {
			c := dial()
			add(b, c)
			_ = c.Close()
		}
	})
}

// What NATS itself needs.
func BenchmarkPlainRequest(b *testing.B) {
	x, y := two(b, nats.Options{})
	if _, err := x.NATS().Subscribe("plain", func(m *client.Msg) { _ = m.Respond(m.Data) }); err != nil {
		b.Fatal(err)
	}
	_ = x.NATS().Flush()
	for name, n := range map[string]int{"small": 30, "512KiB": 512 << 10} {
		b.Run(name, func(b *testing.B) {
			data := make([]byte, n)
			b.SetBytes(int64(2 * n))
			for b.Loop() {
				if _, err := y.NATS().RequestWithContext(b.Context(), "plain", data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package aiomas_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// Both ends are in this process; bench/ measures processes of their own, and
// other libraries beside.

func benchmarkService() *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("add", func(a, b int) int { return a + b })
	r.Expose("echo", func(s string) string { return s })
	return r
}

var benchmarkCodecs = []codec.Codec{json.Codec, msgpack.Codec}

// BenchmarkAdd calls with so many goroutines on one connection.
func BenchmarkAdd(b *testing.B) {
	for _, c := range benchmarkCodecs {
		for _, n := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", c.Name(), n), func(b *testing.B) {
				_, addr := startServer(b, benchmarkService(), aiomas.WithCodec(c))
				add := dial(b, addr, aiomas.WithCodec(c)).Remote("add")
				ctx := b.Context()
				b.ReportAllocs()
				b.ResetTimer()
				var left atomic.Int64
				left.Store(int64(b.N))
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() {
						for left.Add(-1) >= 0 {
							if _, err := aiomas.Call[int](ctx, add, 1, 2); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

// BenchmarkGo starts calls and waits for the oldest, 1,000 at a time.
func BenchmarkGo(b *testing.B) {
	for _, c := range benchmarkCodecs {
		b.Run(c.Name(), func(b *testing.B) {
			_, addr := startServer(b, benchmarkService(), aiomas.WithCodec(c))
			add := dial(b, addr, aiomas.WithCodec(c)).Remote("add")
			ctx := b.Context()
			b.ReportAllocs()
			var sum int
			ring := make([]*aiomas.Pending, 1000)
			for i := range ring {
				ring[i] = add.Go(ctx, &sum, 1, 2)
			}
			b.ResetTimer()
			for i := range b.N {
				p := &ring[i%len(ring)]
				if err := (*p).Wait(ctx); err != nil {
					b.Fatal(err)
				}
				*p = add.Go(ctx, &sum, 1, 2)
			}
			b.StopTimer()
			for _, p := range ring {
				if err := p.Wait(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEcho(b *testing.B) {
	for _, c := range benchmarkCodecs {
		for _, size := range []int{10 << 10, 64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%dKiB", c.Name(), size>>10), func(b *testing.B) {
				_, addr := startServer(b, benchmarkService(), aiomas.WithCodec(c))
				echo := dial(b, addr, aiomas.WithCodec(c)).Remote("echo")
				ctx := b.Context()
				text := strings.Repeat("a line of text, as they are.... ", size/32)
				b.SetBytes(int64(2 * size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := aiomas.Call[string](ctx, echo, text); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

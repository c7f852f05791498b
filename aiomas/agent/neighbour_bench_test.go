//go:build unix

package agent_test

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// cpu returns the CPU time of the process in ns.
func cpu(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// Calls of an agent in the same container, one at a time and 100 in flight. CPU time is that of both ends.
func BenchmarkNeighbour(b *testing.B) {
	for _, network := range []string{"tcp", "unix"} {
		addr := "tcp://127.0.0.1:0"
		if network == "unix" {
			addr = "unix://" + filepath.Join(testnet.SocketDir(b), "s")
		}
		for _, flight := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/%d", network, flight), func(b *testing.B) {
				ctx := context.Background()
				c, err := agent.NewContainer(ctx, addr)
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				other, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
				if err != nil {
					b.Fatal(err)
				}
				defer other.Close()
				a := &neighbour{}
				if _, err := c.Register(a, agent.Expose("Add")); err != nil {
					b.Fatal(err)
				}
				if _, err := other.Connect(ctx, a.Addr()); err != nil { // the container has a socket
					b.Fatal(err)
				}
				p, err := c.Connect(ctx, a.Addr())
				if err != nil {
					b.Fatal(err)
				}
				add := p.Sub("add")
				before := cpu(b)
				b.ResetTimer()
				done := make(chan error, flight)
				for i := range flight {
					go func() {
						var err error
						for n := i; n < b.N && err == nil; n += flight {
							_, err = aiomas.Call[int](ctx, add, n, 1)
						}
						done <- err
					}()
				}
				for range flight {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

type neighbour struct{ agent.Agent }

func (*neighbour) Add(a, b int) int { return a + b }

package agent_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
	"go.uber.org/goleak"
)

// TestMain makes the test program play other processes, too.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

// Callee is the guide's: it serves.
type Callee struct{ agent.Agent }

// Spam returns a lot of spam.
func (c *Callee) Spam(times int) string { return strings.Repeat("spam", times) }

// Slow answers when its caller allows it.
func (c *Callee) Slow(ctx context.Context, gate *aiomas.Proxy) (string, error) {
	if err := gate.Sub("wait").Call(ctx, nil); err != nil {
		return "", err
	}
	return "done", nil
}

// Hidden is not exposed.
func (c *Callee) Hidden() {}

func newCallee(t testing.TB, c *agent.Container) *Callee {
	t.Helper()
	callee := &Callee{}
	if _, err := c.Register(callee, agent.Expose("Spam", "Slow")); err != nil {
		t.Fatal(err)
	}
	return callee
}

func newContainer(t testing.TB, addr string, opts ...agent.Option) *agent.Container {
	t.Helper()
	c, err := agent.NewContainer(t.Context(), addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func connect(t testing.TB, c *agent.Container, url string, opts ...agent.ConnectOption) *aiomas.Proxy {
	t.Helper()
	p, err := c.Connect(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shutdown ends a container gracefully, and quickly.
func shutdown(t testing.TB, c *agent.Container) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Shutdown(ctx); err != nil {
		t.Errorf("shutdown of %v: %v", c, err)
	}
}

// socketPath is short enough for a Unix socket.
func socketPath(t testing.TB, name string) string {
	t.Helper()
	return fmt.Sprintf("%s/%s", testnet.SocketDir(t), name)
}

// parseAddr takes the container's address apart.
func parseAddr(t testing.TB, c *agent.Container) agent.Addr {
	t.Helper()
	a, err := agent.ParseAddr(c.Addr() + "0")
	if err != nil {
		t.Fatal(err)
	}
	return a.Container()
}

package agent_test

import (
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// One option may be given to many containers at once.
func TestSharedReconnectOption(t *testing.T) {
	option := agent.WithReconnect(aiomas.ReconnectPolicy{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c, err := agent.NewContainer(t.Context(), "local://same", agent.WithNetwork(local.NewNetwork()), option)
			if err != nil {
				t.Error(err)
				return
			}
			_ = c.Close()
		})
	}
	wg.Wait()
	repeating := agent.WithReconnect(aiomas.ReconnectPolicy{Repeat: func(string) bool { return true }})
	if c, err := agent.NewContainer(t.Context(), "local://same", repeating); err == nil {
		t.Error("a container that is to repeat calls")
		_ = c.Close()
	}
}

// What a container that ends closes itself is not lost: not its connection to
// itself either, whose other end its server closes first.
func TestOwnEndIsNoLoss(t *testing.T) {
	for name, end := range map[string]func(*agent.Container) error{
		"Shutdown": func(c *agent.Container) error { return c.Shutdown(t.Context()) },
		"Close":    (*agent.Container).Close,
	} {
		for _, addr := range []string{"tcp://127.0.0.1:0", "local://self"} {
			for range 50 {
				c := newContainer(t, addr, agent.WithNetwork(local.NewNetwork()),
					agent.WithLost(func(peer agent.Addr, err error) { t.Errorf("%s: lost %v: %v", name, peer, err) }))
				connect(t, c, newCallee(t, c).Addr())
				if err := end(c); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

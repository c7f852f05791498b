package agent_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// A peer that asks while agents are still being registered gets its answer after
// that, with WithAgents and with RunManager.
func TestPeersWaitForRegistration(t *testing.T) {
	listens := map[string]string{"tcp": "tcp://127.0.0.1:0", "unix": "unix://" + t.TempDir() + "/socket"}
	for name, listen := range listens {
		asked := make(chan *aiomas.Pending, 1)
		var known string
		ask := func(c *agent.Container) error {
			at := listen
			if name == "tcp" {
				at = strings.TrimSuffix(c.Addr(), "/")
			}
			peer, err := aiomas.Dial(t.Context(), at)
			if err != nil {
				return err
			}
			t.Cleanup(func() { _ = peer.Close() })
			asked <- peer.Remote().Sub("validate_aid").Go(t.Context(), &known, "0")
			return nil
		}
		register := func(c *agent.Container) error {
			_, err := c.Register(aiomas.NewRouter())
			return err
		}
		c, err := agent.NewContainer(t.Context(), listen, agent.WithAgents(ask), agent.WithAgents(register))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := (<-asked).Wait(t.Context()); err != nil || known == "" {
			t.Errorf("%s: the agent is known as %q, %v", name, known, err)
		}
		_ = c.Close()

		ended := make(chan error)
		begun := make(chan *agent.Manager, 1)
		go func() {
			ended <- agent.RunManager(t.Context(), listen, agent.ManagerConfig{
				Register: func(c *agent.Container, manages agent.RegisterOption) (*agent.Manager, error) {
					if err := ask(c); err != nil {
						return nil, err
					}
					m := &agent.Manager{}
					_, err := c.Register(m, manages)
					return m, err
				},
				Ready: func(m *agent.Manager) { begun <- m },
			}, agent.WithAgents(register)) // the manager is the first one
		}()
		m := <-begun
		if err := (<-asked).Wait(t.Context()); err != nil || known == "" {
			t.Errorf("%s: the manager is known as %q, %v", name, known, err)
		}
		if id := m.Addr(); !strings.HasSuffix(id, "/0") {
			t.Errorf("%s: the manager is at %s", name, id)
		}
		m.Stop()
		if err := <-ended; err != nil {
			t.Errorf("%s: RunManager: %v", name, err)
		}
	}
}

// An error of a function of WithAgents is NewContainer's, and nothing is left
// behind: its address can be used again.
func TestWithAgentsFails(t *testing.T) {
	mine := errors.New("mine")
	listen := "unix://" + t.TempDir() + "/socket"
	for range 2 {
		var later bool
		c, err := agent.NewContainer(t.Context(), listen,
			agent.WithAgents(func(*agent.Container) error { return mine }),
			agent.WithAgents(func(*agent.Container) error { later = true; return nil }))
		if !errors.Is(err, mine) || c != nil || later {
			t.Errorf("got %v, %v; the next function was called: %t", c, err, later)
		}
	}
}

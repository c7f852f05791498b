package ours

import (
	"context"
	"net"
	"strconv"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
	"github.com/aiomas-go/aiomas-go/codec"
)

// worker is an agent.
type worker struct {
	agent.Agent
	clock clock.Clock
}

func (w *worker) Add(a, b int) int { return a + b }

func (w *worker) State(s state.Typed) state.Typed { return s }

// Slow leaves the turn while it waits.
func (w *worker) Slow(ctx context.Context, a, b int) (int, error) {
	return a + b, w.clock.Sleep(ctx, peer.SlowTime.Seconds())
}

// Agents returns a peer with a container of work.Size agents, of this library with a codec.
// Its clients are those of [Peer].
func Agents(name string, c codec.Codec, turns agent.Turns) peer.Peer {
	p := Peer(c)
	p.Name = name
	p.Serve = func(ln net.Listener, work peer.Work) error {
		ctx := context.Background()
		container, err := agent.NewContainer(ctx, "tcp://"+ln.Addr().String(), agent.WithListener(ln),
			agent.WithCodec(c), agent.WithTurns(turns), agent.WithAgents(func(c *agent.Container) error {
				for range max(work.Size, 1) {
					w := &worker{clock: c.Clock()}
					if _, err := c.Register(w, agent.Expose("Add", "Slow", "State")); err != nil {
						return err
					}
				}
				return nil
			}))
		if err != nil {
			return err
		}
		<-container.Done()
		return nil
	}
	return p
}

// likeAgents returns a plain service with the paths of a container with n agents.
func likeAgents(n int) (*aiomas.Router, error) {
	root, agents := aiomas.NewRouter(), aiomas.NewRouter()
	realtime := clock.NewRealtime()
	for i := range max(n, 1) {
		w := &worker{clock: realtime}
		r := aiomas.NewRouter()
		r.Expose("add", w.Add)
		r.Expose("slow", w.Slow)
		if err := agents.Add(strconv.Itoa(i), r); err != nil {
			return nil, err
		}
	}
	return root, root.Add("agents", agents)
}

// agentMethods returns proxies of a method of each of n agents.
func agentMethods(conn *aiomas.Client, n int, method string) (list []*aiomas.Proxy) {
	for i := range max(n, 1) {
		list = append(list, conn.Remote("agents", strconv.Itoa(i), method))
	}
	return list
}

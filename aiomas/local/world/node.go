package world

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// Node is a container of a world that its [Faults] may restart. It is safe for
// concurrent use.
type Node struct {
	world *World
	name  string
	setup func(*agent.Container) error
	opts  []agent.Option

	mu        gate // held during a start and an end
	container *agent.Container
}

// gate is a mutex known to a bubble of testing/synctest: while a goroutine waits for it,
// the time of the bubble can advance. (With a sync.Mutex, time stopped when a node was
// restarted while it was still closing, and the world never ended.)
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

func (g gate) Lock()   { g <- struct{}{} }
func (g gate) Unlock() { <-g }

// Container makes a container at local://name on the world's network. The world
// closes it at its end. It must be called by the goroutine of the world's function,
// which ends if making the container fails.
func (w *World) Container(name string, opts ...agent.Option) *agent.Container {
	return w.node(&Node{world: w, name: name, opts: opts, mu: newGate()}).Container()
}

// Node makes a container as Container does, and calls setup to register its
// agents. A restart ends the container with all its connections, makes a new one
// at the same address, and calls setup again: the state of the agents is lost.
func (w *World) Node(name string, setup func(*agent.Container) error, opts ...agent.Option) *Node {
	n := w.node(&Node{world: w, name: name, setup: setup, opts: opts, mu: newGate()})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nodes = append(w.nodes, n)
	return n
}

func (w *World) node(n *Node) *Node {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.start(); err != nil {
		w.Fatalf("container %s: %v", n.name, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, n)
	return n
}

// Container returns the current container, which a restart may replace at any
// moment.
func (n *Node) Container() *agent.Container {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.container
}

// start makes the container; n.mu is held.
func (n *Node) start() error {
	opts := append([]agent.Option{agent.WithNetwork(n.world.network.As(n.name))}, n.opts...)
	c, err := agent.NewContainer(context.Background(), "local://"+n.name, opts...)
	if err != nil {
		return err
	}
	n.container = c
	if n.setup != nil {
		return n.setup(c)
	}
	return nil
}

// restart ends the container as the death of its process would, and makes a new
// one.
func (n *Node) restart() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.close()
	if err := n.start(); err != nil {
		n.world.Errorf("container %s: restart: %v", n.name, err)
	}
}

func (n *Node) close() {
	n.world.network.CutAll(n.name)
	_ = n.container.Close()
}

package agent

import (
	"net"
	"strconv"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// link is a connection to another container.
type link struct {
	container *Container
	target    target
	client    *aiomas.Client
	incoming  bool // the other container has made the connection
	agents    remoteAgents
}

// newLink registers a new connection; c.mu is held.
func (c *Container) newLink(t target, client *aiomas.Client, incoming bool) *link {
	l := &link{container: c, target: t, client: client, incoming: incoming}
	c.links[t] = l
	c.work.Go(func() { c.watch(l) })
	return l
}

// usable reports whether new calls can use l; c.mu is held. An incoming connection ends
// early when the container shuts down, while handlers of other connections still run.
func (l *link) usable() bool {
	return l != nil && l.client.Err() == nil && (!l.incoming || !l.container.leaving)
}

// addr returns the address of the container at t.
func (t target) addr() Addr {
	if t.network != "tcp" {
		return Addr{Network: t.network, Path: t.address}
	}
	host, port, err := net.SplitHostPort(t.address)
	if err != nil {
		host = t.address // unreachable: it has been dialled
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		n = 0
	}
	return Addr{Network: "tcp", Host: host, Port: n}
}

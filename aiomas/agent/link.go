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
	agents    remoteAgents
}

// newLink registers a new connection; c.mu is held.
func (c *Container) newLink(t target, client *aiomas.Client) *link {
	l := &link{container: c, target: t, client: client}
	c.links[t] = l
	c.work.Go(func() { c.watch(l) })
	return l
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

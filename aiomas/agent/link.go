package agent

import (
	"context"
	"net"
	"strconv"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// link is a connection to another container.
type link struct {
	container *Container
	target    target
	prefix    string // of addresses of its agents, as they are usually written; empty: none
	client    *aiomas.Client
	incoming  bool // the other container has made the connection
	agents    remoteAgents
}

// newLink registers a new connection; c.mu is held.
func (c *Container) newLink(t target, client *aiomas.Client, incoming bool) *link {
	l := &link{container: c, target: t, client: client, incoming: incoming}
	c.links[t] = l
	prefix := t.addr().String()
	if addr, err := c.set.transports.parse(prefix + "0"); err == nil && targetOf(addr) == t {
		l.prefix = prefix
		c.prefixes[prefix] = l
	}
	c.work.Go(func() { c.watch(l) })
	return l
}

// unlink removes a connection that has ended; c.mu is held.
func (c *Container) unlink(l *link) {
	if c.links[l.target] == l {
		delete(c.links, l.target)
	}
	if c.prefixes[l.prefix] == l {
		delete(c.prefixes, l.prefix)
	}
}

// unused reports, after a question has failed, whether the connection ended before it was used, so
// that the container may be asked again by another one.
func (l *link) unused(ctx context.Context) bool { return l.client.Err() != nil && ctx.Err() == nil }

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

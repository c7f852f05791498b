package agent

import (
	"context"
	"net"
	"strconv"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// link is a connection to another container.
type link struct {
	container *Container
	target    target
	client    *aiomas.Client

	mu     sync.Mutex
	agents map[string]*remoteAgent
}

// remoteAgent is an agent whose existence was or is being checked.
type remoteAgent struct {
	done  chan struct{} // closed when proxy or err is set
	proxy *aiomas.Proxy
	err   error
}

// newLink registers a new connection; c.mu is held.
func (c *Container) newLink(t target, client *aiomas.Client) *link {
	l := &link{container: c, target: t, client: client, agents: make(map[string]*remoteAgent)}
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

// known returns the proxy of an agent that is known to exist, or nil.
func (l *link) known(id string) *aiomas.Proxy {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.agents[id]
	if r == nil {
		return nil
	}
	select {
	case <-r.done:
		return r.proxy
	default:
		return nil
	}
}

// agent returns a proxy of the agent after its container has confirmed that it exists.
// Concurrent callers share one request.
func (l *link) agent(ctx context.Context, id, url string) (*aiomas.Proxy, error) {
	l.mu.Lock()
	r := l.agents[id]
	if r == nil {
		r = &remoteAgent{done: make(chan struct{})}
		l.agents[id] = r
		// In a goroutine, since the first caller may give up before the others.
		go l.validate(r, id, url)
	}
	l.mu.Unlock()
	select {
	case <-r.done:
		return r.proxy, r.err
	case <-ctx.Done():
		return nil, gaveUp(ctx)
	}
}

// validate asks the container whether the agent exists. It returns when the connection ends, at
// the latest. It mirrors Container._validate_aid.
func (l *link) validate(r *remoteAgent, id, url string) {
	var class *string
	err := l.client.Remote("validate_aid").Call(context.Background(), &class, id)
	switch {
	case err != nil:
		r.err = err
	case class == nil:
		r.err = &pythonError{exception: &aiomas.Exception{
			Type:    "ConnectionError",
			Message: `Agent "` + id + `" does not exist in Container(` + l.target.addr().pyRepr() + ")",
			Err:     ErrNoAgent,
		}}
	default:
		r.proxy = l.client.Remote("agents", id).Named(*class + "Proxy(" + pyRepr(url) + ")")
	}
	if r.err != nil { // ask again next time
		l.mu.Lock()
		delete(l.agents, id)
		l.mu.Unlock()
	}
	close(r.done)
}

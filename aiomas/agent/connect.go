package agent

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// ErrNoAgent means that a container has no agent with the given ID.
var ErrNoAgent = errors.New("aiomas: no such agent")

// Connect returns a proxy of the agent at url, after asking its container whether the agent
// exists. All agents of this container share one connection to the other one, made when it is
// first needed, and concurrent calls of Connect share one attempt. While the connection is
// open, further calls for the same agent are cheap; so are those for other agents, if that
// container is in Go: its answers tell which agents it has. The connection to this container itself
// is in memory, unless it has a transport, a listener or a dialer of the user. It mirrors
// Container.connect.
//
// The error is an exception of Python's type and text: a ValueError for a malformed url, or a
// ConnectionError that matches [ErrNoAgent]; or it is an error of the network, for example
// syscall.ECONNREFUSED, after which [WithRetry] makes Connect try again; [aiomas.ErrClosed]; or
// the error of ctx.
func (c *Container) Connect(ctx context.Context, url string, opts ...ConnectOption) (*aiomas.Proxy, error) {
	set := newConnectSettings(opts)
	if proxy := c.known(url, set.unchecked); proxy != nil {
		return proxy, nil
	}
	return c.await(ctx, url, set)
}

// await is Connect if the agent is not known.
func (c *Container) await(ctx context.Context, url string, set connectSettings) (proxy *aiomas.Proxy, err error) {
	addr, err := c.set.transports.parse(url)
	if err != nil {
		return nil, err
	}
	err = aiomas.Await(ctx, func() error {
		proxy, err = c.ask(ctx, addr, url, set)
		return err
	})
	return proxy, err
}

// known returns the proxy of an agent that is known to exist, or need not be known to, if
// there is a connection; nil otherwise.
func (c *Container) known(url string, unchecked bool) *aiomas.Proxy {
	prefix := containerOf(url)
	id := url[len(prefix):]
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.prefixes[prefix]
	if c.closed || id == "" || !l.usable() {
		return nil
	}
	if unchecked {
		return l.remote(id)
	}
	return l.known(id, url)
}

// containerOf returns the part of an agent's address before the ID, if the ID has no slashes.
func containerOf(url string) string { return url[:strings.LastIndexByte(url, '/')+1] }

// ask connects to the container of the agent and asks whether the agent exists.
func (c *Container) ask(ctx context.Context, addr Addr, url string, set connectSettings) (*aiomas.Proxy, error) {
	for first := true; ; first = false {
		l, err := c.connect(ctx, targetOf(addr), set.retry)
		if err != nil {
			return nil, err
		}
		if set.unchecked {
			return l.remote(addr.ID), nil
		}
		proxy, err := l.agent(ctx, addr.ID, url)
		if err != nil && first && l.unused(ctx) {
			continue
		}
		return proxy, err
	}
}

// target identifies a connection: a network and the address to dial in it.
type target struct{ network, address string }

// String returns the target as an address string of package aiomas.
func (t target) String() string {
	if t.network == "ipc" {
		return transport.Format("unix", t.address)
	}
	return transport.Format(t.network, t.address)
}

func targetOf(a Addr) target {
	if a.Network == "tcp" {
		return target{"tcp", net.JoinHostPort(a.Host, strconv.Itoa(a.Port))}
	}
	return target{a.Network, a.Path}
}

// attempt is a connection attempt in progress.
type attempt struct {
	waiting int // number of callers; the attempt is cancelled when all have given up
	cancel  context.CancelFunc
	done    chan struct{} // closed when link or err is set
	link    *link
	err     error
}

// connect returns the connection to t. It tries for the time retry if no server listens.
func (c *Container) connect(ctx context.Context, t target, retry time.Duration) (l *link, err error) {
	err = transport.Retry(retry, func() error {
		l, err = c.connectOnce(ctx, t)
		return err
	}, func(wait time.Duration) error { return c.pause(ctx, wait) })
	return l, err
}

// pause waits, unless the caller gives up or the container is closed.
func (c *Container) pause(ctx context.Context, d time.Duration) error {
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	switch {
	case transport.Pause(either, d):
		return nil
	case ctx.Err() != nil:
		return gaveUp(ctx)
	}
	return aiomas.ErrClosed
}

func gaveUp(ctx context.Context) error { return ctxerr.New(ctx, "connect") }

// connectOnce returns the connection to t, and otherwise joins or starts one attempt.
func (c *Container) connectOnce(ctx context.Context, t target) (*link, error) {
	if ctx.Err() != nil {
		return nil, gaveUp(ctx)
	}
	c.mu.Lock()
	switch l := c.links[t]; {
	case c.closed:
		c.mu.Unlock()
		return nil, aiomas.ErrClosed
	case l.usable():
		c.mu.Unlock()
		return l, nil
	}
	a := c.attempts[t]
	if a == nil {
		a = c.attempt(t)
	}
	a.waiting++
	c.mu.Unlock()
	select {
	case <-a.done:
		return a.link, a.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.waiting--; a.waiting == 0 && c.attempts[t] == a {
		delete(c.attempts, t) // later callers must not join it
		a.cancel()
	}
	return nil, gaveUp(ctx)
}

// attempt starts an attempt; c.mu is held and the container not closed.
func (c *Container) attempt(t target) *attempt {
	a := &attempt{done: make(chan struct{})}
	ctx, cancel := context.WithCancel(c.ctx)
	a.cancel = cancel
	c.attempts[t] = a
	c.work.Go(func() {
		defer cancel()
		client, err := c.dial(ctx, t)
		incoming := false
		if err == nil {
			client, incoming = c.shared(ctx, t, client)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		joined := c.attempts[t] == a
		if joined {
			delete(c.attempts, t)
		}
		switch {
		case c.closed, !joined:
			a.err = aiomas.ErrClosed // also if that has ended the attempt
			if err == nil && !incoming {
				c.work.Go(func() { _ = client.Close() })
			}
		case err != nil:
			a.err = err
		default:
			a.link = c.newLink(t, client, incoming)
		}
		close(a.done)
	})
	return a
}

// dial makes a connection to t, on which the peer can call this container.
func (c *Container) dial(ctx context.Context, t target) (*aiomas.Client, error) {
	opts := []aiomas.DialOption{c.selfDialer(t)} // before WithDialer of the user
	opts = append(append(opts, c.set.dialling(t.network)...), aiomas.WithService(c.root))
	return aiomas.Dial(ctx, t.String(), opts...)
}

// watch waits for the end of l, and then removes, reports and replaces it.
func (c *Container) watch(l *link) {
	<-l.client.Done()
	err := l.client.Err()
	c.mu.Lock()
	c.unlink(l)
	lost := !c.leaving && !errors.Is(err, aiomas.ErrClosed)
	c.mu.Unlock()
	if !lost {
		return
	}
	peer := l.target.addr()
	c.set.logger.Warn("connection lost", "container", c.addr.String(), "peer", peer.String(), "err", err)
	go func() { // not waited for: the user's functions may shut the container down
		if c.set.lost != nil {
			c.set.lost(peer, err)
		}
		r := c.set.reconnect
		if r == nil {
			return
		}
		if r.Lost != nil {
			r.Lost(peer.String(), err)
		}
		if c.reconnect(l.target, r) && r.Connected != nil {
			r.Connected(peer.String())
		}
	}()
}

// reconnect tries until there is a connection to t. It returns false if the container has
// been closed.
func (c *Container) reconnect(t target, r *aiomas.ReconnectPolicy) bool {
	backoff := transport.Backoff{First: r.First, Most: r.Most}
	for {
		_, err := c.connectOnce(c.ctx, t)
		if err == nil {
			return true
		}
		backoff.Failed()
		wait := backoff.Wait()
		c.set.logger.Debug("no connection yet", "peer", t.addr().String(), "err", err, "wait", wait)
		if !transport.Pause(c.ctx, wait) {
			return false
		}
	}
}

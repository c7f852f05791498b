package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
)

// Container hosts agents. It listens for connections of other containers, and makes one
// connection to each container that its agents call, which all agents share and on which the
// other side can call back. It mirrors aiomas.agent.Container and is safe for concurrent use.
type Container struct {
	*core
	reserved *reservation // ID for the agent of a constructor that this handle was passed to, or nil
}

// core is the state of a container, to which constructors may have their own handles.
type core struct {
	self     *Container // returned by Agent.Container
	addr     Addr
	set      *settings
	root     *aiomas.Router // what peers see: validate_aid and agents
	agents   *aiomas.Router
	server   *aiomas.Server
	own      *own           // accepts its connection to itself; nil: by a socket
	serve    sync.WaitGroup // the server's goroutine
	ctx      context.Context
	cancel   context.CancelFunc // cancels connection attempts
	work     sync.WaitGroup     // attempts, validations, watchers
	done     chan struct{}      // closed when everything has ended
	finished sync.Once          // guards the start of the goroutine that closes done

	mu         sync.Mutex
	leaving    bool // Shutdown or Close was called: connections that end are not lost ones
	closed     bool
	byID       map[string]*Agent
	present    presence
	registered int // number of agents so far
	nextID     int
	links      map[target]*link
	prefixes   map[string]*link // by the part of an agent's address before its ID, to find links without parsing
	attempts   map[target]*attempt
	proofs     map[string]*proof         // by token: see ShareConnections
	answered   map[target]*aiomas.Client // which asked to share a connection, in vain
}

// NewContainer starts a container that listens on addr:
//
//	tcp://host:port     one interface
//	tcp://:port         every interface, as tcp://0.0.0.0:port and tcp://[::]:port
//	unix:///path        a Unix socket, as ipc://[/path]
//	local://queue       within the process, see package local
//	scheme://address    by a transport, see WithTransport
//
// Port 0 stands for any free port. Agents' addresses have the host as written in addr or, if
// the container listens on every interface, the fully qualified name of the machine; see
// [WithHost]. ctx applies to the start only. It mirrors Container.create.
func NewContainer(ctx context.Context, addr string, opts ...Option) (*Container, error) {
	set, err := newSettings(opts)
	if err != nil {
		set.closeListener()
		return nil, err
	}
	c := &Container{core: &core{
		set:      set,
		root:     aiomas.NewRouter(),
		agents:   aiomas.NewRouter(),
		done:     make(chan struct{}),
		byID:     make(map[string]*Agent),
		links:    make(map[target]*link),
		prefixes: make(map[string]*link),
		attempts: make(map[target]*attempt),
	}}
	c.self = c
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.agents.TakeTurns() // shared by agents with PerContainer
	c.exposeValidation()
	c.exposeSharing()
	if err := c.root.Add("agents", c.agents); err != nil {
		return nil, err
	}
	ln, err := c.listen(ctx, addr)
	if err != nil {
		set.closeListener()
		return nil, err
	}
	c.own = set.newOwn(c.addr, ln)
	c.server = aiomas.NewServer(c.root, set.serving(c.addr.Network)...)
	for _, register := range set.agents {
		if err := register(c); err != nil {
			_ = ln.Close()
			_ = c.Close()
			return nil, err
		}
	}
	c.serve.Go(func() {
		if err := c.server.Serve(context.Background(), ln); !errors.Is(err, aiomas.ErrServerClosed) {
			set.logger.Error("container no longer listens", "container", c.addr.String(), "err", err)
		}
	})
	return c, nil
}

// listen opens the server's socket and determines the container's address.
func (c *Container) listen(ctx context.Context, addr string) (net.Listener, error) {
	a, host, err := c.set.parseListen(addr)
	if err != nil {
		return nil, err
	}
	if c.set.host != "" && a.Network != "tcp" {
		return nil, fmt.Errorf("aiomas: container address %q: WithHost is for tcp:// addresses", addr)
	}
	ln := c.set.listener
	switch {
	case ln != nil:
	case a.Network == "ipc":
		ln, err = aiomas.Listen(ctx, targetOf(a).String())
	case a.Network == "tcp":
		ln, err = aiomas.Listen(ctx, "tcp://"+host)
	default: // the server adds TLS
		ln, err = c.set.transports[a.Network].Listen(ctx, a.Path)
	}
	if err != nil {
		return nil, err
	}
	if c.addr, err = c.set.completeAddr(ctx, a, ln); err != nil {
		_ = ln.Close()
		return nil, fmt.Errorf("aiomas: container address %q: %w", addr, err)
	}
	return ln, nil
}

// completeAddr fills in the parts of a that only the listener and the machine determine.
func (s *settings) completeAddr(ctx context.Context, a Addr, ln net.Listener) (Addr, error) {
	if a.Network != "tcp" {
		if a.Network != "ipc" && strings.Contains(a.Path, "/") {
			return a, errors.New("it must not have an agent's ID after the slash")
		}
		return a, nil
	}
	if tcp, ok := ln.Addr().(*net.TCPAddr); ok && a.Port == 0 {
		a.Port = tcp.Port
	}
	if a.Port == 0 {
		return a, errors.New("the listener has no port: the address must have one")
	}
	if s.host != "" {
		a.Host = s.host
	} else if anyHost(a.Host) {
		name, err := fqdn(ctx)
		if err != nil {
			return a, fmt.Errorf("the name of this machine: %w", err)
		}
		a.Host = name
	}
	return a, nil
}

// parseListen parses the address to listen on. hostport is its form for package net.
func (s *settings) parseListen(addr string) (a Addr, hostport string, err error) {
	bad := func(why string) (Addr, string, error) {
		return Addr{}, "", fmt.Errorf("aiomas: container address %q: %s", addr, why)
	}
	scheme, rest, _ := strings.Cut(addr, ":")
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok && scheme != "unix" {
		return bad("want tcp://host:port, unix:///path or local://queue")
	}
	switch scheme {
	case "tcp":
		rest = strings.TrimSuffix(rest, "/")
		colon := strings.LastIndexByte(rest, ':')
		if colon < 0 || strings.Contains(rest, "/") {
			return bad("want tcp://host:port")
		}
		host, port := rest[:colon], rest[colon+1:]
		if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
			host = host[1 : len(host)-1]
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return bad("the port is not a number from 0 to 65535")
		}
		return Addr{Network: "tcp", Host: host, Port: int(n)}, net.JoinHostPort(host, port), nil
	case "unix", "ipc":
		path := rest
		if scheme == "ipc" {
			path = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(path, "/"), "["), "]")
		}
		if path == "" {
			return bad("no path")
		}
		return Addr{Network: "ipc", Path: path}, "", nil
	}
	if s.transports[scheme] != nil {
		return Addr{Network: scheme, Path: strings.TrimSuffix(rest, "/")}, "", nil
	}
	return bad("want tcp://host:port, unix:///path or local://queue")
}

// Addr returns the container's address, "tcp://localhost:5555/". The addresses of its agents
// begin with it.
func (c *Container) Addr() string { return c.addr.String() }

// String describes the container as Python does: Container('tcp://localhost:5555/').
func (c *Container) String() string { return "Container(" + pyRepr(c.addr.String()) + ")" }

// Clock returns the container's clock. It mirrors Container.clock.
func (c *Container) Clock() clock.Clock { return c.set.clock }

// Activity returns the counts of operations in progress in the container: calls made by its
// agents and to them, on all connections, and the turns of [Agent.Turn] and [Agent.InTurn].
// Other work of agents counts only if they report it with [aiomas.Activity.Begin].
func (c *Container) Activity() *aiomas.Activity { return &c.set.activity }

// Router returns the root router that peers see. It makes a container a service.
func (c *Container) Router() *aiomas.Router { return c.root }

// Agents returns the agents in the order of their registration. It mirrors
// Container.agents.
func (c *Container) Agents() []*Agent {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*Agent, 0, len(c.byID))
	for _, a := range c.byID {
		list = append(list, a)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].number < list[j].number })
	return list
}

// Agent returns the agent with this ID, or nil.
func (c *Container) Agent(id string) *Agent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[id]
}

// Clients returns the open connections, incoming and outgoing, in no particular order.
func (c *Container) Clients() []*aiomas.Client {
	list := c.server.Clients()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.links {
		if !l.incoming { // the server's
			list = append(list, l.client)
		}
	}
	return list
}

// Shutdown closes the container gracefully: it stops listening, waits until the running
// handlers of its agents have finished, which can still connect to other agents and call them,
// and closes all connections. If ctx ends first, it closes everything at once and returns the
// error of ctx. Goroutines started by agents are not waited for. A handler must not call
// Shutdown, which would wait for that handler. It mirrors Container.shutdown.
func (c *Container) Shutdown(ctx context.Context) error {
	c.leave()
	errs := []error{c.server.Shutdown(ctx)}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, l := range c.refuse() {
		wg.Go(func() {
			err := l.client.Shutdown(ctx)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	wg.Wait()
	c.end(ctx)
	return errors.Join(errs...)
}

// Close closes the container at once: contexts of handlers end, and calls in progress fail with
// [aiomas.ErrClosed].
func (c *Container) Close() error {
	c.leave()
	links := c.refuse()
	for _, l := range links {
		if l.target == targetOf(c.addr) { // before the server closes the other end
			_ = l.client.Close()
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.server.Close() })
	for _, l := range links {
		wg.Go(func() { _ = l.client.Close() })
	}
	wg.Wait()
	c.end(context.Background())
	return nil
}

// Done returns a channel that is closed when the container has ended.
func (c *Container) Done() <-chan struct{} { return c.done }

// leave records that connections end because the container is closing. One of them is the
// connection of its agents to each other, whose other end belongs to its own server.
func (c *Container) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
}

// refuse refuses new connections, and returns the existing ones.
func (c *Container) refuse() []*link {
	c.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	list := make([]*link, 0, len(c.links))
	for _, l := range c.links {
		if !l.incoming { // which the server ends
			list = append(list, l)
		}
	}
	return list
}

// end waits for all goroutines of the container, but only until ctx ends, because one may be
// in a dialer of the user.
func (c *Container) end(ctx context.Context) {
	go c.finished.Do(func() {
		c.serve.Wait()
		c.work.Wait()
		close(c.done)
	})
	select {
	case <-c.done:
	case <-ctx.Done():
	}
}

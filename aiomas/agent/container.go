package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
)

// Container is where agents live. It listens for other containers, and makes one
// connection to each container that its agents want to talk to, which all of
// them share and the other side can call back on. It mirrors
// aiomas.agent.Container and is safe for concurrent use.
type Container struct {
	*core
	reserved *reservation // not nil: this is what a constructor gets, whose agent is to have that ID
}

// core is a container, of which constructors may get handles of their own.
type core struct {
	self     *Container // what all agents return
	addr     Addr
	set      *settings
	root     *aiomas.Router // what peers see: validate_aid and agents
	agents   *aiomas.Router
	server   *aiomas.Server
	serve    sync.WaitGroup // the server's goroutine
	ctx      context.Context
	cancel   context.CancelFunc // ends connection attempts
	work     sync.WaitGroup     // attempts, validations, watchers
	done     chan struct{}      // closed when everything has ended
	finished sync.Once          // the wait for that

	mu         sync.Mutex
	leaving    bool // Shutdown or Close: what ends now is not lost
	closed     bool
	byID       map[string]*Agent
	registered int // agents, those that are gone included
	nextID     int
	links      map[target]*link
	attempts   map[target]*attempt
}

// NewContainer starts a container that listens on addr:
//
//	tcp://host:port     one interface
//	tcp://:port         every interface, as tcp://0.0.0.0:port and tcp://[::]:port
//	unix:///path        a Unix socket, as ipc://[/path]
//	local://queue       within the process, see package local
//	scheme://address    by a transport, see WithTransport
//
// Port 0 is any free one. The addresses of the agents have the host as it is
// written in addr, or for every interface the machine's fully qualified name;
// see [WithHost]. ctx bounds the start only. It mirrors Container.create.
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
		attempts: make(map[target]*attempt),
	}}
	c.self = c
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.agents.TakeTurns() // those that agents share
	c.root.Expose("validate_aid", c.validateAID, aiomas.Params("aid"))
	if err := c.root.Add("agents", c.agents); err != nil {
		return nil, err
	}
	ln, err := c.listen(ctx, addr)
	if err != nil {
		set.closeListener()
		return nil, err
	}
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

// listen opens the server's socket and settles the container's address.
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

// completeAddr fills in what only the listener and the machine know.
func (s *settings) completeAddr(ctx context.Context, a Addr, ln net.Listener) (Addr, error) {
	if a.Network != "tcp" {
		if a.Network != "ipc" && strings.Contains(a.Path, "/") {
			return a, errors.New("what follows a slash would be an agent's ID")
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

// parseListen reads the address to listen on; hostport is what the network takes.
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

// Addr returns the container's address, "tcp://localhost:5555/", which those of
// its agents begin with.
func (c *Container) Addr() string { return c.addr.String() }

// String returns what Python prints: Container('tcp://localhost:5555/').
func (c *Container) String() string { return "Container(" + pyRepr(c.addr.String()) + ")" }

// Clock returns the container's clock. It mirrors Container.clock.
func (c *Container) Clock() clock.Clock { return c.set.clock }

// Activity returns the counts of what is under way in the container: calls of its agents
// and calls to them, on all connections, and the turns of [Agent.Turn] and
// [Agent.InTurn]. What agents do by themselves is not counted, unless they say so with
// [aiomas.Activity.Begin].
func (c *Container) Activity() *aiomas.Activity { return &c.set.activity }

// Router returns the root of what peers see, so that a container is a service.
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

// Agent returns the agent with that ID, nil if there is none.
func (c *Container) Agent(id string) *Agent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[id]
}

// Clients returns the present connections, incoming and outgoing, in no order.
func (c *Container) Clients() []*aiomas.Client {
	list := c.server.Clients()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.links {
		list = append(list, l.client)
	}
	return list
}

// validateAID tells peers the class of an agent. It mirrors
// Container.validate_aid.
func (c *Container) validateAID(aid any) (*string, error) {
	id, ok := aid.(string)
	if !ok {
		if aid != nil && !reflect.TypeOf(aid).Comparable() {
			return nil, aiomas.TypeError.Errorf("unhashable type: %T", aid)
		}
		return nil, nil
	}
	a := c.Agent(id)
	if a == nil {
		return nil, nil
	}
	return &a.class, nil
}

// Shutdown ends the container gracefully: it stops listening, lets the handlers of
// its agents finish, during which they can still connect to others and call
// them, and closes all connections. When ctx ends first, it closes what is left
// at once and returns the error of ctx. What agents do by themselves is theirs
// to end. A handler must not call Shutdown, which would wait for it. It mirrors
// Container.shutdown.
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

// Close ends the container at once: handlers' contexts end, and calls under way
// fail with [aiomas.ErrClosed].
func (c *Container) Close() error {
	c.leave()
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.server.Close() })
	for _, l := range c.refuse() {
		wg.Go(func() { _ = l.client.Close() })
	}
	wg.Wait()
	c.end(context.Background())
	return nil
}

// Done is closed when the container has ended.
func (c *Container) Done() <-chan struct{} { return c.done }

// leave says that connections end from now on because the container does: the one
// that its agents have to each other, say, whose other end its server closes.
func (c *Container) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
}

// refuse lets no new connections begin, and returns those that there are.
func (c *Container) refuse() []*link {
	c.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	list := make([]*link, 0, len(c.links))
	for _, l := range c.links {
		list = append(list, l)
	}
	return list
}

// end waits for all goroutines of the container, until ctx ends: one may be in a
// dialer of the user's.
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

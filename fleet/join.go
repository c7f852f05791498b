package fleet

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Join returns a source of n members that call the driver, which therefore needs no list of
// hosts. It registers an agent with the given ID in the driver's container; [RunMember]
// takes the address of that agent. A member in Python calls the agent with its name and its
// manager:
//
//	driver = await container.connect(url, timeout=None)
//	await driver.join('plant-3', manager, manager.addr)
//
// Names are arbitrary, but must be unique among the present members. Further members after
// the n-th are refused with a ValueError. A member that is lost may join again. Any program
// that can reach the container can join: use TLS.
func Join(id string, n int) Source {
	return &joined{id: id, n: n, changed: make(chan struct{})}
}

type joined struct {
	id        string
	n         int
	container *agent.Container

	mu      sync.Mutex
	ended   bool
	changed chan struct{} // closed at the next change of members
	members []*joining
}

// joining is a member that has called join.
type joining struct {
	name    string
	manager *aiomas.Proxy
	addr    string
	taken   bool // by open
}

func (s *joined) begin(c *agent.Container) (int, error) {
	s.container = c
	r := aiomas.NewRouter()
	r.Expose("join", s.join, aiomas.Params("name", "manager", "addr"))
	_, err := c.Register(r, agent.ID(s.id), agent.Class("Fleet"))
	return s.n, err
}

// join is exposed to members.
func (s *joined) join(name string, manager *aiomas.Proxy, addr string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return aiomas.ValueError.New("the fleet is stopped")
	case name == "" || manager == nil:
		return aiomas.ValueError.New("a member needs a name and a manager")
	}
	if _, err := s.container.ParseAddr(addr); err != nil {
		return err
	}
	mine := &joining{name: name, manager: manager, addr: addr}
	for i, m := range s.members {
		if m.name != name {
			continue
		}
		if m.manager.Client() != manager.Client() && m.manager.Client().Err() == nil {
			return aiomas.ValueError.Errorf("the member %q has joined already, from %s", name, m.addr)
		}
		s.members[i] = mine
		s.change()
		return nil
	}
	if len(s.members) == s.n {
		return aiomas.ValueError.Errorf("the fleet has its %d members, and %q is none of them", s.n, name)
	}
	s.members = append(s.members, mine)
	s.change()
	return nil
}

// change wakes the waiting goroutines; s.mu is held.
func (s *joined) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *joined) open(ctx context.Context, i int, _ string) (*life, error) {
	for {
		s.mu.Lock()
		var m *joining
		if i < len(s.members) && !s.members[i].taken && s.members[i].manager.Client().Err() == nil {
			m = s.members[i]
			m.taken = true
		}
		changed, have := s.changed, len(s.members)
		s.mu.Unlock()
		if m != nil {
			return newLife(ctx, m.manager, m.addr, nil)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), aiomas.ValueError.Errorf("%d of %d members have joined", have, s.n))
		}
	}
}

func (s *joined) name(i int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.members[i].name
}

// abandon closes the connections of members, which then try to join the next fleet.
func (s *joined) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.members {
		_ = m.manager.Client().Close()
	}
}

func (s *joined) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.container.Unregister(s.id)
}

// RunMember is [agent.RunManager] for a member of a fleet with [Join]: the main function of
// the member's program. driver is the address of the driver's agent, such as
// "tcp://driver:5555/plant"; RunMember tries to connect to it until it succeeds. name is
// the member's unique name. If the driver refuses the member, RunMember returns the
// driver's error. If the connection is lost, it joins again.
func RunMember(ctx context.Context, driver, name, addr string, config agent.ManagerConfig, opts ...agent.Option) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var refused error
	var joining sync.WaitGroup
	ready := config.Ready
	config.Ready = func(m *agent.Manager) {
		if ready != nil {
			ready(m)
		}
		joining.Go(func() {
			if refused = stayJoined(ctx, m, driver, name); refused != nil {
				m.Stop()
			}
		})
	}
	err := agent.RunManager(ctx, addr, config, opts...)
	cancel()
	joining.Wait()
	return errors.Join(refused, err)
}

// stayJoined joins whenever there is no connection, until ctx or the manager ends or the
// driver refuses the member.
func stayJoined(ctx context.Context, m *agent.Manager, driver, name string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-m.Stopped():
		case <-m.Container().Done():
		case <-ctx.Done():
		}
		cancel()
	}()
	for ctx.Err() == nil {
		d, err := m.Container().Connect(ctx, driver, agent.WithRetry(-1))
		if err == nil {
			err = d.Sub("join").Call(ctx, nil, name, m, m.Addr())
		}
		var remote *aiomas.RemoteError
		switch {
		case err == nil:
			select {
			case <-d.Client().Done():
			case <-ctx.Done():
			}
		case errors.As(err, &remote):
			return err
		}
		transport.Pause(ctx, 50*time.Millisecond) // the driver may be starting
	}
	return nil
}

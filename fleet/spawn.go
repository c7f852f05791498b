package fleet

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Spec describes an agent to spawn.
type Spec struct {
	Name string // of the constructor: "module:Class"
	Args []any  // the last one may be aiomas.Kwargs
	ID   string // in its container, for managers in Go; default: the next number
	Key  string // agents with the same key are spawned on the same member; default: see [Options].Place
}

// record is the spec and ID of an agent that was spawned.
type record struct {
	spec Spec
	id   string
}

// Agent is an agent of a fleet.
type Agent struct {
	member *Member
	id     string
	addr   string
}

// Addr returns the agent's address, which stays the same when its member is opened again.
func (a *Agent) Addr() string { return a.addr }

// Member returns the member that the agent lives in.
func (a *Agent) Member() *Member { return a.member }

// Proxy returns a proxy of the agent over the fleet's connection to its member, without a
// request. During a restart of the member, it waits. A proxy becomes invalid when its
// connection ends.
func (a *Agent) Proxy(ctx context.Context) (*aiomas.Proxy, error) {
	l, err := a.member.present(ctx)
	if err != nil {
		return nil, a.member.failed("proxy", err)
	}
	return l.manager.Client().Remote("agents", a.id), nil
}

// Spawn spawns one agent.
func (f *Fleet) Spawn(ctx context.Context, name string, args ...any) (*Agent, error) {
	list, err := f.SpawnAll(ctx, []Spec{{Name: name, Args: args}})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// SpawnN spawns n agents with the same constructor. args returns the arguments of agent i,
// counted from 0; it may be nil. See SpawnAll.
func (f *Fleet) SpawnN(ctx context.Context, n int, name string, args func(i int) []any) ([]*Agent, error) {
	specs := make([]Spec, n)
	for i := range specs {
		specs[i].Name = name
		if args != nil {
			specs[i].Args = args(i)
		}
	}
	return f.SpawnAll(ctx, specs)
}

// SpawnAll spawns agents on all members concurrently, and in order on each member. A
// manager in Go gets one message with all its agents; a manager on Python's aiomas gets one
// for each agent, all sent without waiting for replies. The agents are returned in the
// order of specs. If some agents could not be spawned, they are nil, the error names them
// with the reasons, and the others are valid. If ctx ends, the agents of members that have
// not replied are nil as well; such a member may still have spawned them, and then has
// agents that the fleet does not know.
func (f *Fleet) SpawnAll(ctx context.Context, specs []Spec) ([]*Agent, error) {
	agents := make([]*Agent, len(specs))
	parts, err := f.place(specs)
	if err != nil {
		return agents, err
	}
	errs := make([]error, len(specs))
	var list []*Member
	for m := range parts {
		list = append(list, m)
	}
	_ = aiomas.Await(ctx, func() error {
		ctx := aiomas.WithoutTurn(ctx)
		each(list, func(_ int, m *Member) {
			for part := range slices.Chunk(parts[m], mostSpawns) {
				m.spawn(ctx, specs, part, agents, errs)
			}
		})
		return nil
	})
	return agents, errors.Join(errs...)
}

// mostSpawns is the most agents in one message, so that the message stays within its
// limits.
const mostSpawns = 5000

// place returns the indices of the specs for each member.
func (f *Fleet) place(specs []Spec) (map[*Member][]int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopping {
		return nil, ErrStopped
	}
	if len(f.members) == 0 {
		return nil, fmt.Errorf("fleet: no member is left: %w", ErrLost)
	}
	parts := make(map[*Member][]int)
	for i, s := range specs {
		m := f.choose(s.Key)
		m.agents++
		parts[m] = append(parts[m], i)
	}
	return parts, nil
}

// choose returns the member for an agent with the given key; f.mu is held.
func (f *Fleet) choose(key string) *Member {
	switch {
	case key != "":
		// The highest hash wins: when a member is forgotten, only its keys move.
		return slices.MaxFunc(f.members, func(a, b *Member) int {
			if hash(key, a.name) < hash(key, b.name) {
				return -1
			}
			return 1
		})
	case f.opts.Place == Least:
		return slices.MinFunc(f.members, func(a, b *Member) int { return a.agents - b.agents })
	}
	m := f.members[f.next%len(f.members)]
	f.next = (f.next + 1) % len(f.members)
	return m
}

func hash(key, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name + "\x00" + key))
	v := h.Sum64() // the high bits hardly depend on the last bytes
	v ^= v >> 32
	v *= 0x9e3779b97f4a7c15
	return v ^ v>>29
}

// spawn spawns the specs with the given indices.
func (m *Member) spawn(ctx context.Context, specs []Spec, part []int, agents []*Agent, errs []error) {
	mine := make([]Spec, len(part))
	for i, n := range part {
		mine[i] = specs[n]
	}
	var l *life
	var ids []string
	var failed []error
	var err error
	for {
		if l, err = m.present(ctx); err != nil {
			break
		}
		if ids, failed, err = l.spawn(ctx, mine); err == nil && m.keep(l, mine, ids) {
			break
		}
		if err == nil { // the connection was lost and the agents with it
			err = lost(l.manager.Client().Err())
		} else if m.gone(ctx, l, err) {
			err = lost(err)
		}
		if m.fleet.opts.OnLost != Restart || l.process == nil || !errors.Is(err, ErrLost) {
			break
		}
	}
	without := 0
	for i, n := range part {
		why := err
		if err == nil {
			why = failed[i]
		}
		if why == nil {
			agents[n] = &Agent{m, ids[i], l.base + ids[i]}
			continue
		}
		without++
		if err != nil && i > 0 {
			continue // reported once
		}
		errs[n] = m.failed(fmt.Sprintf("spawn of agent %d, %s", n, mine[i].Name), why)
	}
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	m.agents -= without
}

// keep records what was spawned, for a restart. It returns false if l has ended.
func (m *Member) keep(l *life, specs []Spec, ids []string) bool {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	if m.life != l {
		return false
	}
	if m.fleet.opts.OnLost == Restart {
		for i, id := range ids {
			if id != "" {
				m.spawned = append(m.spawned, record{specs[i], id})
			}
		}
	}
	return true
}

// spawned is an item of what spawn_n returns.
type spawned struct {
	_     struct{} `aiomas:",list"`
	Addr  *string
	Error []string
}

// spawn returns the ID of the agent or an error for each of specs.
func (l *life) spawn(ctx context.Context, specs []Spec) (ids []string, failed []error, err error) {
	ids, failed = make([]string, len(specs)), make([]error, len(specs))
	if !l.counts {
		return ids, failed, l.spawnEach(ctx, specs, ids, failed)
	}
	items := make([][]any, len(specs))
	for i, s := range specs {
		items[i] = item(s)
	}
	list, err := aiomas.Call[[]spawned](ctx, l.manager.Sub("spawn_n"), items)
	if err != nil {
		return nil, nil, err
	}
	if len(list) != len(specs) {
		return nil, nil, fmt.Errorf("spawn_n has returned %d results for %d agents", len(list), len(specs))
	}
	for i, s := range list {
		switch {
		case s.Addr != nil:
			ids[i] = l.id(*s.Addr)
		case len(s.Error) == 2:
			failed[i] = &aiomas.RemoteError{Origin: l.base, Path: "spawn_n", Type: s.Error[0], Message: s.Error[1]}
		default:
			failed[i] = errors.New("spawn_n has returned neither an address nor an exception")
		}
	}
	return ids, failed, nil
}

// item returns s as an argument of spawn_n.
func item(s Spec) []any {
	args, kwargs := s.Args, aiomas.Kwargs(nil)
	if n := len(args); n > 0 {
		if k, ok := args[n-1].(aiomas.Kwargs); ok {
			args, kwargs = args[:n-1], k
		}
	}
	if args == nil {
		args = []any{}
	}
	list := []any{s.Name, args}
	if kwargs != nil || s.ID != "" {
		list = append(list, map[string]any(kwargs))
	}
	if s.ID != "" {
		list = append(list, s.ID)
	}
	return list
}

// spawnEach does the work of spawn with a manager that has no spawn_n.
func (l *life) spawnEach(ctx context.Context, specs []Spec, ids []string, failed []error) error {
	calls := make([]*aiomas.Pending, len(specs))
	addrs := make([]string, len(specs))
	for i, s := range specs {
		if s.ID != "" {
			failed[i] = ErrNoIDs
			continue
		}
		var proxy codec.Value // decoding it into a proxy is not needed
		calls[i] = l.manager.Sub("spawn").Go(ctx, &codec.Tuple{&proxy, &addrs[i]}, append([]any{s.Name}, s.Args...)...)
	}
	var end error
	for i, c := range calls {
		if c == nil {
			continue
		}
		if err := c.Wait(ctx); err == nil {
			ids[i] = l.id(addrs[i])
		} else if failed[i] = err; errors.Is(err, aiomas.ErrConnection) {
			end = err
		}
	}
	return end
}

// id returns the ID of the container's agent at addr.
func (l *life) id(addr string) string {
	if id, ok := strings.CutPrefix(addr, l.base); ok {
		return id
	}
	return addr[strings.LastIndexByte(addr, '/')+1:]
}

// restore sets the time and spawns the agents of the last life, unless only the connection
// was lost and they still exist.
func (l *life) restore(ctx context.Context, t *float64, list []record) error {
	if l.process == nil && len(list) > 0 {
		class, err := aiomas.Call[*string](ctx, l.manager.Client().Remote("validate_aid"), list[0].id)
		if err != nil || class != nil {
			return err
		}
	}
	if t != nil {
		if err := l.manager.Sub("set_time").Call(ctx, nil, *t); err != nil && !l.hadTime(err) {
			return err
		}
		l.time = t
	}
	slices.SortStableFunc(list, func(a, b record) int { // in the order in which the container numbered them
		x, errX := strconv.Atoi(a.id)
		y, errY := strconv.Atoi(b.id)
		if errX != nil || errY != nil {
			return 0
		}
		return x - y
	})
	for part := range slices.Chunk(list, mostSpawns) {
		specs := make([]Spec, len(part))
		for i, r := range part {
			specs[i] = r.spec
			if l.counts {
				specs[i].ID = r.id
			}
		}
		ids, failed, err := l.spawn(ctx, specs)
		if err := errors.Join(append(failed, err)...); err != nil {
			return err
		}
		for i, r := range part {
			if ids[i] != r.id {
				return fmt.Errorf("%w: %s%s, not %s%s", ErrMoved, l.base, ids[i], l.base, r.id)
			}
		}
	}
	return nil
}

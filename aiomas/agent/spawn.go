package agent

import (
	"context"
	"runtime/debug"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Spawn starts an agent from within the program, like a caller of spawn: it calls the constructor name
// with args, which must have the types of its parameters or be convertible to them without loss; the
// last one may be [aiomas.Kwargs]. Errors are those of spawn. [Agent.Self] of the result is the value
// returned by the constructor, or the one it was registered as.
func (m *Manager) Spawn(ctx context.Context, name string, args ...any) (*Agent, error) {
	if m.Container() == nil {
		return nil, errNotRegistered
	}
	return m.constructors.New(ctx, m.Container(), name, args...)
}

var errNotRegistered = aiomas.RuntimeError.New("the manager is not registered with a container")

// spawn mirrors Manager.spawn.
func (m *Manager) spawn(ctx context.Context, kwargs aiomas.RawKwargs, args ...codec.Value) (aiomas.Service, string, error) {
	var name codec.Value
	switch byKeyword, ok := kwargs["qualname"]; {
	case ok && len(args) > 0:
		return nil, "", aiomas.TypeError.New("Manager.spawn() got multiple values for argument 'qualname'")
	case ok:
		name = byKeyword
		delete(kwargs, "qualname")
	case len(args) > 0:
		name, args = args[0], args[1:]
	default:
		return nil, "", aiomas.TypeError.New("Manager.spawn() missing 1 required positional argument: 'qualname'")
	}
	var text string
	if err := name.Decode(&text); err != nil {
		return nil, "", aiomas.TypeError.Errorf("Manager.spawn() argument 'qualname': %w", err)
	}
	a, err := m.construct(ctx, m.Container(), text, args, kwargs)
	if err != nil {
		return nil, "", err
	}
	return a, a.Addr(), nil
}

// construct calls a constructor with arguments received by the manager.
func (m *Manager) construct(ctx context.Context, c *Container, name string, args []codec.Value, kwargs aiomas.RawKwargs) (*Agent, error) {
	f, err := m.constructors.find(name)
	if err != nil {
		return nil, err
	}
	result, err := f.Call(withContainer(ctx, c), args, kwargs)
	return spawnedAgent(c, name, result, err)
}

// spawnN starts agents in order; see [Manager]. Python does not have it.
func (m *Manager) spawnN(ctx context.Context, spawns [][]codec.Value) ([]codec.Tuple, error) {
	results := make([]codec.Tuple, 0, len(spawns))
	for _, spawn := range spawns {
		if ctx.Err() != nil { // the caller's connection or the container has ended
			return nil, ctx.Err()
		}
		addr, err := m.spawnItem(ctx, spawn)
		if err == nil {
			results = append(results, codec.Tuple{addr, nil})
			continue
		}
		ex := aiomas.AsException(err)
		results = append(results, codec.Tuple{nil, codec.Tuple{string(ex.Type), ex.Message}})
	}
	return results, nil
}

// spawnItem starts one agent of spawn_n, given as [name, args, kwargs, id].
func (m *Manager) spawnItem(ctx context.Context, spawn []codec.Value) (addr string, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &aiomas.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	var name string
	var args []codec.Value
	var kwargs aiomas.RawKwargs
	var id *string
	targets := []any{&name, &args, &kwargs, &id}
	if len(spawn) == 0 || len(spawn) > len(targets) {
		return "", aiomas.TypeError.Errorf("Manager.spawn_n() wants [qualname, args, kwargs, id], not a list of %d", len(spawn))
	}
	for i, v := range spawn {
		if err := v.Decode(targets[i]); err != nil {
			return "", aiomas.TypeError.Errorf("Manager.spawn_n() argument 'spawns': %w", err)
		}
	}
	c := m.Container()
	if id != nil {
		c = c.reserve(*id)
	}
	a, err := m.construct(ctx, c, name, args, kwargs)
	if err != nil {
		return "", err
	}
	if id != nil && a.ID() != *id {
		return "", aiomas.RuntimeError.Errorf("the constructor of %s has given its agent the ID %s, not %s", name, pyRepr(a.ID()), pyRepr(*id))
	}
	return a.Addr(), nil
}

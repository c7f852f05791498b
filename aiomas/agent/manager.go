package agent

import (
	"context"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Manager is an agent that starts others in its container on request, and sets the
// container's clock if that is one that can be set. Python programs, and
// [Process], call its methods as
//
//	spawn(name, *args, **kwargs) → (proxy, addr)
//	set_time(time)
//	stop()
//
// It mirrors aiomas.subproc.Manager.
type Manager struct {
	Agent
	constructors *Constructors
	once         sync.Once
	stopped      chan struct{}
}

// NewManager registers a manager with the container, which should not have other
// agents yet: callers expect it to be agent 0. constructors may be nil.
func NewManager(c *Container, constructors *Constructors) (*Manager, error) {
	if constructors == nil {
		constructors = NewConstructors()
	}
	m := &Manager{constructors: constructors, stopped: make(chan struct{})}
	_, err := c.Register(m, Setup(func(r *aiomas.Router) error {
		r.Expose("spawn", m.spawn)
		r.Expose("set_time", m.SetTime, aiomas.Params("time"))
		r.Expose("stop", m.Stop)
		return nil
	}))
	if err != nil {
		return nil, err
	}
	return m, nil
}

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
	a, err := m.constructors.construct(ctx, m.Container(), text, args, kwargs)
	if err != nil {
		return nil, "", err
	}
	return a, a.Addr(), nil
}

// SetTime sets the time of the container's clock, if it is a [clock.External] or
// has a method SetTime as that has. It mirrors Manager.set_time.
func (m *Manager) SetTime(t float64) error {
	c, ok := m.Container().Clock().(interface{ SetTime(float64) error })
	if !ok {
		return aiomas.AttributeError.Errorf("'%T' object has no attribute 'set_time'", m.Container().Clock())
	}
	return c.SetTime(t)
}

// Stop closes the channel Stopped. It mirrors Manager.stop; stopping twice is fine.
func (m *Manager) Stop() { m.once.Do(func() { close(m.stopped) }) }

// Stopped is closed when somebody has called stop. It mirrors
// Manager.stop_received.
func (m *Manager) Stopped() <-chan struct{} { return m.stopped }

// ManagerConfig is what [RunManager] runs.
type ManagerConfig struct {
	// Constructors are the agents that can be spawned.
	Constructors *Constructors
	// Ready is called when the manager can be called, to announce its address to
	// whoever started the process. It may be nil. [Container.Start] understands
	//
	//	fmt.Println("ready", m.Addr())
	Ready func(m *Manager)
	// Detached lets the process live on when the one that started it has ended,
	// unless that was done by [Container.Start] on Linux.
	Detached bool
}

// shutdownGrace is what handlers get to finish when a manager was stopped.
const shutdownGrace = 10 * time.Second

// RunManager runs a container with a [Manager] until stop is called, ctx ends or,
// unless it is Detached, the process that started this one has ended; it then
// shuts the container down, and returns nil if that went well. It is the main
// function of a process that is started by Python's [Manager] pattern or
// [Container.Start]. It mirrors aiomas.subproc.start.
func RunManager(ctx context.Context, addr string, config ManagerConfig, opts ...Option) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var orphaned <-chan struct{} // nil: never
	if !config.Detached {
		orphaned = watchParent(ctx)
	}
	c, err := NewContainer(ctx, addr, opts...)
	if err != nil {
		return err
	}
	m, err := NewManager(c, config.Constructors)
	if err != nil {
		_ = c.Close()
		return err
	}
	if config.Ready != nil {
		config.Ready(m)
	}
	select {
	case <-m.Stopped():
	case <-ctx.Done():
	case <-orphaned:
	}
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer done()
	return c.Shutdown(grace)
}

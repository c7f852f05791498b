package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/signals"
)

// Manager is an agent that starts others in its container on request, and sets the
// container's clock if that is one that can be set. Python programs, and
// [Process], call its methods as
//
//	spawn(name, *args, **kwargs) → (proxy, addr)
//	set_time(time)
//	stop()
//
// and those of package fleet two more, which Python's managers have not:
//
//	spawn_n([[name, args, kwargs, id], …]) → [[addr, None] or [None, [type, message]], …]
//	call_counts() → [begun, ended]
//
// spawn_n starts agents in order; what is at the end of an item may be left out. One
// that fails has the type and the message of its exception in place of an address, and
// is not the end of the others. The id is that of the agent, None for the next number.
// call_counts returns those of [Container.Activity], but for itself.
//
// It mirrors aiomas.subproc.Manager. A type that embeds it by value, and is
// registered with [Manages], is a manager with further methods.
type Manager struct {
	Agent
	constructors *Constructors
	init, stop   sync.Once
	stopped      chan struct{}

	asked, answered atomic.Int64 // calls of call_counts
}

// NewManager registers a manager with the container, which should not have other
// agents yet: callers expect it to be agent 0. constructors may be nil.
func NewManager(c *Container, constructors *Constructors) (*Manager, error) {
	m := &Manager{}
	if _, err := c.Register(m, Manages(constructors)); err != nil {
		return nil, err
	}
	return m, nil
}

// Manages exposes the methods of a [Manager] that the registered type embeds, by
// those of their names that it does not expose itself. The
// agents of constructors, which may be nil, can be spawned.
//
//	type EnvManager struct {
//		agent.Manager
//		env *Environment
//	}
//
//	m := &EnvManager{env: env}
//	_, err := c.Register(m, agent.Manages(constructors), agent.Expose("Artifacts"))
func Manages(constructors *Constructors) RegisterOption {
	if constructors == nil {
		constructors = NewConstructors()
	}
	return func(r *registration) { r.constructors = constructors }
}

// manage makes the Manager within self one, after all that self exposes.
func manage(self any, r *aiomas.Router, constructors *Constructors) error {
	e, ok := self.(interface{ embeddedManager() *Manager })
	if !ok {
		return fmt.Errorf("aiomas: Manages: %T embeds no Manager", self)
	}
	m := e.embeddedManager()
	if m == nil {
		return fmt.Errorf("aiomas: Manages: the Manager that %T embeds is nil: embed it by value", self)
	}
	m.constructors = constructors
	for name, expose := range map[string]func(){
		"spawn":       func() { r.Expose("spawn", m.spawn) },
		"spawn_n":     func() { r.Expose("spawn_n", m.spawnN, aiomas.Params("spawns")) },
		"set_time":    func() { r.Expose("set_time", m.SetTime, aiomas.Params("time")) },
		"stop":        func() { r.Expose("stop", m.Stop, aiomas.Concurrent()) }, // whatever a method waits for
		"call_counts": func() { r.Expose("call_counts", m.callCounts, aiomas.Concurrent()) },
	} {
		if _, err := r.Resolve(name); err != nil { // it has none of its own
			expose()
		}
	}
	return nil
}

func (m *Manager) embeddedManager() *Manager { return m }

// SetTime sets the time of the container's clock, if it is a [clock.External] or
// has a method SetTime as that has. It mirrors Manager.set_time.
func (m *Manager) SetTime(t float64) error {
	if m.Container() == nil {
		return errNotRegistered
	}
	c, ok := m.Container().Clock().(interface{ SetTime(float64) error })
	if !ok {
		return aiomas.AttributeError.Errorf("'%T' object has no attribute 'set_time'", m.Container().Clock())
	}
	return c.SetTime(t)
}

// callCounts returns the counts of the container's activity, without its own calls:
// never fewer that have begun, and never more that have ended.
func (m *Manager) callCounts() []int64 {
	asked := m.asked.Add(1) // of these all are counted
	defer m.answered.Add(1) // before its end is counted
	begun, ended := m.Container().Activity().Counts()
	return []int64{begun - asked, ended - m.answered.Load()}
}

// Stop closes the channel Stopped. It mirrors Manager.stop; stopping twice is fine.
func (m *Manager) Stop() {
	stopped := m.channel()
	m.stop.Do(func() { close(stopped) })
}

// Stopped is closed when somebody has called stop. It mirrors
// Manager.stop_received.
func (m *Manager) Stopped() <-chan struct{} { return m.channel() }

func (m *Manager) channel() chan struct{} {
	m.init.Do(func() { m.stopped = make(chan struct{}) })
	return m.stopped
}

// ManagerConfig is what [RunManager] runs.
type ManagerConfig struct {
	// Constructors are the agents that can be spawned.
	Constructors *Constructors
	// Register registers the manager, if it is another than [NewManager] makes: it
	// is to call [Container.Register] with manages, and returns the Manager that is
	// embedded in what it registered.
	Register func(c *Container, manages RegisterOption) (*Manager, error)
	// Ready is called when the manager can be called, to announce its address to
	// whoever started the process. It may be nil. [Container.Start] understands
	//
	//	fmt.Println("ready", m.Addr())
	Ready func(m *Manager)
	// Detached lets the process live on when the one that started it has ended,
	// unless that was done by [Container.Start].
	Detached bool
	// Grace is how long running handlers may take to finish in the end, one second
	// by default; see [Grace].
	Grace time.Duration
}

// RunManager runs a container with a [Manager] until stop is called, or whatever
// else ends [Container.Run], which is an orderly end, too: it returns nil. It is
// the main function of a process that is started by Python's [Manager] pattern or
// [Container.Start]. It mirrors aiomas.subproc.start.
func RunManager(ctx context.Context, addr string, config ManagerConfig, opts ...Option) error {
	ctx, cancel := signals.Until(ctx)
	defer cancel()
	run := []RunOption{Grace(config.Grace)}
	if config.Detached {
		run = append(run, Detached())
	} else {
		orphaned := watchParent(ctx) // it may end while the container begins
		run = append(run, func(s *runSettings) { s.orphaned = orphaned })
	}
	var m *Manager
	register := func(c *Container) (err error) {
		m, err = config.register(c)
		return err
	}
	// Not after NewContainer: the process's parent may ask for the manager at once.
	c, err := NewContainer(ctx, addr, append([]Option{WithAgents(register)}, opts...)...)
	if err != nil {
		return err
	}
	if config.Ready != nil {
		config.Ready(m)
	}
	return c.Run(ctx, append(run, func(s *runSettings) { s.stopped = m.Stopped() })...)
}

func (config *ManagerConfig) register(c *Container) (*Manager, error) {
	if config.Register == nil {
		return NewManager(c, config.Constructors)
	}
	m, err := config.Register(c, Manages(config.Constructors))
	if err == nil && (m == nil || m.Container() != c) {
		err = errors.New("aiomas: ManagerConfig.Register returned no manager of the container")
	}
	return m, err
}

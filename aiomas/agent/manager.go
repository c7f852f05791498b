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

// Manager is an agent that starts other agents in its container on request, and sets the
// container's clock if that is possible. Python programs, and [Process], call its methods as
//
//	spawn(name, *args, **kwargs) → (proxy, addr)
//	set_time(time)
//	stop()
//
// Package fleet uses two more methods, which managers of Python do not have:
//
//	spawn_n([[name, args, kwargs, id], …]) → [[addr, None] or [None, [type, message]], …]
//	call_counts() → [begun, ended]
//
// spawn_n starts agents in order. Elements at the end of an item may be omitted, and an id of
// None stands for the next number. For an item that fails, the result has the type and message of
// the exception instead of an address; the others are started all the same. call_counts returns
// the counts of [Container.Activity] without its own calls.
//
// It mirrors aiomas.subproc.Manager. For a manager with further methods, embed Manager by value in
// a type and register it with [Manages].
type Manager struct {
	Agent
	constructors *Constructors
	init, stop   sync.Once
	stopped      chan struct{}

	asked, answered atomic.Int64 // calls of call_counts
}

// NewManager registers a manager with the container. It should be the first agent, because
// callers expect its ID to be 0. constructors may be nil.
func NewManager(c *Container, constructors *Constructors) (*Manager, error) {
	m := &Manager{}
	if _, err := c.Register(m, Manages(constructors)); err != nil {
		return nil, err
	}
	return m, nil
}

// Manages exposes the methods of the [Manager] embedded in the registered type, except those
// whose names the type exposes itself. constructors, which may be nil, are the agents that can be
// spawned.
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

// manage makes the Manager embedded in self a manager, after self has exposed its methods.
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
		"stop":        func() { r.Expose("stop", m.Stop, aiomas.Concurrent()) }, // must work while a method waits
		"call_counts": func() { r.Expose("call_counts", m.callCounts, aiomas.Concurrent()) },
	} {
		if _, err := r.Resolve(name); err != nil { // self does not expose it
			expose()
		}
	}
	return nil
}

func (m *Manager) embeddedManager() *Manager { return m }

// SetTime sets the time of the container's clock, which must be a [clock.External] or have the
// same method SetTime. It mirrors Manager.set_time.
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

// callCounts returns the counts of the container's activity without calls of callCounts: begun is
// never too small, and ended never too large.
func (m *Manager) callCounts() []int64 {
	asked := m.asked.Add(1) // all of them are in begun
	defer m.answered.Add(1) // before the end of this call is counted
	begun, ended := m.Container().Activity().Counts()
	return []int64{begun - asked, ended - m.answered.Load()}
}

// Stop closes the channel returned by Stopped. It mirrors Manager.stop. Stopping more than once is
// harmless.
func (m *Manager) Stop() {
	stopped := m.channel()
	m.stop.Do(func() { close(stopped) })
}

// Stopped returns a channel that is closed by Stop, which peers call as stop. It mirrors
// Manager.stop_received.
func (m *Manager) Stopped() <-chan struct{} { return m.channel() }

func (m *Manager) channel() chan struct{} {
	m.init.Do(func() { m.stopped = make(chan struct{}) })
	return m.stopped
}

// ManagerConfig is the configuration of [RunManager].
type ManagerConfig struct {
	// Constructors create the agents that can be spawned.
	Constructors *Constructors
	// Register registers the manager if it is not the one made by [NewManager]. It must call
	// [Container.Register] with manages, and return the Manager embedded in the registered
	// value.
	Register func(c *Container, manages RegisterOption) (*Manager, error)
	// Ready is called when the manager accepts calls. It should report the manager's address
	// to the process that started this one. It may be nil. [Container.Start] recognises
	//
	//	fmt.Println("ready", m.Addr())
	Ready func(m *Manager)
	// Detached lets the process continue after the process that started it has ended, unless
	// that was [Container.Start].
	Detached bool
	// Grace is the time for running handlers to finish at the end; see [Grace]. The default is
	// one second.
	Grace time.Duration
}

// RunManager runs a container with a [Manager] until stop is called, or until one of the events
// that end [Container.Run]; both are orderly ends, after which it returns nil. It is the main
// function of a program that is started by [Container.Start] or by Python code in the same way. It
// mirrors aiomas.subproc.start.
func RunManager(ctx context.Context, addr string, config ManagerConfig, opts ...Option) error {
	ctx, cancel := signals.Until(ctx)
	defer cancel()
	run := []RunOption{Grace(config.Grace)}
	if config.Detached {
		run = append(run, Detached())
	} else {
		orphaned := watchParent(ctx) // the parent may end while the container starts
		run = append(run, func(s *runSettings) { s.orphaned = orphaned })
	}
	var m *Manager
	register := func(c *Container) (err error) {
		m, err = config.register(c)
		return err
	}
	// Not after NewContainer, since the parent may call the manager at once.
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

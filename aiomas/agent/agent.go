package agent

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/errtext"
)

// Agent is the part of an agent that its container manages. It mirrors aiomas.agent.Agent, the
// base class, and is usually embedded, by value, in the type with the agent's methods:
//
//	type Callee struct{ agent.Agent }
//
//	func NewCallee(c *agent.Container) (*Callee, error) {
//		callee := &Callee{}
//		_, err := c.Register(callee, agent.Expose("Spam"))
//		return callee, err
//	}
//
//	// Spam can be called by other agents, as spam.
//	func (c *Callee) Spam(times int) string { return strings.Repeat("spam", times) }
//
// Its methods are safe for concurrent use. Before [Container.Register] they return zero
// values.
type Agent struct {
	self      any
	container *Container
	router    *aiomas.Router
	number    int
	class     string
	addr      Addr
}

// Container returns the agent's container.
func (a *Agent) Container() *Container { return a.container }

// ID returns the agent's ID in its container: "0", "1", … in the order of registration, unless
// it was registered with an [ID].
func (a *Agent) ID() string { return a.addr.ID }

// Self returns the value that was registered as the agent, usually the one that embeds a.
func (a *Agent) Self() any { return a.self }

// Class returns the agent's class name, which validate_aid tells peers.
func (a *Agent) Class() string { return a.class }

// Addr returns the agent's address, as accepted by [Container.Connect] and [ParseAddr]. It
// mirrors Agent.addr.
func (a *Agent) Addr() string {
	if a.container == nil {
		return ""
	}
	return a.addr.String()
}

// Router returns the router with the agent's methods. It makes an agent a service, which can
// be passed to the peers of its container. It mirrors Agent.router.
func (a *Agent) Router() *aiomas.Router { return a.router }

// String describes the agent as Python does: Callee('tcp://localhost:5555/0').
func (a *Agent) String() string {
	if a.container == nil {
		return "Agent(not registered)"
	}
	return a.class + "(" + pyRepr(a.addr.String()) + ")"
}

func (a *Agent) embedded() *Agent { return a }

// A RegisterOption is an option of [Container.Register].
type RegisterOption func(*registration)

type registration struct {
	class        string
	setup        []func(*aiomas.Router) error
	constructors *Constructors // of a manager
	turns        Turns
	id           *string // nil: the next number
}

// Expose exposes methods of the agent, given by their Go names, under their names in
// snake_case: GetName as get_name. Peers can call only these. See
// [aiomas.Router.ExposeMethods].
func Expose(methods ...string) RegisterOption {
	return Setup(func(r *aiomas.Router) error {
		r.ExposeMethods(methods...)
		return nil
	})
}

// ExposeMethod exposes one method of the agent with options, for example the names and
// defaults of its parameters. See [aiomas.Router.ExposeMethod].
func ExposeMethod(method string, opts ...aiomas.ExposeOption) RegisterOption {
	return Setup(func(r *aiomas.Router) error {
		r.ExposeMethod(method, opts...)
		return nil
	})
}

// Sub mounts a service under the agent.
func Sub(name string, service aiomas.Service) RegisterOption {
	return Setup(func(r *aiomas.Router) error { return r.Add(name, service) })
}

// Setup calls f to change the agent's router before peers can see it. Register returns the
// error of f.
func Setup(f func(r *aiomas.Router) error) RegisterOption {
	return func(r *registration) { r.setup = append(r.setup, f) }
}

// Class sets the class name in the agent's string form. The default is the name of its Go
// type.
func Class(name string) RegisterOption {
	return func(r *registration) { r.class = name }
}

// ID sets the agent's ID, in place of the next number. It must not be empty, contain a slash,
// or be the ID of another agent of the container. If id is a number, the following automatic
// IDs are larger. Agents of Python have only numbers as IDs, but can call agents with any ID.
func ID(id string) RegisterOption {
	return func(r *registration) { r.id = &id }
}

// Register makes self an agent of the container, with the next number as its ID unless there is
// an [ID] option. self may be a pointer to a type that embeds [Agent] by value, an
// [aiomas.Service], whose router is used, or any other value, which gets a router for its
// methods. Peers may call the agent before Register returns. It mirrors the constructor of
// Agent.
//
// The returned Agent is the embedded one, if any. Like the methods of [aiomas.Router], Register
// panics if a method to be exposed does not exist.
func (c *Container) Register(self any, opts ...RegisterOption) (*Agent, error) {
	if v := reflect.ValueOf(self); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, fmt.Errorf("aiomas: cannot register %T(nil) as an agent", self)
	}
	a := &Agent{}
	if e, ok := self.(interface{ embedded() *Agent }); ok {
		if a = agentWithin(e); a == nil {
			return nil, fmt.Errorf("aiomas: cannot register %T as an agent: the Agent that it embeds is nil; embed it by value", self)
		}
	} else if isCopy(self) {
		return nil, fmt.Errorf("aiomas: cannot register a copy of %T as an agent: pass a pointer", self)
	}
	if a.container != nil {
		return nil, fmt.Errorf("aiomas: already registered: %v", a)
	}
	router, err := routerOf(self, a)
	if err != nil {
		return nil, err
	}
	reg := registration{class: className(self), turns: c.set.turns}
	for _, o := range opts {
		if o != nil {
			o(&reg)
		}
	}
	for _, setup := range reg.setup {
		if err := setup(router); err != nil {
			return nil, err
		}
	}
	if reg.constructors != nil {
		if err := manage(self, router, reg.constructors); err != nil {
			return nil, err
		}
	}
	c.takeTurns(router, reg.turns)
	return a, c.add(a, self, router, reg)
}

// routerOf returns the router for the agent a: that of self if self is a Service.
func routerOf(self any, a *Agent) (*aiomas.Router, error) {
	s, ok := self.(aiomas.Service)
	if !ok {
		return aiomas.NewObjectRouter(self), nil
	}
	if r := s.Router(); r != nil {
		return r, nil
	}
	if e, ok := self.(interface{ embedded() *Agent }); ok && e.embedded() == a {
		return aiomas.NewObjectRouter(self), nil // the Router method is that of Agent
	}
	return nil, fmt.Errorf("aiomas: cannot register %T as an agent: it is a service without a router", self)
}

// agentWithin returns the Agent embedded in a value, or nil if an embedded pointer to it is
// nil.
func agentWithin(e interface{ embedded() *Agent }) (a *Agent) {
	defer func() {
		if recover() != nil {
			a = nil
		}
	}()
	return e.embedded()
}

// isCopy reports whether self embeds an Agent but is not a pointer.
func isCopy(self any) bool {
	t := reflect.TypeOf(self)
	if t.Kind() != reflect.Struct {
		return false
	}
	f, ok := t.FieldByName("Agent")
	return ok && f.Type == reflect.TypeFor[Agent]()
}

func className(self any) string {
	if r, ok := self.(*aiomas.Router); ok && r.Object() != nil {
		self = r.Object()
	}
	t := reflect.TypeOf(self)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[aiomas.Router]() || t.Name() == "" {
		return "Agent"
	}
	return t.Name()
}

// add sets the ID of a and makes a visible to peers. It mirrors Container._register.
func (c *Container) add(a *Agent, self any, router *aiomas.Router, reg registration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return aiomas.ErrClosed
	}
	id := strconv.Itoa(c.nextID)
	if reg.id == nil && c.reserved != nil {
		reg.id = c.reserved.take()
	}
	if reg.id != nil {
		id = *reg.id
		if err := c.checkID(id); err != nil {
			return err
		}
	}
	old := *a
	*a = Agent{self: self, container: c.self, router: router, number: c.registered, class: reg.class, addr: c.addr}
	a.addr.ID = id
	// The last step, since peers can call it afterwards.
	if err := c.agents.SetSubRouter(router, id); err != nil {
		*a = old
		return errtext.Errorf("aiomas: cannot register the agent: %w", err)
	}
	c.byID[id] = a
	c.present.added(id, a.class)
	c.registered++
	if n, is := number(id); is && n >= c.nextID {
		c.nextID = n + 1
	}
	return nil
}

// checkID returns an error if a chosen ID cannot be used; c.mu is held.
func (c *core) checkID(id string) error {
	switch {
	case id == "" || strings.Contains(id, "/"):
		return aiomas.ValueError.Errorf("An agent's ID must not be empty or have a slash: %s", pyRepr(id))
	case c.byID[id] != nil:
		return aiomas.ValueError.Errorf("There is an agent with the ID %s in %v", pyRepr(id), c.self)
	}
	return nil
}

// Unregister removes an agent from the container, and reports whether it was there. Calls that
// begin afterwards fail as for an agent that never existed; calls in progress continue. The ID
// is not used again automatically. Containers that know of it from an answer about several agents
// are told soon; until then, and as long as the connection lasts if they have asked about this
// agent alone, their Connect may still return a proxy of it. Python has no such method.
func (c *Container) Unregister(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID[id] == nil {
		return false
	}
	delete(c.byID, id)
	c.gone()
	return c.agents.Remove(id)
}

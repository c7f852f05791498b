package agent

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Constructors are functions that create agents for a [Manager], by name. Names have the form
// of Python's import paths, "module:object". Go cannot find a type by its name, so each
// constructor is registered. Constructors replace aiomas.obj_from_str, and are safe for
// concurrent use.
type Constructors struct {
	router *aiomas.Router

	mu      sync.Mutex
	modules map[string]bool
}

// NewConstructors returns an empty set.
func NewConstructors() *Constructors {
	return &Constructors{router: aiomas.NewRouter(), modules: make(map[string]bool)}
}

var (
	containerType = reflect.TypeFor[*Container]()
	contextType   = reflect.TypeFor[context.Context]()
	spawnedType   = reflect.TypeFor[spawned]()
)

// spawned is the result of a constructor: a pointer to a type that embeds Agent, or an *Agent.
type spawned interface {
	aiomas.Service
	embedded() *Agent
}

// Add registers construct as name, for example "trade:Trader". It is a function
//
//	func([ctx context.Context,] c *agent.Container, args…) (agent [, error])
//
// whose first two parameters may be in either order. It must register the new agent with the
// container and return it. Its further parameters receive the arguments that follow the name
// in a call of spawn. They may have any types that [aiomas.Router.Expose] allows for an exposed
// function, and can be named by [aiomas.Params].
//
// Add panics if name or construct cannot work, or if name is taken: these are programming
// errors.
func (cs *Constructors) Add(name string, construct any, opts ...aiomas.ExposeOption) {
	module, object, ok := strings.Cut(name, ":")
	if !ok || module == "" || object == "" || strings.Contains(object, ":") {
		panic(fmt.Errorf(`aiomas: constructor %q: want a name like "module:Class"`, name))
	}
	f, err := withoutContainer(reflect.ValueOf(construct))
	if err != nil {
		panic(fmt.Errorf("aiomas: constructor %q: %w", name, err))
	}
	cs.router.Expose(name, f.Interface(), opts...)
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.modules[module] = true
}

type containerKey struct{}

func withContainer(ctx context.Context, c *Container) context.Context {
	return context.WithValue(ctx, containerKey{}, c)
}

// withoutContainer returns a function that takes the container from its context.
func withoutContainer(f reflect.Value) (reflect.Value, error) {
	none := reflect.Value{}
	if f.Kind() != reflect.Func || f.IsNil() {
		return none, fmt.Errorf("not a function")
	}
	t := f.Type()
	var lead []reflect.Type // *Container, optionally with a context before or after it
	for i := 0; i < min(2, t.NumIn()) && (t.In(i) == contextType || t.In(i) == containerType); i++ {
		lead = append(lead, t.In(i))
	}
	if n := slices.Index(lead, containerType); n < 0 || len(lead) == 2 && lead[0] == lead[1] {
		return none, fmt.Errorf("it must be a func([context.Context,] *agent.Container, …), not a %v", t)
	}
	if n := t.NumOut(); n < 1 || n > 2 || !t.Out(0).Implements(spawnedType) || n == 2 && t.Out(1) != reflect.TypeFor[error]() {
		return none, fmt.Errorf("it must return an agent and optionally an error, not be a %v", t)
	}
	in := []reflect.Type{contextType}
	for i := len(lead); i < t.NumIn(); i++ {
		in = append(in, t.In(i))
	}
	out := make([]reflect.Type, t.NumOut())
	for i := range out {
		out[i] = t.Out(i)
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		ctx := args[0].Interface().(context.Context)
		var call []reflect.Value
		for _, t := range lead {
			if t == contextType {
				call = append(call, args[0])
			} else {
				call = append(call, reflect.ValueOf(ctx.Value(containerKey{})))
			}
		}
		call = append(call, args[1:]...)
		if t.IsVariadic() {
			return f.CallSlice(call)
		}
		return f.Call(call)
	}), nil
}

// New calls the constructor name for c with Go values. Each of args is assigned to its
// parameter, or converted to its type if that is lossless; the last one may be
// [aiomas.Kwargs]. Errors are those that a caller of spawn receives.
func (cs *Constructors) New(ctx context.Context, c *Container, name string, args ...any) (*Agent, error) {
	f, err := cs.find(name)
	if err != nil {
		return nil, err
	}
	var kwargs aiomas.Kwargs
	if last := len(args) - 1; last >= 0 {
		if k, ok := args[last].(aiomas.Kwargs); ok {
			args, kwargs = args[:last], k
		}
	}
	result, err := f.Invoke(withContainer(ctx, c), args, kwargs)
	return spawnedAgent(c, name, result, err)
}

// reservation is the ID for the first agent of a constructor that has no ID option.
type reservation struct {
	id    string
	taken atomic.Bool
}

// reserve returns a handle of c for the constructor of an agent that gets this ID.
func (c *Container) reserve(id string) *Container {
	return &Container{core: c.core, reserved: &reservation{id: id}}
}

// take returns the ID on the first call, and then nil.
func (r *reservation) take() *string {
	if r.taken.Swap(true) {
		return nil
	}
	return &r.id
}

// find returns the constructor name. As in Python, the error is a ValueError if the name is
// malformed, and otherwise a ModuleNotFoundError or an AttributeError.
func (cs *Constructors) find(name string) (*aiomas.Function, error) {
	module, object, ok := strings.Cut(name, ":")
	if !ok || strings.Contains(object, ":") {
		return nil, aiomas.ValueError.Errorf(`Malformed object name "%s": Expected "module:object"`, name)
	}
	f, err := cs.router.Resolve(name)
	if err != nil {
		cs.mu.Lock()
		known := cs.modules[module]
		cs.mu.Unlock()
		if !known {
			return nil, aiomas.ExceptionType("ModuleNotFoundError").Errorf("No module named %s", pyRepr(module))
		}
		return nil, aiomas.AttributeError.Errorf("module %s has no attribute %s", pyRepr(module), pyRepr(object))
	}
	return f, nil
}

// spawnedAgent returns the agent of c that a constructor has returned.
func spawnedAgent(c *Container, name string, result any, err error) (*Agent, error) {
	if err != nil {
		return nil, err
	}
	s, ok := result.(spawned)
	if !ok || reflect.ValueOf(s).IsNil() || s.embedded() == nil || s.embedded().container != c.self {
		return nil, aiomas.RuntimeError.Errorf("the constructor of %s returned no registered agent", name)
	}
	return s.embedded(), nil
}

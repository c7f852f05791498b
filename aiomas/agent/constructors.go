package agent

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Constructors are the agents that a [Manager] can start, by the names that its
// callers use: "module:object", as Python's import paths. Go cannot find a type
// by its name, so each is registered. It takes the place of
// aiomas.obj_from_str and is safe for concurrent use.
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

// spawned is what a constructor returns: a pointer to a type that embeds Agent,
// or an *Agent.
type spawned interface {
	aiomas.Service
	Addr() string
}

// Add registers construct as name, for example "trade:Trader". It is a function
//
//	func([ctx context.Context,] c *agent.Container, args…) (agent [, error])
//
// that registers the new agent with the container and returns it. What the
// caller passes after the name are its further arguments, which may be anything
// that [aiomas.Router.Expose] allows for those of an exposed function, and be
// named by [aiomas.Params].
//
// Add panics when name or construct cannot work, or name is taken: these are
// mistakes of the program.
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

// withoutContainer makes a function that takes the container from its context.
func withoutContainer(f reflect.Value) (reflect.Value, error) {
	none := reflect.Value{}
	if f.Kind() != reflect.Func || f.IsNil() {
		return none, fmt.Errorf("it is no function")
	}
	t := f.Type()
	at := 0
	if t.NumIn() > 0 && t.In(0) == contextType {
		at = 1
	}
	if t.NumIn() <= at || t.In(at) != containerType {
		return none, fmt.Errorf("it must be a func([context.Context,] *agent.Container, …), not a %v", t)
	}
	if n := t.NumOut(); n < 1 || n > 2 || !t.Out(0).Implements(spawnedType) || n == 2 && t.Out(1) != reflect.TypeFor[error]() {
		return none, fmt.Errorf("it must return an agent and perhaps an error, not as a %v", t)
	}
	in := []reflect.Type{contextType}
	for i := at + 1; i < t.NumIn(); i++ {
		in = append(in, t.In(i))
	}
	out := make([]reflect.Type, t.NumOut())
	for i := range out {
		out[i] = t.Out(i)
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		ctx := args[0].Interface().(context.Context)
		call := []reflect.Value{reflect.ValueOf(ctx.Value(containerKey{}))}
		if at == 1 {
			call = []reflect.Value{args[0], call[0]}
		}
		call = append(call, args[1:]...)
		if t.IsVariadic() {
			return f.CallSlice(call)
		}
		return f.Call(call)
	}), nil
}

// construct calls the constructor of that name. An unknown name is what it is in
// Python: a ValueError if it is malformed, a ModuleNotFoundError or an
// AttributeError.
func (cs *Constructors) construct(ctx context.Context, c *Container, name string, args []codec.Value, kwargs aiomas.RawKwargs) (spawned, error) {
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
	result, err := f.Call(context.WithValue(ctx, containerKey{}, c), args, kwargs)
	if err != nil {
		return nil, err
	}
	a, ok := result.(spawned)
	if !ok || reflect.ValueOf(a).IsNil() || a.Router() == nil {
		return nil, aiomas.RuntimeError.Errorf("the constructor of %s returned no registered agent", name)
	}
	return a, nil
}

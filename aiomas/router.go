package aiomas

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/function"
	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// Service is a value with a router. A [Router] is itself a Service; a struct that offers
// its methods has a router as a field and returns it. A service can be served, mounted
// under another one, and passed as an argument or result, which the peer receives as a
// proxy. It mirrors what Python calls an RPC service, "an object with a router attribute".
type Service interface {
	Router() *Router
}

// Router maps names to functions and sub-services. Peers can call only functions exposed on
// it by name. It mirrors aiomas.rpc.Router, together with ServiceDict (see [NewRouter]) and
// Service (see [NewObjectRouter]). It is safe for concurrent use; entries can be added and
// removed while it is served.
type Router struct {
	object any

	mu     sync.RWMutex
	name   string
	parent *Router
	funcs  map[string]*Function
	subs   map[string]*Router

	turns turnRule
	resolved
}

// treeMu serialises all changes of parents. With a lock per router, mounting two routers
// under each other at the same time would deadlock.
var treeMu sync.Mutex

// NewRouter returns an empty root router for functions, like aiomas.rpc.ServiceDict.
func NewRouter() *Router {
	return &Router{funcs: map[string]*Function{}, subs: map[string]*Router{}}
}

// NewObjectRouter returns a router for the methods of object, like a Python class with a
// Service attribute. Expose the methods that peers may call with [Router.ExposeMethods].
// Usually the router is a field of the object:
//
//	type Math struct{ router *aiomas.Router }
//
//	func NewMath() *Math {
//		m := &Math{}
//		m.router = aiomas.NewObjectRouter(m)
//		m.router.ExposeMethods("Add", "GetName") // callable as add and get_name
//		return m
//	}
//
//	func (m *Math) Router() *aiomas.Router { return m.router }
func NewObjectRouter(object any) *Router {
	r := NewRouter()
	r.object = object
	return r
}

// Router returns r, which makes it a [Service].
func (r *Router) Router() *Router { return r }

// Object returns the argument of NewObjectRouter, or nil. It mirrors Router.obj.
func (r *Router) Object() any { return r.object }

// Name returns the name under which r is mounted, or "" for a root. It mirrors Router.name.
func (r *Router) Name() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.name
}

// Parent returns the router under which r is mounted, or nil for a root. It mirrors
// Router.parent.
func (r *Router) Parent() *Router {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.parent
}

// Path returns the path from the root to r, without slashes at its ends; it is empty for a
// root. It mirrors Router.path.
func (r *Router) Path() string {
	path, _ := r.upwards()
	return path
}

// upwards returns the root above r and the path of r below it.
func (r *Router) upwards() (path string, root *Router) {
	var parts []string
	for {
		name, parent := r.place()
		if parent == nil {
			slices.Reverse(parts)
			return strings.Join(parts, "/"), r
		}
		parts = append(parts, name)
		r = parent
	}
}

// Names returns the names of the functions exposed on r and of the sub-services mounted
// under it, both sorted. SubRouter returns the routers of the latter.
func (r *Router) Names() (functions, services []string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.funcs)), slices.Sorted(maps.Keys(r.subs))
}

// SubRouter returns the router mounted under r as name, or nil.
func (r *Router) SubRouter(name string) *Router {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.subs[name]
}

func (r *Router) place() (string, *Router) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.name, r.parent
}

// Expose makes the function fn callable as name. It mirrors aiomas.expose. fn may have
//
//   - a first parameter of type context.Context, which ends with the connection;
//   - parameters of any types that the codec can decode; [*Proxy] for services of the
//     peer, any for any value, or codec.Value for a value to decode later;
//   - a variadic last parameter, like *args;
//   - a parameter of type [Kwargs], like **kwargs, last or last before the variadic one;
//     or a last parameter that is a struct of keyword arguments (see [KeywordStruct]);
//   - any number of results, several of which are encoded as a tuple; the last one may be
//     an error.
//
// Parameters can be named, so that they can be passed by keyword, and have defaults; see
// [Params] and [Defaults].
//
// fn must be safe for concurrent use, since calls run concurrently; see [WithConcurrency]
// and [Router.TakeTurns]. It may block.
//
// Expose panics if name, fn or an option cannot work, or if name is taken: these are
// programming errors.
func (r *Router) Expose(name string, fn any, opts ...ExposeOption) {
	r.expose(name, fn, opts, "")
}

func (r *Router) expose(name string, fn any, opts []ExposeOption, method string) {
	f, err := newFunction(r, name, fn, opts, method)
	if err == nil {
		err = r.addFunction(f)
	}
	if err != nil {
		panic(err)
	}
}

// ExposeMethod exposes a method of the router's object, by its Go name. Its name for peers
// is the snake_case form, get_name for GetName, or the one set with [Name]. Otherwise it is
// like Expose.
func (r *Router) ExposeMethod(method string, opts ...ExposeOption) {
	m, ok := function.MethodOf(r.object, method)
	if !ok {
		panic(fmt.Errorf("aiomas: %T has no exported method %q to expose%s", r.object, method, r.otherMethod(method)))
	}
	r.expose(snake.Case(method), m, opts, method)
}

// otherMethod returns a hint about the method that was probably meant.
func (r *Router) otherMethod(method string) string {
	t := reflect.TypeOf(r.object)
	if t == nil {
		return ": NewObjectRouter was given no object"
	}
	if t.Kind() != reflect.Pointer {
		pointer := reflect.PointerTo(t)
		if _, has := pointer.MethodByName(method); has {
			return fmt.Sprintf(": it is one of %v, give NewObjectRouter a pointer", pointer)
		}
		t = pointer
	}
	for i := range t.NumMethod() {
		if name := t.Method(i).Name; sameLetters(name, method) {
			return fmt.Sprintf(": did you mean %q?", name)
		}
	}
	return ""
}

// ExposeMethods exposes methods of the router's object; see ExposeMethod. Each method must be
// listed, so that a method added to the type later is not exposed by accident.
func (r *Router) ExposeMethods(methods ...string) {
	for _, m := range methods {
		r.ExposeMethod(m)
	}
}

// Add mounts the service under r as name. It mirrors Router.add. Its errors are those of
// SetSubRouter.
func (r *Router) Add(name string, service Service) error {
	if service == nil {
		return fmt.Errorf("aiomas: sub-service %q is nil", name)
	}
	return r.SetSubRouter(service.Router(), name)
}

// SetSubRouter mounts sub under r as name. It mirrors Router.set_sub_router. A router can be
// mounted under one parent only.
func (r *Router) SetSubRouter(sub *Router, name string) error {
	treeMu.Lock()
	defer treeMu.Unlock()
	marks := false
	defer func() {
		if marks { // after the locks of routers are released
			r.markTurns()
		}
	}()
	switch {
	case sub == nil:
		return fmt.Errorf("aiomas: %q is not a valid router", name)
	case !validName(name):
		return fmt.Errorf("aiomas: %q cannot be the name of a sub-service", name)
	case r.below(sub):
		return fmt.Errorf("aiomas: %q would be a sub-service of itself", name)
	}
	if old, parent := sub.place(); parent != nil {
		return fmt.Errorf("aiomas: %q is already the sub-service %q of another service", name, old)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken(name) {
		return fmt.Errorf("aiomas: the name %q is taken", name)
	}
	sub.mu.Lock()
	defer sub.mu.Unlock()
	sub.parent, sub.name = r, name
	r.subs[name] = sub
	marks = sub.turns.below.Load()
	return nil
}

// below reports whether r is sub or is mounted below it.
func (r *Router) below(sub *Router) bool {
	_, root := r.upwards()
	return root == sub
}

// Remove removes the function or sub-service name from r and reports whether there was one.
// Calls that begin after Remove has returned get a LookupError, as for a name that never
// existed; calls in progress continue. A removed service can no longer be passed to a peer,
// and can be mounted under a router again.
func (r *Router) Remove(name string) bool {
	treeMu.Lock() // the parents do not change
	defer treeMu.Unlock()
	if !r.take(name) {
		return false
	}
	for at := r; at != nil; {
		at.forget()
		_, at = at.place()
	}
	return true
}

// take is Remove without updating caches; treeMu is held.
func (r *Router) take(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.funcs[name] != nil {
		delete(r.funcs, name)
		return true
	}
	sub := r.subs[name]
	if sub == nil {
		return false
	}
	delete(r.subs, name)
	sub.mu.Lock()
	defer sub.mu.Unlock()
	sub.parent, sub.name = nil, ""
	return true
}

func (r *Router) addFunction(f *Function) error {
	name := f.Name()
	if !validName(name) {
		return fmt.Errorf("aiomas: %q cannot be the name of a function", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken(name) {
		return fmt.Errorf("aiomas: the name %q is taken", name)
	}
	r.funcs[name] = f
	return nil
}

func (r *Router) taken(name string) bool {
	return r.funcs[name] != nil || r.subs[name] != nil
}

func validName(name string) bool { return name != "" && !strings.Contains(name, "/") }

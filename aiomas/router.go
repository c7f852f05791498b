package aiomas

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// Service is anything with a router. A [Router] is one itself; a struct that
// offers its methods has one as a field and returns it. Services can be served,
// hung below others, and passed as arguments and results: the peer then gets a
// proxy to call back on. It mirrors what Python calls an RPC service, "an
// object with a router attribute".
type Service interface {
	Router() *Router
}

// Router maps names to functions and sub-services. Only what is exposed on it by
// name can be called by a peer. It mirrors aiomas.rpc.Router, together with
// ServiceDict (see [NewRouter]) and Service (see [NewObjectRouter]). It is safe
// for concurrent use; entries can be added and removed while it serves.
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

// treeMu orders all changes of parents: one lock, because two routers being
// hung below each other at the same time would each wait for the other.
var treeMu sync.Mutex

// NewRouter returns an empty root router, for functions: the way of
// aiomas.rpc.ServiceDict.
func NewRouter() *Router {
	return &Router{funcs: map[string]*Function{}, subs: map[string]*Router{}}
}

// NewObjectRouter returns a router for the methods of object, of which each
// that peers may call is then exposed by [Router.ExposeMethods]: the way of
// Python classes with a Service attribute. Usually it becomes a field:
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

// Object returns what the router was made for, nil for a plain one. It mirrors
// Router.obj.
func (r *Router) Object() any { return r.object }

// Name returns the name below the parent, empty for a root. It mirrors
// Router.name.
func (r *Router) Name() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.name
}

// Parent returns the router that r hangs below, nil for a root. It mirrors
// Router.parent.
func (r *Router) Parent() *Router {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.parent
}

// Path returns the path from the root to r, without slashes at its ends; empty
// for a root. It mirrors Router.path.
func (r *Router) Path() string {
	path, _ := r.upwards()
	return path
}

// upwards returns the path of r and the root that it leads from, at one time:
// what is removed meanwhile has the path that it had, or is a root itself.
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

// Names returns what is directly below r, sorted: the names of the exposed
// functions, and those of the sub-services, whose routers SubRouter returns.
func (r *Router) Names() (functions, services []string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.funcs)), slices.Sorted(maps.Keys(r.subs))
}

// SubRouter returns the router that hangs below r as name, or nil.
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

// Expose makes the function fn callable as name, and mirrors aiomas.expose. fn
// may have any of these:
//
//   - a first parameter of type context.Context: it ends with the connection;
//   - parameters of any types that the codec can decode, [*Proxy] for services
//     of the peer, any, or codec.Value to decode later;
//   - a variadic last parameter, like *args;
//   - a last parameter, or last before the variadic one, of type [Kwargs], like
//     **kwargs; or a last parameter that is a struct of keyword arguments (see
//     [KeywordStruct]);
//   - results: none, one, or several, which travel as a tuple; the last may be
//     an error.
//
// Parameters can be named, to be passed by keyword, and get defaults; see
// [Params] and [Defaults].
//
// fn must be safe for concurrent use: calls run at the same time, see
// [WithConcurrency]. It may take as long as it likes.
//
// Expose panics when name or fn or an option cannot work, or name is taken:
// these are mistakes of the program, not of a peer.
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

// ExposeMethod exposes one method of the router's object, named as in Go, under
// its name in snake_case, GetName as get_name, or as [Name] says. Otherwise it is
// like Expose.
func (r *Router) ExposeMethod(method string, opts ...ExposeOption) {
	m := reflect.Value{}
	if r.object != nil {
		m = reflect.ValueOf(r.object).MethodByName(method)
	}
	if !m.IsValid() {
		panic(fmt.Errorf("aiomas: %T has no exported method %q to expose%s", r.object, method, r.otherMethod(method)))
	}
	r.expose(snake.Case(method), m.Interface(), opts, method)
}

// otherMethod says what may be meant by a method that the object does not have.
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

// ExposeMethods exposes methods of the router's object; see ExposeMethod. Each
// method is listed: a method added to the type later is not exposed by chance.
func (r *Router) ExposeMethods(methods ...string) {
	for _, m := range methods {
		r.ExposeMethod(m)
	}
}

// Add hangs the service below r as name. It mirrors Router.add; its errors are
// those of SetSubRouter.
func (r *Router) Add(name string, service Service) error {
	if service == nil {
		return fmt.Errorf("aiomas: sub-service %q is nil", name)
	}
	return r.SetSubRouter(service.Router(), name)
}

// SetSubRouter hangs sub below r as name. It mirrors Router.set_sub_router. A
// router hangs below one parent at most.
func (r *Router) SetSubRouter(sub *Router, name string) error {
	treeMu.Lock()
	defer treeMu.Unlock()
	marks := false
	defer func() {
		if marks { // not before the locks of routers are released
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

// below tells whether r is sub or hangs below it.
func (r *Router) below(sub *Router) bool {
	_, root := r.upwards()
	return root == sub
}

// Remove takes the function or sub-service name from r and tells whether there was
// one. It is gone for all calls that begin after Remove has returned, which get a
// LookupError as for a name that never was; those that run go on. A service can no
// longer be sent then, and be hung below a router again.
func (r *Router) Remove(name string) bool {
	treeMu.Lock() // the routers above stay the same
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

// take is Remove but for what was resolved before; treeMu is held.
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

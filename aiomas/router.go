package aiomas

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

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
// for concurrent use; entries can be added while it serves, not removed.
type Router struct {
	object any

	mu     sync.RWMutex
	name   string
	parent *Router
	funcs  map[string]*Function
	subs   map[string]*Router

	// Resolved paths. Nothing is ever removed from a router, so they stay true;
	// only successes are kept, so a peer cannot fill them.
	routes  atomic.Pointer[routes]
	cacheMu sync.RWMutex         // of those who add to routes, and of
	cache   map[string]*Function // the paths that are too long for them
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
	var parts []string
	for p := r; p != nil; {
		name, parent := p.place()
		if parent != nil {
			parts = append(parts, name)
		}
		p = parent
	}
	slices.Reverse(parts)
	return strings.Join(parts, "/")
}

func (r *Router) place() (string, *Router) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.name, r.parent
}

func (r *Router) root() *Router {
	for {
		_, parent := r.place()
		if parent == nil {
			return r
		}
		r = parent
	}
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
	r.expose(name, fn, opts, false)
}

func (r *Router) expose(name string, fn any, opts []ExposeOption, method bool) {
	f, err := newFunction(name, fn, opts)
	if err == nil {
		f.method = method
		err = r.addFunction(f)
	}
	if err != nil {
		panic(err)
	}
}

// ExposeMethod exposes one method of the router's object, named as in Go, under
// its name in snake_case: GetName as get_name. Otherwise it is like Expose.
func (r *Router) ExposeMethod(method string, opts ...ExposeOption) {
	m := reflect.Value{}
	if r.object != nil {
		m = reflect.ValueOf(r.object).MethodByName(method)
	}
	if !m.IsValid() {
		panic(fmt.Errorf("aiomas: %T has no exported method %q to expose", r.object, method))
	}
	r.expose(snake.Case(method), m.Interface(), opts, true)
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
	switch {
	case sub == nil:
		return fmt.Errorf("aiomas: %q is not a valid router", name)
	case !validName(name):
		return fmt.Errorf("aiomas: %q cannot be the name of a sub-service", name)
	case r.root() == sub:
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
	return nil
}

func (r *Router) addFunction(f *Function) error {
	if !validName(f.name) {
		return fmt.Errorf("aiomas: %q cannot be the name of a function", f.name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken(f.name) {
		return fmt.Errorf("aiomas: the name %q is taken", f.name)
	}
	r.funcs[f.name] = f
	return nil
}

func (r *Router) taken(name string) bool {
	return r.funcs[name] != nil || r.subs[name] != nil
}

func validName(name string) bool { return name != "" && !strings.Contains(name, "/") }

// Resolve returns the function at path, "a/b/function" without slashes at the
// ends. The error is an *[Exception] of type LookupError in Python's words:
// nothing of that name, or not exposed. It mirrors Router.resolve.
func (r *Router) Resolve(path string) (*Function, error) {
	return r.walk(path, false)
}

// resolve takes the path as it lies in the message: one that was resolved before
// costs no string.
func (r *Router) resolve(raw []byte, hide bool) (*Function, error) {
	if f := r.known(raw); f != nil {
		return f, nil
	}
	path := string(raw)
	f, err := r.walk(path, hide)
	if err == nil {
		r.keep(path, f)
	}
	return f, err
}

// known returns what was kept for path, or nil.
func (r *Router) known(path []byte) *Function {
	if len(path) <= maxRoute {
		return r.routes.Load().find(path)
	}
	r.cacheMu.RLock()
	defer r.cacheMu.RUnlock()
	return r.cache[string(path)]
}

func (r *Router) keep(path string, f *Function) {
	r.cacheMu.Lock()
	defer r.cacheMu.Unlock()
	if len(path) > maxRoute {
		if r.cache == nil {
			r.cache = make(map[string]*Function)
		}
		r.cache[path] = f
		return
	}
	t := r.routes.Load()
	if t.find([]byte(path)) == nil { // nobody was quicker
		r.routes.Store(t.add(path, f))
	}
}

// walk follows path. With hide, what is not exposed is not there.
func (r *Router) walk(path string, hide bool) (*Function, error) {
	at, rest, depth := r, path, 0
	for {
		name, tail, more := strings.Cut(rest, "/")
		at.mu.RLock()
		f, sub := at.funcs[name], at.subs[name]
		at.mu.RUnlock()
		switch {
		case f == nil && sub == nil && !hide && at.hasUnexposed(name):
			return nil, LookupError.Errorf(`"%s.%s" is not exposed`, at.className(), name)
		case f == nil && sub == nil, f != nil && more:
			// Below a function there is nothing; Python says so of the next name.
			if f != nil {
				depth += len(name) + 1
				name, _, _ = strings.Cut(tail, "/")
			}
			return nil, LookupError.Errorf(`Name "%s" not found in "%s"`, shorten(name), shorten(strings.TrimSuffix(path[:depth], "/")))
		case !more && f != nil:
			return f, nil
		case !more:
			return nil, TypeError.Errorf("'%s' object is not callable", sub.shortName())
		}
		at, rest = sub, tail
		depth += len(name) + 1
	}
}

// hasUnexposed tells that the object has a method of that name which is not
// exposed.
func (r *Router) hasUnexposed(name string) bool {
	if r.object == nil {
		return false
	}
	t := reflect.TypeOf(r.object)
	for i := range t.NumMethod() {
		if snake.Case(t.Method(i).Name) == name {
			return true
		}
	}
	return false
}

// className is "package.Type", as Python has "module.Class".
func (r *Router) className() string {
	return strings.TrimPrefix(fmt.Sprintf("%T", r.object), "*")
}

func (r *Router) shortName() string {
	if r.object == nil {
		return "ServiceDict"
	}
	c := r.className()
	return c[strings.LastIndexByte(c, '.')+1:]
}

package aiomas

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/internal/excerpt"
	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// resolved are the paths that a router has found functions at. Only successes are
// kept, so a peer cannot fill them. A removal below the router forgets all.
type resolved struct {
	routes   atomic.Pointer[routes]
	mu       sync.RWMutex         // of those who change routes, and of
	long     map[string]*Function // the paths that are too long for them
	removals atomic.Uint64
}

// known returns what was kept for path, or nil.
func (r *resolved) known(path []byte) *Function {
	if len(path) <= maxRoute {
		return r.routes.Load().find(path)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.long[string(path)]
}

// keep remembers what was found at path by a search that began after so many
// removals, unless it could have been removed since.
func (r *resolved) keep(path string, f *Function, removals uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.removals.Load() != removals {
		return
	}
	if len(path) > maxRoute {
		if r.long == nil {
			r.long = make(map[string]*Function)
		}
		r.long[path] = f
		return
	}
	t := r.routes.Load()
	if t.find([]byte(path)) == nil { // nobody was quicker
		r.routes.Store(t.add(path, f))
	}
}

// forget drops what was kept, after something was removed.
func (r *resolved) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.removals.Add(1)
	r.routes.Store(nil)
	r.long = nil
}

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
	path, removals := string(raw), r.removals.Load()
	f, err := r.walk(path, hide)
	if err == nil {
		r.keep(path, f, removals)
	}
	return f, err
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
			ex := LookupError.Errorf(`Name "%s" not found in "%s"`, shorten(name), shorten(strings.TrimSuffix(path[:depth], "/")))
			if like := at.like(name); like != "" {
				ex.Err = &hint{fmt.Sprintf("did you mean %q?", like)}
			}
			return nil, ex
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
// exposed, by any name.
func (r *Router) hasUnexposed(name string) bool {
	if r.object == nil {
		return false
	}
	t := reflect.TypeOf(r.object)
	for i := range t.NumMethod() {
		if method := t.Method(i).Name; snake.Case(method) == name && !r.exposes(method) {
			return true
		}
	}
	return false
}

// like returns the name below r that differs from name in case and underscores
// only, or "". It does not look far: any peer can ask.
func (r *Router) like(name string) string {
	const most = 1000
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.funcs)+len(r.subs) > most || len(name) > maxEcho {
		return ""
	}
	for other := range r.funcs {
		if sameLetters(other, name) {
			return other
		}
	}
	for other := range r.subs {
		if sameLetters(other, name) {
			return other
		}
	}
	return ""
}

// maxEcho bounds how much of a path that a peer sent is repeated in messages.
const maxEcho = 256

func shorten(s string) string { return excerpt.Of(s, maxEcho) }

func sameLetters(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", ""), strings.ReplaceAll(b, "_", ""))
}

func (r *Router) exposes(method string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, f := range r.funcs {
		if f.fn.Method() == method {
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

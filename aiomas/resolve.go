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

// resolved caches the functions that were found at paths. It keeps only successes, so
// that a peer cannot fill it, and is emptied when anything below the router is removed.
type resolved struct {
	routes   atomic.Pointer[routes]
	mu       sync.RWMutex         // guards changes of routes, and
	long     map[string]*Function // paths longer than maxRoute
	removals atomic.Uint64
}

// known returns the cached function at path, or nil.
func (r *resolved) known(path []byte) *Function {
	if len(path) <= maxRoute {
		return r.routes.Load().find(path)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.long[string(path)]
}

// keep caches the function f at path. removals is the number of removals when the search
// began: if there were others since, f may have been removed, and is not cached.
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
	if t.find([]byte(path)) == nil { // not added by another goroutine
		r.routes.Store(t.add(path, f))
	}
}

// forget empties the cache after a removal.
func (r *resolved) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.removals.Add(1)
	r.routes.Store(nil)
	r.long = nil
}

// Resolve returns the function at path, which has the form "a/b/function" without slashes
// at its ends. The error is an *[Exception] of type LookupError with Python's text: there is
// no such name, or it is not exposed. It mirrors Router.resolve.
func (r *Router) Resolve(path string) (*Function, error) {
	return r.walk(path, false)
}

// resolve takes the path as bytes of the message. For a cached path it does not allocate.
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

// walk follows path. With hide, names that are not exposed count as missing.
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
			// A function has no names below it; Python's error is about the next name.
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

// hasUnexposed reports whether the object has a method of this name that is not exposed.
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

// like returns a name of r that differs from name only in case and underscores, or "". Its
// cost is bounded, because any peer can cause it.
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

// maxEcho bounds how much of a received path is repeated in messages.
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

// className returns "package.Type", like Python's "module.Class".
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

package aiomas

import (
	"hash/maphash"
	"sync/atomic"
)

// maxRoute is the length of the longest path that routes take. It makes a route
// 64 bytes on 64 bits.
const maxRoute = 31

// route is a function with the path that it is called by, all in one cache line:
// the lookup compares the path, and the call then needs the function.
type route struct {
	Function
	size uint8
	path [maxRoute]byte
}

// routes find functions by paths as they lie in messages: a hash table with
// linear probing. Where thousands of functions are
// called in no order, memory is what a call waits for: a map takes it four cache
// lines for each, which are two here, and the slots are few enough to stay near.
//
// One goroutine adds at a time, others look up meanwhile.
type routes struct {
	// A slot is 0, or 1 + the index of a route in its lower bits, as many as a
	// place takes, and bits of the hash in the upper ones.
	slots []atomic.Uint32
	list  []route // has its final length; what no slot refers to is not filled yet
	used  int
}

// Paths are a peer's, who must not know which of them collide.
var routeSeed = maphash.MakeSeed()

func newRoutes(size int) *routes { // a power of 2, from 8 on
	return &routes{slots: make([]atomic.Uint32, size), list: make([]route, size-size/8)}
}

// find returns the function at path, or nil. t may be nil.
func (t *routes) find(path []byte) *Function {
	if t == nil || len(path) > maxRoute {
		return nil
	}
	h := maphash.Bytes(routeSeed, path)
	mask := uint32(len(t.slots) - 1) //nolint:gosec // fewer slots than fill the memory
	tag := uint32(h>>32) &^ mask
	for place := uint32(h); ; place++ { //nolint:gosec // its lower bits are wanted
		s := t.slots[place&mask].Load()
		if s == 0 {
			return nil
		}
		if s&^mask != tag {
			continue
		}
		if r := &t.list[s&mask-1]; string(r.path[:r.size]) == string(path) {
			return &r.Function
		}
	}
}

// add adds what find did not find, to t if there is room, and returns the routes
// to use from now on. t may be nil.
func (t *routes) add(path string, f *Function) *routes {
	switch {
	case t == nil:
		t = newRoutes(8)
	case t.used == len(t.list):
		larger := newRoutes(2 * len(t.slots))
		for i := range t.list {
			r := &t.list[i]
			larger.insert(string(r.path[:r.size]), &r.Function)
		}
		t = larger
	}
	t.insert(path, f)
	return t
}

func (t *routes) insert(path string, f *Function) {
	r := &t.list[t.used]
	r.Function, r.size = *f, uint8(copy(r.path[:], path)) //nolint:gosec // at most maxRoute
	t.used++
	h := maphash.String(routeSeed, path)
	mask := uint32(len(t.slots) - 1) //nolint:gosec // as in find
	place := uint32(h)               //nolint:gosec // as in find
	for t.slots[place&mask].Load() != 0 {
		place++
	}
	t.slots[place&mask].Store(uint32(h>>32)&^mask | uint32(t.used)) //nolint:gosec // fewer than slots
}

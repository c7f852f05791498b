package aiomas

import (
	"hash/maphash"
	"sync/atomic"
)

// maxRoute is the length of the longest path in routes. With it, a route has 64 bytes on
// 64-bit systems.
const maxRoute = 31

// route is a function with its path in one cache line: a lookup compares the path, and the
// call then uses the function.
type route struct {
	Function
	size uint8
	path [maxRoute]byte
}

// routes is a hash table from paths to functions, with linear probing. If thousands of
// functions are called in random order, most of the time of a lookup is cache misses: four
// with a map, two with this table, whose slots are small enough to stay cached.
//
// One goroutine may add while others look up.
type routes struct {
	// A slot is 0 if unused. Otherwise its lower bits, as many as index slots, are 1 + the
	// index of a route, and its upper bits are bits of the hash.
	slots []atomic.Uint32
	list  []route // of fixed length; only routes referred to by slots are set
	used  int
}

// The seed is random, so that a peer cannot choose paths that collide.
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

// add adds a path that find did not find, to t or, if t is full, to a larger copy, and returns
// that. t may be nil.
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

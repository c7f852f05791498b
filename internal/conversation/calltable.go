package conversation

import "iter"

// pendingCalls are the calls that wait for replies, by id. The zero value is empty.
//
// For a single call it does not use the map: with a call at a time on each of a thousand
// connections, a map means three more cache misses per call.
type pendingCalls struct {
	one  *call           // any one of them; nil: all are in more
	id   int64           // of one, so that a lookup need not access it
	more map[int64]*call // nil until needed
}

func (p *pendingCalls) len() int {
	if p.one != nil {
		return 1 + len(p.more)
	}
	return len(p.more)
}

// get returns the call with this id, or nil.
func (p *pendingCalls) get(id int64) *call {
	if p.one != nil && p.id == id {
		return p.one
	}
	return p.more[id]
}

func (p *pendingCalls) add(cl *call) {
	cl.owner.Move(callFree, callPending, "a call is registered once")
	if p.one == nil {
		p.one, p.id = cl, cl.id
		return
	}
	if p.more == nil {
		p.more = make(map[int64]*call)
	}
	p.more[cl.id] = cl
}

// remove makes the caller the owner of cl. The caller has locked the mutex that guards p.
func (p *pendingCalls) remove(cl *call) {
	cl.owner.Move(callPending, callRemoved, "a call is removed once")
	if p.one == cl {
		p.one = nil
		return
	}
	delete(p.more, cl.id)
}

// all ranges over the calls, which may be removed during the iteration.
func (p *pendingCalls) all() iter.Seq[*call] {
	return func(yield func(*call) bool) {
		if p.one != nil && !yield(p.one) {
			return
		}
		for _, cl := range p.more {
			if !yield(cl) {
				return
			}
		}
	}
}

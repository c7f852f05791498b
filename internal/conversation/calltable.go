package conversation

import "iter"

// pendingCalls are the calls that wait for their replies, by their ids. The zero
// value holds none.
//
// One of them needs no map: where each of a thousand connections has one call at
// a time, a map is three cache lines, and each line that is used waits for memory.
type pendingCalls struct {
	one  *call           // any of them; nil: all are in more
	id   int64           // of one, which others need not look into then
	more map[int64]*call // nil until needed
}

func (p *pendingCalls) len() int {
	if p.one != nil {
		return 1 + len(p.more)
	}
	return len(p.more)
}

// get returns the call of that id, or nil.
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

// remove makes the caller, who holds the lock that guards p, the owner of cl.
func (p *pendingCalls) remove(cl *call) {
	cl.owner.Move(callPending, callRemoved, "a call is removed once")
	if p.one == cl {
		p.one = nil
		return
	}
	delete(p.more, cl.id)
}

// all ranges over the calls, each of which may be removed meanwhile.
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

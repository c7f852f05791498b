package conversation

import "iter"

// pendingCalls are the calls that wait for replies, by id. The zero value is empty.
//
// For a single call it does not use the table: with a call at a time on each of a thousand
// connections, a table means more cache misses per call.
type pendingCalls struct {
	one  *call      // any one of them; nil: all are in more
	id   int64      // of one, so that a lookup need not access it
	more *callTable // nil until needed
}

// callTable is a map from ids to calls. Ids are consecutive, and most calls end in about the order in
// which they began, so nearly each has a slot of its own, found by the lowest bits of its id. With a
// thousand calls in flight, the three operations of a Go map for each call were a twentieth of the
// client's CPU time.
type callTable struct {
	slots []*call         // its length is a power of two
	n     int             // number of calls, also those of late
	late  map[int64]*call // calls whose slots later calls needed; nil until needed
}

// leastSlots is the initial number of slots.
const leastSlots = 16

// slot returns the place of the call with this id, if it is not in late.
func (t *callTable) slot(id int64) **call { return &t.slots[id&int64(len(t.slots)-1)] }

func (t *callTable) get(id int64) *call {
	if cl := *t.slot(id); cl != nil && cl.id == id {
		return cl
	}
	return t.late[id]
}

func (t *callTable) add(cl *call) {
	if t.n >= len(t.slots)/2 {
		t.grow()
	}
	t.n++
	t.put(cl)
}

// put puts cl into its slot, and the call that has the slot, if any, into late.
func (t *callTable) put(cl *call) {
	at := t.slot(cl.id)
	if old := *at; old != nil {
		if t.late == nil {
			t.late = make(map[int64]*call)
		}
		t.late[old.id] = old
	}
	*at = cl
}

func (t *callTable) grow() {
	old := t.slots
	t.slots = make([]*call, max(2*len(old), leastSlots))
	for _, cl := range old {
		if cl != nil {
			t.put(cl)
		}
	}
}

func (t *callTable) remove(cl *call) {
	t.n--
	if at := t.slot(cl.id); *at == cl {
		*at = nil
		return
	}
	delete(t.late, cl.id)
}

func (p *pendingCalls) len() (n int) {
	if p.one != nil {
		n = 1
	}
	if p.more != nil {
		n += p.more.n
	}
	return n
}

// get returns the call with this id, or nil.
func (p *pendingCalls) get(id int64) *call {
	if p.one != nil && p.id == id {
		return p.one
	}
	if p.more == nil {
		return nil
	}
	return p.more.get(id)
}

func (p *pendingCalls) add(cl *call) {
	cl.owner.Move(callFree, callPending, "a call is registered once")
	if p.one == nil {
		p.one, p.id = cl, cl.id
		return
	}
	if p.more == nil {
		p.more = new(callTable)
	}
	p.more.add(cl)
}

// remove makes the caller the owner of cl. The caller has locked the mutex that guards p.
func (p *pendingCalls) remove(cl *call) {
	cl.owner.Move(callPending, callRemoved, "a call is removed once")
	if p.one == cl {
		p.one = nil
		return
	}
	p.more.remove(cl)
}

// all ranges over the calls, which may be removed during the iteration.
func (p *pendingCalls) all() iter.Seq[*call] {
	return func(yield func(*call) bool) {
		if p.one != nil && !yield(p.one) || p.more == nil {
			return
		}
		for _, cl := range p.more.slots {
			if cl != nil && !yield(cl) {
				return
			}
		}
		for _, cl := range p.more.late {
			if !yield(cl) {
				return
			}
		}
	}
}

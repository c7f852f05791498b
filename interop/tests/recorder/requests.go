package recorder

import "time"

// requests are those of one side of a connection. What was answered is forgotten
// but for its id: a connection may live long.
type requests struct {
	open  map[int64]*request
	below int64              // all ids from 0 up to this one were used
	above map[int64]struct{} // and these
}

type request struct {
	at     time.Time
	unpaid int // replies that are owed
}

func newRequests() requests {
	return requests{open: map[int64]*request{}, above: map[int64]struct{}{}}
}

// used tells whether a request had that id.
func (r *requests) used(id int64) bool {
	_, ok := r.above[id]
	return ok || id >= 0 && id < r.below
}

// ask takes a request.
func (r *requests) ask(id int64) {
	q := r.open[id]
	if q == nil {
		q = &request{at: time.Now()}
		r.open[id] = q
	}
	q.unpaid++ // an id twice is for two replies
	if r.used(id) {
		return
	}
	r.above[id] = struct{}{}
	for {
		if _, ok := r.above[r.below]; !ok {
			return
		}
		delete(r.above, r.below)
		r.below++
	}
}

// answer takes a reply, and returns the request that it is for, nil if there is none.
func (r *requests) answer(id int64) *request {
	q := r.open[id]
	if q == nil {
		return nil
	}
	if q.unpaid--; q.unpaid == 0 {
		delete(r.open, id)
	}
	return q
}

package conversation

// requestQueue holds requests in the order of their arrival. The zero value is
// empty. Its memory is used again, since most requests pass through it.
type requestQueue struct {
	list  []*Request
	head  int         // of what is left of list
	first [1]*Request // where list is while one after the other comes
}

// keptQueue is how much an empty queue holds on to.
const keptQueue = 64

func (q *requestQueue) len() int { return len(q.list) - q.head }

func (q *requestQueue) push(r *Request) {
	if q.head > 0 && len(q.list) == cap(q.list) {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	if q.list == nil {
		q.list = q.first[:0]
	}
	q.list = append(q.list, r)
}

// pop returns the oldest request; there must be one.
func (q *requestQueue) pop() *Request {
	r := q.list[q.head]
	q.list[q.head] = nil
	if q.head++; q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
		if cap(q.list) > keptQueue {
			q.list = nil
		}
	}
	return r
}

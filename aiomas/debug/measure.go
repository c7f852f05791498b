package debug

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// side has the operations of one direction: calls or requests. The zero value is ready to
// use.
type side struct {
	shards [16]shard // to avoid contention between cores
	turn   atomic.Uint32
	all    histogram
	paths  sync.Map // of string: *path
	adding sync.Mutex
	count  int  // number of paths; guarded by adding
	other  path // all further paths
}

// maxPaths is the most paths that are counted separately. The number of paths is not
// bounded otherwise, since peers choose the paths of the proxies that they pass.
const maxPaths = 500

// shard has some of the operations in progress.
type shard struct {
	mu    sync.Mutex
	first *operation
	n     int
}

// operation is a call or request in progress.
type operation struct {
	path   string
	client *aiomas.Client
	began  time.Time
	of     *shard
	before *operation
	after  *operation
}

// path has the counters of one path.
type path struct {
	errors atomic.Int64
	took   histogram
}

func (s *side) begin(client *aiomas.Client, path string) *operation {
	o := &operation{path: path, client: client, began: time.Now(), of: &s.shards[s.turn.Add(1)%uint32(len(s.shards))]}
	o.of.mu.Lock()
	defer o.of.mu.Unlock()
	if o.after = o.of.first; o.after != nil {
		o.after.before = o
	}
	o.of.first = o
	o.of.n++
	return o
}

func (s *side) end(o *operation, failed bool) time.Duration {
	took := time.Since(o.began)
	o.of.remove(o)
	s.all.add(took)
	p := s.path(o.path)
	p.took.add(took)
	if failed {
		p.errors.Add(1)
	}
	return took
}

func (h *shard) remove(o *operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n--
	if o.before != nil {
		o.before.after = o.after
	} else {
		h.first = o.after
	}
	if o.after != nil {
		o.after.before = o.before
	}
}

// path returns the counters of a path.
func (s *side) path(name string) *path {
	if p, ok := s.paths.Load(name); ok {
		return p.(*path)
	}
	s.adding.Lock()
	defer s.adding.Unlock()
	if p, ok := s.paths.Load(name); ok {
		return p.(*path)
	}
	if name == "" || s.count == maxPaths {
		return &s.other
	}
	p := new(path)
	s.paths.Store(name, p)
	s.count++
	return p
}

// flight is an operation in progress, as shown on the page.
type flight struct {
	Path string `json:"path"`
	Peer string `json:"peer"`
	Age  int64  `json:"age"` // microseconds
}

// inFlight returns the oldest operations, at most n, and the number of all operations in
// progress.
func (s *side) inFlight(now time.Time, n int) (oldest []flight, total int) {
	type op struct {
		path   string
		client *aiomas.Client
		began  time.Time
	}
	var all []op
	for i := range s.shards {
		h := &s.shards[i]
		h.mu.Lock()
		total += h.n
		for o := h.first; o != nil; o = o.after {
			all = append(all, op{o.path, o.client, o.began})
		}
		h.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b op) int { return a.began.Compare(b.began) })
	oldest = []flight{}
	for _, o := range all[:min(n, len(all))] {
		oldest = append(oldest, flight{cmp.Or(o.path, otherPaths), peerOf(o.client), now.Sub(o.began).Microseconds()})
	}
	return oldest, total
}

// otherPaths stands for the paths that are not counted separately.
const otherPaths = "(others)"

// pathRow is a path as shown on the page; times are in microseconds.
type pathRow struct {
	Path   string `json:"path"`
	Calls  int64  `json:"calls"`
	Errors int64  `json:"errors"`
	Mean   int64  `json:"mean"`
	P50    int64  `json:"p50"`
	P99    int64  `json:"p99"`
	Max    int64  `json:"max"`
	total  time.Duration
}

// rows returns the paths, those with the most total time first.
func (s *side) rows() []pathRow {
	rows := []pathRow{}
	add := func(name string, p *path) {
		if t := p.took.read(); t.count > 0 {
			rows = append(rows, pathRow{
				Path: name, Calls: t.count, Errors: p.errors.Load(), Mean: (t.total / time.Duration(t.count)).Microseconds(),
				P50: t.quantile(0.50).Microseconds(), P99: t.quantile(0.99).Microseconds(), Max: t.most.Microseconds(), total: t.total,
			})
		}
	}
	s.paths.Range(func(name, p any) bool { add(name.(string), p.(*path)); return true })
	add(otherPaths, &s.other)
	slices.SortFunc(rows, func(a, b pathRow) int { return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.Path, b.Path)) })
	return rows
}

// histogram counts durations in buckets whose bounds double. The zero value is ready to
// use.
type histogram struct {
	buckets [bounds + 1]atomic.Int64
	total   atomic.Int64
	most    atomic.Int64
}

const (
	leastBound = time.Microsecond // of the first bucket
	bounds     = 27               // number of bounds, each twice the previous one; the last is 67 s
)

func bound(i int) time.Duration { return leastBound << i }

func (h *histogram) add(d time.Duration) {
	i := bits.Len64(uint64(max(d-1, 0) / leastBound)) // the first bound that is not less than d
	h.buckets[min(i, bounds)].Add(1)
	h.total.Add(int64(d))
	for most := h.most.Load(); int64(d) > most && !h.most.CompareAndSwap(most, int64(d)); most = h.most.Load() {
	}
}

// times is a snapshot of a histogram.
type times struct {
	buckets     [bounds + 1]int64
	count       int64
	total, most time.Duration
}

func (h *histogram) read() times {
	t := times{total: time.Duration(h.total.Load()), most: time.Duration(h.most.Load())}
	for i := range h.buckets {
		t.buckets[i] = h.buckets[i].Load()
		t.count += t.buckets[i]
	}
	return t
}

// quantile estimates a quantile by linear interpolation in its bucket.
func (t *times) quantile(q float64) time.Duration {
	rank := q * float64(t.count)
	for i, n := range t.buckets {
		if float64(n) < rank {
			rank -= float64(n)
			continue
		}
		from, to := time.Duration(0), t.most
		if i > 0 {
			from = bound(i - 1)
		}
		if i < bounds {
			to = min(to, bound(i))
		}
		return from + time.Duration(float64(to-from)*rank/float64(max(n, 1)))
	}
	return t.most
}

package reliability

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// outcomes counts how calls ended: "ok", "wrong" (another result), "remote" (the
// peer raised), "refused" (it is shutting down), "lost" (the connection ended),
// "timeout", "unfit" (what came could not be read), "given up" (the caller cancelled
// it), or "else", which nothing may.
type outcomes struct {
	counts map[string]int
	notes  []string
}

func (o *outcomes) add(outcome string, note any) {
	if o.counts == nil {
		o.counts = map[string]int{}
	}
	o.counts[outcome]++
	if note != nil && len(o.notes) < 20 {
		o.notes = append(o.notes, fmt.Sprintf("%s: %.300v", outcome, note))
	}
}

// only tells whether all calls ended in one of these ways.
func (o *outcomes) only(allowed ...string) bool {
	n := 0
	for _, a := range allowed {
		n += o.counts[a]
	}
	for _, c := range o.counts {
		n -= c
	}
	return n == 0
}

// wrongResult is the error of a call that has another result than it should.
type wrongResult string

func (w wrongResult) Error() string { return string(w) }

// outcome names the typed error.
func outcome(err error) string {
	var remote *aiomas.RemoteError
	var unfit *aiomas.DecodeError
	var lost *aiomas.ConnectionError
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, aiomas.ErrShuttingDown):
		return "refused"
	case errors.As(err, &remote):
		return "remote"
	case errors.As(err, &lost):
		return "lost"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "given up"
	case errors.As(err, new(wrongResult)):
		return "wrong"
	case errors.As(err, &unfit):
		return "unfit"
	}
	return "else"
}

// planned is a call and its result.
type planned struct {
	path string
	args []any
	want any
}

var (
	nested = map[string]any{"a": []any{int64(1), 2.5, nil, true}, "ü": strings.Repeat("é☃😀", 20)}
	text   = strings.Repeat("x", 70_000)
)

// mixture is the same as in interop/python/faulty_client.py.
func mixture(me aiomas.Service) []planned {
	var calls []planned
	for i := range 4 {
		calls = append(calls, planned{"add", []any{i, i + 1}, int64(2*i + 1)})
	}
	return append(calls,
		planned{"identity", []any{nested}, nested},
		planned{"identity", []any{text}, text},
		planned{"add", []any{"a", aiomas.Kwargs{"b": "b"}}, "ab"},
		planned{"call_back", []any{me, 5}, []any{int64(0), int64(2), int64(4), int64(6), int64(8)}},
		planned{"sleep", []any{0.005, "late"}, "late"},
		planned{"payload", []any{30_000}, text[:30_000]},
	)
}

// run makes the calls of the mixture all at once and waits until all have ended.
func run(c *aiomas.Client, me aiomas.Service, timeout time.Duration, o *outcomes) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, p := range mixture(me) {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), timeout)
			defer cancel()
			got, err := aiomas.Call[any](ctx, c.Remote(p.path), p.args...)
			mu.Lock()
			defer mu.Unlock()
			how := outcome(err)
			switch {
			case err != nil:
				o.add(how, err)
			case !cmp.Equal(got, p.want):
				o.add("wrong", fmt.Sprintf("%s returned %.80v", p.path, got))
			default:
				o.add(how, nil)
			}
		})
	}
	wg.Wait()
}

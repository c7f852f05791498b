package aiomas_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

type Range struct{ From, To int }

type rangeQuery struct {
	*Range
	Name string
}

// A keyword struct may embed another one by a pointer, which is made when one of
// its fields is passed.
func TestKeywordStructEmbedsAPointer(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("f", func(q rangeQuery) []any {
		if q.Range == nil {
			return []any{q.Name}
		}
		return []any{q.Name, q.From, q.To}
	}, aiomas.KeywordStruct())
	c, raw := newRawClient(t, r)
	defer c.Close() //nolint:errcheck // its peer is gone
	raw.send(`[0, 0, ["f", [], {"from": 1, "name": "a", "to": 2}]]`)
	raw.expect(`[1, 0, ["a", 1, 2]]`)
	raw.send(`[0, 1, ["f", [], {"name": "b"}]]`)
	raw.expect(`[1, 1, ["b"]]`)
	_ = raw.conn.Close()
}

// Defaults behind an embedded pointer are not written to.
func TestKeywordStructPointerDefaults(t *testing.T) {
	shared := Range{1, 2}
	r := aiomas.NewRouter()
	r.Expose("f", func(q rangeQuery) []int { return []int{q.From, q.To} }, aiomas.KeywordStruct(rangeQuery{Range: &shared}))
	_, raw := newRawClient(t, r)
	raw.send(`[0, 0, ["f", [], {"from": 7}]]`)
	raw.expect(`[1, 0, [7, 2]]`)
	raw.send(`[0, 1, ["f", [], {}]]`)
	raw.expect(`[1, 1, [1, 2]]`)
	if shared != (Range{1, 2}) {
		t.Errorf("the defaults have become %v", shared)
	}
}

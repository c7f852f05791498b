package conversation

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// Pending calls are a map from ids to calls.
func TestPendingCallsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pendingCalls
		want := map[int64]*call{}
		for id := range rapid.Int64Range(0, 100).Draw(t, "calls") {
			cl := &call{id: id}
			p.add(cl)
			want[id] = cl
			for _, gone := range rapid.SliceOfN(rapid.Int64Range(0, id), 0, 3).Draw(t, "gone") {
				if cl := want[gone]; cl != nil {
					p.remove(cl)
					delete(want, gone)
				}
			}
			if p.len() != len(want) {
				t.Fatalf("%d calls instead of %d", p.len(), len(want))
			}
			for id := range id + 2 {
				if p.get(id) != want[id] {
					t.Fatalf("call %d is %v instead of %v", id, p.get(id), want[id])
				}
			}
		}
		got := map[int64]*call{}
		for cl := range p.all() {
			if got[cl.id] != nil {
				t.Fatalf("call %d comes twice", cl.id)
			}
			got[cl.id] = cl
			p.remove(cl)
		}
		if !maps.Equal(got, want) || p.len() != 0 {
			t.Fatalf("went through %v instead of %v, %d are left", got, want, p.len())
		}
	})
}

func TestCallHasOneOwner(t *testing.T) {
	for name, f := range map[string]func(p *pendingCalls, cl *call){
		"registered twice":    func(p *pendingCalls, cl *call) { p.add(cl); p.add(cl) },
		"removed twice":       func(p *pendingCalls, cl *call) { p.add(cl); p.remove(cl); p.remove(cl) },
		"finished by another": func(p *pendingCalls, cl *call) { p.add(cl); cl.finish() },
		"finished twice":      func(p *pendingCalls, cl *call) { p.add(cl); p.remove(cl); cl.finish(); cl.finish() },
	} {
		if !breaks(func() { f(new(pendingCalls), &call{done: make(chan struct{}, 1)}) }) {
			t.Errorf("%s: no invariant is broken", name)
		}
	}
}

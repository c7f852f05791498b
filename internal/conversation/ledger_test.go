package conversation

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A ledger counts what a list of requests and their states says.
func TestLedgerIsAListOfRequests(t *testing.T) {
	type entry struct {
		*Request
		running bool
	}
	rapid.Check(t, func(t *rapid.T) {
		var l ledger
		var list []*entry
		ended := false
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			pick := func() (int, *entry) {
				i := rapid.IntRange(0, len(list)-1).Draw(t, "request")
				return i, list[i]
			}
			drop := func(i int) { list = append(list[:i], list[i+1:]...) }
			idle := l.whenIdle()
			switch step := rapid.IntRange(0, 6).Draw(t, "step"); {
			case ended && len(list) == 0:
			case step <= 1 || len(list) == 0:
				if !ended {
					r := &Request{size: rapid.Int64Range(0, 9).Draw(t, "size")}
					l.add(r)
					list = append(list, &entry{Request: r})
				}
			case step == 2:
				if _, e := pick(); !e.running {
					e.running = true
					l.run()
				}
			case step == 3:
				if _, e := pick(); !e.sending {
					l.send(e.Request)
				}
			case step == 4:
				_, e := pick()
				l.unsend(e.Request)
			case step == 5:
				i, e := pick()
				if e.running {
					l.ran(e.Request)
				} else {
					l.done(e.Request)
				}
				drop(i)
				if e.sending {
					t.Fatal("a request that is done is still being sent")
				}
			case rapid.IntRange(0, 9).Draw(t, "end") == 0:
				ended = true
				l.end()
				for i, e := range slices.Backward(list) {
					if !e.running {
						drop(i)
					}
				}
			}
			want := ledger{open: int32(len(list)), ended: ended, idle: l.idle}
			for _, e := range list {
				if e.running {
					want.running++
				}
				switch {
				case ended:
				case e.sending:
					want.sending++
				default:
					want.bytes += e.size
				}
			}
			if l != want {
				t.Fatalf("ledger %+v, want %+v", l, want)
			}
			select {
			case <-idle:
				if idle != nil && len(list) > 0 {
					t.Fatal("idle with open requests")
				}
			default:
				if idle != nil && len(list) == 0 {
					t.Fatal("who waits for the last request does not hear of it")
				}
			}
		}
	})
}

func TestLedgerInvariants(t *testing.T) {
	r := &Request{size: 1}
	for name, f := range map[string]func(l *ledger){
		"done twice":                    func(l *ledger) { l.add(r); l.done(r); l.done(r) },
		"a handler without a request":   func(l *ledger) { l.run() },
		"a handler ends that never ran": func(l *ledger) { l.add(r); l.ran(r) },
		"sent twice":                    func(l *ledger) { r := &Request{}; l.add(r); l.send(r); l.send(r) },
	} {
		if !breaks(func() { f(new(ledger)) }) {
			t.Errorf("%s: no invariant is broken", name)
		}
	}
}

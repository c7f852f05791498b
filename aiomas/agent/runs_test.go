package agent

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// Runs say the same as a map with the class of each agent, in whichever order agents come.
func TestRunsAreAMapOfClasses(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(17, seed))
		var l runs
		want := map[int]string{}
		for range 200 {
			r := run{first: random.IntN(300), class: []string{"House", "Grid"}[random.IntN(2)]}
			r.last = r.first + random.IntN(random.IntN(20)+1)
			for n := r.first; n <= r.last; n++ {
				if class := want[n]; class != "" {
					r.class = class // an agent keeps its class
				}
			}
			same := true
			for n := r.first; n <= r.last; n++ {
				same = same && (want[n] == "" || want[n] == r.class)
			}
			if !same {
				continue
			}
			for n := r.first; n <= r.last; n++ {
				want[n] = r.class
			}
			l = l.add(r)
		}
		for n := range 400 {
			if r, found := l.find(fmt.Sprint(n)); found != (want[n] != "") || r.class != want[n] {
				t.Fatalf("seed %d: agent %d: %q, %v; want %q in %v", seed, n, r.class, found, want[n], l)
			}
		}
		for i := 1; i < len(l); i++ {
			if l[i].first <= l[i-1].last || l[i].first == l[i-1].last+1 && l[i].class == l[i-1].class {
				t.Fatalf("seed %d: %v", seed, l)
			}
		}
	}
}

// A peer may send anything.
func TestRunsOfAPeer(t *testing.T) {
	var l runs
	for _, r := range []run{{-1, 3, "A"}, {5, 4, "A"}, {0, math.MaxInt, "A"}} {
		if l = l.add(r); len(l) != 0 {
			t.Errorf("%v: %v", r, l)
		}
	}
	l = l.add(run{0, math.MaxInt - 1, "A"}).add(run{7, 8, "B"}) // it contradicts itself
	if r, found := l.find("7"); !found || r.class != "B" || len(l) != 1 {
		t.Error(l)
	}
	for i := range 2 * mostRuns {
		l = l.add(run{2 * i, 2 * i, "C"})
	}
	if len(l) > mostRuns {
		t.Errorf("%d runs", len(l))
	}
}

func TestNumbersOfIDs(t *testing.T) {
	for id, want := range map[string]int{
		"0": 0, "7": 7, "10": 10, strconv.Itoa(math.MaxInt - 1): math.MaxInt - 1,
		"": -1, "-1": -1, "+1": -1, "01": -1, "1e3": -1, "x": -1, strconv.Itoa(math.MaxInt): -1, "99999999999999999999": -1,
	} {
		if n, is := number(id); is != (want >= 0) || is && n != want {
			t.Errorf("%q: %d, %v", id, n, is)
		}
	}
}

// Clients that have ended are not kept.
func TestToldClientsArePruned(t *testing.T) {
	c, err := NewContainer(t.Context(), "local://told", WithNetwork(local.NewNetwork()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var p presence
	for range 3 * leastPrune {
		client, err := c.dial(t.Context(), targetOf(c.addr))
		if err != nil {
			t.Fatal(err)
		}
		_ = client.Close()
		p.tell(client)
	}
	if n := len(p.told); n > leastPrune {
		t.Errorf("%d clients", n)
	}
}

package aiomas

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// Routes find what was added, and nothing else, whatever was added before.
func TestRoutesAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringOfN(rapid.SampledFrom([]rune("ab/\x00é")), 0, -1, maxRoute)
		var table *routes
		want := map[string]bool{}
		for _, p := range rapid.SliceOf(path).Draw(t, "paths") {
			if !want[p] {
				want[p] = true
				table = table.add(p, functionNamed(t, p))
			}
		}
		for _, p := range rapid.SliceOf(path).Draw(t, "asked") {
			if f := table.find([]byte(p)); (f != nil) != want[p] || f != nil && f.Name() != p {
				t.Fatalf("find(%q) = %v", p, f)
			}
		}
		for p := range want {
			if f := table.find([]byte(p)); f == nil || f.Name() != p {
				t.Fatalf("find(%q) = %v", p, f)
			}
		}
	})
}

func functionNamed(t rapid.TB, name string) *Function {
	t.Helper()
	f, err := newFunction(nil, name, func() {}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Thousands of paths, so that there are several for a slot and for a tag.
func TestRoutesMany(t *testing.T) {
	var table *routes
	const n = 20_000
	for i := range n {
		name := fmt.Sprintf("agent_%d/step", i)
		table = table.add(name, functionNamed(t, name))
	}
	for i := range 2 * n {
		name := fmt.Sprintf("agent_%d/step", i)
		f := table.find([]byte(name))
		if (f != nil) != (i < n) || f != nil && f.Name() != name {
			t.Fatalf("find(%q) = %v", name, f)
		}
	}
}

// A router resolves paths of all lengths while others do, at the border of what
// routes take as well.
func TestResolveTogether(t *testing.T) {
	leaf := NewRouter()
	root := NewRouter()
	if err := root.Add("sub", leaf); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for i := range 3 * maxRoute {
		name := strings.Repeat("x", i+1)
		leaf.Expose(name, func() int { return i })
		root.Expose(name, func() int { return -i })
		paths = append(paths, name, "sub/"+name)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 4 * len(paths) {
				p := paths[(i*7+g)%len(paths)]
				f, err := root.resolve([]byte(p), false)
				if err != nil {
					t.Errorf("%q: %v", p, err)
					return
				}
				name, sub := strings.CutPrefix(p, "sub/")
				want := len(name) - 1
				if !sub {
					want = -want
				}
				if got := f.Func().(func() int)(); got != want || f.Name() != name {
					t.Errorf("%q is %q, which returns %d instead of %d", p, f.Name(), got, want)
				}
			}
		})
	}
	wg.Wait()
	if _, err := root.resolve([]byte("sub/y"), false); err == nil {
		t.Error("found what is not there")
	}
}

// A peer cannot fill the memory with paths that lead nowhere.
func TestRoutesKeepOnlySuccesses(t *testing.T) {
	r := NewRouter()
	r.Expose("f", func() {})
	for i := range 1000 {
		if _, err := r.resolve(fmt.Appendf(nil, "g%d", i), false); err == nil {
			t.Fatal("found what is not there")
		}
		if _, err := r.resolve([]byte("f"), false); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.routes.Load().used; n != 1 {
		t.Errorf("%d routes for one function", n)
	}
}

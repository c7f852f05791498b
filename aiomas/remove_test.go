package aiomas_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

func TestRouterNames(t *testing.T) {
	root := newTree(t)
	functions, services := root.Names()
	if !slices.Equal(functions, []string{"count", "echo"}) || !slices.Equal(services, []string{"a", strings.Repeat("long", 9)}) {
		t.Errorf("%q, %q", functions, services)
	}
	a := root.SubRouter("a")
	if a == nil || a.Path() != "a" || root.SubRouter("echo") != nil || root.SubRouter("x") != nil {
		t.Error("SubRouter returns another router")
	}
	root.Remove("echo")
	root.Remove("a")
	if functions, services := root.Names(); len(functions) != 1 || len(services) != 1 {
		t.Errorf("%q, %q", functions, services)
	}
	if functions, services := aiomas.NewRouter().Names(); len(functions)+len(services) > 0 {
		t.Errorf("%q, %q", functions, services)
	}
}

// newTree has functions echo, a/echo, a/b/echo and one with a long path.
func newTree(t *testing.T) *aiomas.Router {
	t.Helper()
	root, a, b, long := aiomas.NewRouter(), aiomas.NewRouter(), aiomas.NewRouter(), aiomas.NewRouter()
	for _, r := range []*aiomas.Router{root, a, b, long} {
		r.Expose("echo", func(v any) any { return v })
	}
	root.Expose("count", func() int { return 1 })
	if err := errors.Join(root.Add("a", a), a.Add("b", b), root.Add(strings.Repeat("long", 9), long)); err != nil {
		t.Fatal(err)
	}
	return root
}

// What was called before, and is resolved, is gone as well.
func TestRemoveIsAtOnce(t *testing.T) {
	long := strings.Repeat("long", 9)
	for _, c := range []struct {
		from, name, path, message string
	}{
		{"", "echo", "echo", `Name "echo" not found in ""`},
		{"a", "echo", "a/echo", `Name "echo" not found in "a"`},
		{"a", "b", "a/b/echo", `Name "b" not found in "a"`},
		{"", "a", "a/b/echo", `Name "a" not found in ""`},
		{long, "echo", long + "/echo", `Name "echo" not found in "` + long + `"`},
		{"", long, long + "/echo", `Name "` + long + `" not found in ""`},
	} {
		root := newTree(t)
		from := root
		if c.from != "" {
			from = root.SubRouter(c.from)
		}
		_, addr := startServer(t, root)
		client := dial(t, addr)
		proxy := client.Remote(c.path)
		for range 2 {
			if v, err := aiomas.Call[int](t.Context(), proxy, 5); err != nil || v != 5 {
				t.Fatal(v, err)
			}
		}
		if from.Remove("nothing") || !from.Remove(c.name) || from.Remove(c.name) {
			t.Errorf("Remove(%q) does not tell what it did", c.name)
		}
		var e *aiomas.RemoteError
		if err := proxy.Call(t.Context(), nil, 5); !errors.Is(err, aiomas.LookupError) || !errors.As(err, &e) || e.Message != c.message {
			t.Errorf("%s without %s: %v", c.path, c.name, err)
		}
		if _, err := aiomas.Call[int](t.Context(), client.Remote("count")); err != nil {
			t.Error("what stays:", err)
		}
		from.Expose(c.name, func(any) string { return "another" })
		if c.name == "echo" {
			if v, err := aiomas.Call[string](t.Context(), proxy, 5); err != nil || v != "another" {
				t.Error(v, err)
			}
		}
	}
}

// A removed service is a root again: it cannot be sent, but be hung elsewhere.
func TestRemovedService(t *testing.T) {
	root := newTree(t)
	a := root.SubRouter("a")
	b := a.SubRouter("b")
	client, raw := newRawClient(t, root)
	root.Remove("a")
	for _, s := range []*aiomas.Router{a, b} {
		var enc *aiomas.EncodeError
		if err := client.Remote("f").Call(t.Context(), nil, s); !errors.As(err, &enc) {
			t.Errorf("a removed service is sent: %v", err)
		}
	}
	if a.Parent() != nil || a.Name() != "" || a.Path() != "" || b.Path() != "b" {
		t.Errorf("parent %v, path %q and %q", a.Parent(), a.Path(), b.Path())
	}
	if err := root.Add("again", a); err != nil {
		t.Fatal(err)
	}
	pending := client.Remote("f").Go(t.Context(), nil, b)
	raw.expect(`[0, 2, ["f", [{"__type__": [0, "again/b"]}], {}]]`)
	raw.send(`[1, 2, null]`)
	if err := pending.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whoever has removed something finds it gone, while others resolve the same
// paths, and others are removed and added.
func TestRemoveWhileResolving(t *testing.T) {
	root := newTree(t)
	_, addr := startServer(t, root)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		client := dial(t, addr)
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for _, path := range []string{"a/b/echo", "a/x", "echo"} {
					if err := client.Remote(path).Call(t.Context(), nil, 1); err != nil && !errors.Is(err, aiomas.LookupError) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	client := dial(t, addr)
	a := root.SubRouter("a")
	for range 100 {
		a.Expose("x", func(v any) any { return v })
		if err := client.Remote("a/x").Call(t.Context(), nil, 1); err != nil {
			t.Error(err)
		}
		a.Remove("x")
		if err := client.Remote("a/x").Call(t.Context(), nil, 1); !errors.Is(err, aiomas.LookupError) {
			t.Error("after Remove:", err)
		}
		root.Remove("a")
		if err := client.Remote("a/b/echo").Call(t.Context(), nil, 1); !errors.Is(err, aiomas.LookupError) {
			t.Error("after Remove of the parent:", err)
		}
		if err := root.Add("a", a); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}

type plant struct{ router *aiomas.Router }

func (p *plant) Router() *aiomas.Router { return p.router }
func (p *plant) GetP() int              { return 1 }
func (p *plant) GetQ() int              { return 2 }
func (p *plant) Import(n int) int       { return n }
func (p *plant) Phase3Power() int       { return 3 }

func TestExposeMethodByAnotherName(t *testing.T) {
	p := &plant{}
	p.router = aiomas.NewObjectRouter(p)
	p.router.ExposeMethod("GetP", aiomas.Name("get_P"))
	p.router.ExposeMethod("Import", aiomas.Name("import_"), aiomas.Params("n"))
	p.router.ExposeMethods("Phase3Power") // phase3_power
	_, addr := startServer(t, p)
	client := dial(t, addr)
	for path, want := range map[string]int{"get_P": 1, "phase3_power": 3} {
		if v, err := aiomas.Call[int](t.Context(), client.Remote(path)); err != nil || v != want {
			t.Errorf("%s: %d, %v", path, v, err)
		}
	}
	for _, c := range []struct {
		path, want string
		args       []any
	}{
		{"get_p", `Name "get_p" not found in ""`, nil}, // it is exposed, by another name
		{"GetP", `Name "GetP" not found in ""`, nil},
		{"get_q", `"aiomas_test.plant.get_q" is not exposed`, nil},
		{"import", `Name "import" not found in ""`, nil},
		{"import_", `import_() missing 1 required positional argument: 'n'`, nil},
		{"import_", `import_() takes 2 positional arguments but 3 were given`, []any{1, 2}},
	} {
		var e *aiomas.RemoteError
		if err := client.Remote(c.path).Call(t.Context(), nil, c.args...); !errors.As(err, &e) || !strings.HasPrefix(e.Message, c.want) {
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		}
	}
}

func TestNameThatCannotBe(t *testing.T) {
	p := &plant{}
	r := aiomas.NewObjectRouter(p)
	r.ExposeMethod("GetQ")
	for name, expose := range map[string]func(){
		"of a function": func() { r.Expose("f", func() {}, aiomas.Name("g")) },
		"empty":         func() { r.ExposeMethod("GetP", aiomas.Name("")) },
		"with a slash":  func() { r.ExposeMethod("GetP", aiomas.Name("a/b")) },
		"taken":         func() { r.ExposeMethod("GetP", aiomas.Name("get_q")) },
	} {
		if panics(t, expose) == nil {
			t.Errorf("a name %s is accepted", name)
		}
	}
}

package agents

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// What the containers of creamas register after the dates: artifacts, a type
// that is never sent, and arrays, all of them pickled. Go passes pickles on; it
// does not look into them.
type (
	artifact struct{ pickle []byte }
	unused   struct{ pickle []byte }
	array    struct{ pickle []byte }
)

func pickled[T any](get func(T) []byte, set func([]byte) T) codec.Serializer {
	return codec.NewSerializer(
		func(v T) ([]byte, error) { return get(v), nil },
		func(b []byte) (T, error) { return set(b), nil },
	)
}

var creamasSerializers = agent.WithSerializers(
	pickled(func(v artifact) []byte { return v.pickle }, func(b []byte) artifact { return artifact{b} }),
	pickled(func(v unused) []byte { return v.pickle }, func(b []byte) unused { return unused{b} }),
	pickled(func(v array) []byte { return v.pickle }, func(b []byte) array { return array{b} }),
)

// critic is an agent that creamas takes for one of its own: it has the functions
// of a CreativeAgent that others call.
type critic struct {
	agent.Agent
	opinion float64

	mu          sync.Mutex
	connections map[string]aiomas.Kwargs
	seen        []artifact
}

func newCritic(t testing.TB, c *agent.Container, opinion float64) *critic {
	t.Helper()
	a := &critic{opinion: opinion, connections: map[string]aiomas.Kwargs{}}
	register(t, c, a,
		agent.Expose("AddConnection", "AddConnections", "Act"),
		agent.ExposeMethod("Evaluate", aiomas.Params("artifact")),
		agent.ExposeMethod("GetConnections", aiomas.Params("data"), aiomas.Defaults(aiomas.Kwargs{"data": false})),
		agent.ExposeMethod("Close", aiomas.Params("folder"), aiomas.Defaults(aiomas.Kwargs{"folder": nil})))
	return a
}

// AddConnection makes another agent known.
func (c *critic) AddConnection(addr string, about aiomas.Kwargs) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.connections[addr]; known {
		return false
	}
	c.connections[addr] = about
	return true
}

// AddConnections makes several known.
func (c *critic) AddConnections(list []codec.Value) (added []bool, err error) {
	for _, v := range list {
		var addr string
		var about map[string]any
		if err := v.Decode(&codec.Tuple{&addr, &about}); err != nil {
			return nil, err
		}
		added = append(added, c.AddConnection(addr, about))
	}
	return added, nil
}

// GetConnections returns the known agents, with data what is known of them.
func (c *critic) GetConnections(data bool) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if data {
		return c.connections
	}
	addrs := []string{}
	for addr := range c.connections {
		addrs = append(addrs, addr)
	}
	slices.Sort(addrs)
	return addrs
}

// Evaluate has an opinion about an artifact, and a framing.
func (c *critic) Evaluate(a artifact) (float64, map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, a)
	return c.opinion, map[string]any{"critic": c.ID()}
}

// Act asks the known agents to evaluate what it has seen last, and returns the
// values.
func (c *critic) Act(ctx context.Context, kwargs aiomas.Kwargs, args ...any) ([]float64, error) {
	c.mu.Lock()
	last := c.seen[len(c.seen)-1]
	c.mu.Unlock()
	values := []float64{}
	for _, addr := range c.GetConnections(false).([]string) {
		p, err := c.Container().Connect(ctx, addr)
		if err != nil {
			return nil, err
		}
		var value float64
		var framing any
		if err := p.Sub("evaluate").Call(ctx, &codec.Tuple{&value, &framing}, last); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// Close has nothing to do.
func (c *critic) Close(folder any) {}

// An environment of creamas on Python 3.8, its manager and its agents take Go
// agents for their like, and Go calls theirs.
func TestCreamas(t *testing.T) {
	py := pythons(t)[0]
	if py.Version != "3.8" {
		t.Skipf("NOT TESTED: creamas 0.5.0 is for Python 3.8, the oldest one here is %s", py.Version)
	}
	t.Run("plain", func(t *testing.T) { testCreamas(t, cell{py, msgpack.Codec}) })
	t.Run("fast", func(t *testing.T) { testCreamas(t, cell{py, msgpack.Codec}, "--fast") })
}

func testCreamas(t *testing.T, c cell, args ...string) {
	t.Helper()
	home := c.newContainer(t, creamasSerializers)
	env := c.startDriver(t, home, append(args, "--creamas")...)

	// Go spawns painters in the environment, and makes critics known to them.
	var spawned [][]any
	env.do(&spawned, "spawn_n", "agents_creamas:Painter", 3)
	var painters []string
	for i, s := range spawned {
		painters = append(painters, s[1].(string))
		name, err := aiomas.Call[any](t.Context(), s[0].(*aiomas.Proxy).Sub("get_connections"))
		if err != nil || len(name.([]any)) != 0 {
			t.Errorf("painter %d knows %v, %v", i, name, err)
		}
	}
	var agents []string
	if env.do(&agents, "get_agents"); !slices.Equal(agents, painters) {
		t.Errorf("agents are %v, want %v", agents, painters)
	}
	critics := []*critic{newCritic(t, home, 0.75), newCritic(t, home, 0.25)}
	connections := map[string]any{
		painters[0]: []any{[]any{critics[0].Addr(), map[string]any{"attitude": 1}}},
		painters[1]: []any{[]any{critics[0].Addr(), map[string]any{}}, []any{critics[1].Addr(), map[string]any{"attitude": -1}}},
	}
	var created [][]bool
	if env.do(&created, "create_connections", connections); !cmp.Equal(created, [][]bool{{true}, {true, true}}) {
		t.Errorf("created %v", created)
	}
	var known any
	env.do(&known, "get_connections", true)
	want := []any{
		[]any{painters[0], map[string]any{critics[0].Addr(): map[string]any{"attitude": int64(1)}}},
		[]any{painters[1], map[string]any{critics[0].Addr(): map[string]any{}, critics[1].Addr(): map[string]any{"attitude": int64(-1)}}},
		[]any{painters[2], map[string]any{}},
	}
	if diff := cmp.Diff(any(want), known); diff != "" {
		t.Error(diff)
	}

	// The environment triggers its agents, who ask Go's for their opinions.
	var opinions []map[string][]any
	env.do(&opinions, "trigger_all", 1, "two", aiomas.Kwargs{"threshold": 0.5})
	first, second := []any{0.75, map[string]any{"critic": "0"}}, []any{0.25, map[string]any{"critic": "1"}}
	wantOpinions := []map[string][]any{
		{critics[0].Addr(): first},
		{critics[0].Addr(): first, critics[1].Addr(): second},
		{},
	}
	if diff := cmp.Diff(wantOpinions, opinions); diff != "" {
		t.Error(diff)
	}
	var published []artifact
	if env.do(&published, "artifacts"); len(published) != 1 {
		t.Errorf("%d artifacts were published, want that of the first painter", len(published))
	}

	// An artifact goes back to where it came from, and is what it was.
	if len(critics[1].seen) != 1 {
		t.Fatalf("the second critic saw %d artifacts", len(critics[1].seen))
	}
	var back []any
	if err := connect(t, home, painters[1]).Sub("receive").Call(t.Context(), &back, critics[1].seen[0]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"Artifact", painters[1], []any{int64(1), "two"}, true}, back); diff != "" {
		t.Error(diff)
	}

	// Python makes Go's agents known to each other, and lets them act.
	painter := connect(t, home, painters[2])
	var introduced []any
	if err := painter.Sub("introduce").Call(t.Context(), &introduced, critics[0].Addr(), critics[1].Addr(), aiomas.Kwargs{"since": 2016}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{true, []any{critics[1].Addr()}, map[string]any{critics[1].Addr(): map[string]any{"since": int64(2016)}}}, introduced); diff != "" {
		t.Error(diff)
	}
	if err := painter.Sub("introduce").Call(t.Context(), &introduced, critics[0].Addr(), painters[0]); err != nil {
		t.Fatal(err)
	}
	values, err := aiomas.Call[[]float64](t.Context(), painter.Sub("make_act"), critics[0].Addr(), "now")
	slices.Sort(values)
	if err != nil || !slices.Equal(values, []float64{0, 0.25}) {
		t.Errorf("the critic's act returned %v, %v", values, err)
	}
	env.do(nil, "call", critics[0].Addr(), "close", []any{}, aiomas.Kwargs{"kwargs": map[string]any{"folder": "x"}})
}

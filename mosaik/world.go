package mosaik

import (
	"context"
	"errors"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// World makes requests to mosaik while a simulation runs, mostly during a step. It mirrors
// mosaik_api_v3.MosaikProxy and is safe for concurrent use.
//
// If mosaik refuses a request, the error is a *[RefusedError]. Other errors are those of
// [aiomas.Proxy.Call].
type World struct{ client *aiomas.Client }

type worldKey struct{}

// WorldFrom returns the World of the context of a simulator's call, or nil if ctx is not
// such a context.
func WorldFrom(ctx context.Context) *World {
	w, _ := ctx.Value(worldKey{}).(*World)
	return w
}

// Node is an entity in mosaik's graph.
type Node struct {
	ID   string // the full id, "sid.eid"
	SID  string
	Type string // the model
}

// SplitID splits a full id at its first dot. The entity's id may contain further dots.
func SplitID(full string) (sid, eid string) {
	sid, eid, _ = strings.Cut(full, ".")
	return sid, eid
}

// Graph is the undirected graph of all entities and their relations.
type Graph struct {
	Nodes []Node
	Edges [][2]string // of full ids
}

// Setting is a value for [World.SetData]: an input for another simulator's entity.
type Setting struct {
	Source, Dest string // full ids
	Attr         string
	Value        any
}

// Progress returns the progress of the simulation in percent.
func (w *World) Progress(ctx context.Context) (float64, error) {
	var p float64
	err := w.call(ctx, "get_progress", &p)
	return p, err
}

// Graph returns all entities and their relations.
func (w *World) Graph(ctx context.Context) (Graph, error) {
	var all wireGraph
	if err := w.call(ctx, "get_related_entities", &all, nil); err != nil {
		return Graph{}, err
	}
	return all.graph()
}

// Related returns the entities that are related to the one with this full id.
func (w *World) Related(ctx context.Context, id string) ([]Node, error) {
	var d codec.Dict
	if err := w.call(ctx, "get_related_entities", &d, id); err != nil {
		return nil, err
	}
	return readNodes(d)
}

// RelatedTo returns the result of [World.Related] for each of several full ids.
func (w *World) RelatedTo(ctx context.Context, ids ...string) (map[string][]Node, error) {
	var all map[string]codec.Dict
	if err := w.call(ctx, "get_related_entities", &all, append([]string{}, ids...)); err != nil {
		return nil, err
	}
	out := make(map[string][]Node, len(all))
	for id, d := range all {
		nodes, err := readNodes(d)
		if err != nil {
			return nil, err
		}
		out[id] = nodes
	}
	return out, nil
}

// GetData returns attributes of other simulators' entities, which have full ids in want and
// in the result. It needs a connection with async_requests=True, and can be called only
// within Step.
func (w *World) GetData(ctx context.Context, want Outputs) (Output, error) {
	var raw codec.Value
	if err := w.call(ctx, "get_data", &raw, want.dict()); err != nil {
		return Output{}, err
	}
	return newReader().output(raw)
}

// SetData sets inputs of other simulators' entities for their next steps. It needs a
// connection with async_requests=True.
func (w *World) SetData(ctx context.Context, settings ...Setting) error {
	d := codec.Dict{}
	for _, s := range settings {
		setPath(&d, unwrap(s.Value), s.Source, s.Dest, s.Attr)
	}
	return w.call(ctx, "set_data", nil, d)
}

// SetEvent makes mosaik step the simulator at time t. It is only possible in real-time mode
// (World.run with rt_factor).
func (w *World) SetEvent(ctx context.Context, t int64) error {
	return w.call(ctx, "set_event", nil, t)
}

func (w *World) call(ctx context.Context, method string, result any, args ...any) error {
	err := w.client.Remote(method).Call(ctx, result, args...)
	var remote *aiomas.RemoteError
	if errors.As(err, &remote) {
		return &RefusedError{Method: method, Err: remote}
	}
	return err
}

// setPath sets a value in nested dicts.
func setPath(d *codec.Dict, value any, path ...string) {
	for i := range *d {
		if e := &(*d)[i]; e.Key == path[0] {
			if len(path) == 1 {
				e.Value = value
				return
			}
			inner := e.Value.(codec.Dict)
			setPath(&inner, value, path[1:]...)
			e.Value = inner
			return
		}
	}
	if len(path) > 1 {
		inner := codec.Dict{}
		setPath(&inner, value, path[1:]...)
		value = inner
	}
	*d = append(*d, codec.Entry{Key: path[0], Value: value})
}

// The reasons for a *[RefusedError], for errors.Is.
var (
	// ErrNotRealTime: SetEvent without rt_factor.
	ErrNotRealTime = errors.New("mosaik: events can be set in real-time mode only")
	// ErrNoAsyncRequests: there is no connection with async_requests=True to the
	// other simulator.
	ErrNoAsyncRequests = errors.New("mosaik: the connection has no async_requests=True")
	// ErrNotInStep: GetData outside of Step.
	ErrNotInStep = errors.New("mosaik: only possible within a step")
	// ErrUnknown: there is no such simulator or entity.
	ErrUnknown = errors.New("mosaik: no such simulator or entity")
)

// RefusedError is mosaik's refusal of a request of [World].
type RefusedError struct {
	Method string
	Err    *aiomas.RemoteError
}

func (e *RefusedError) Error() string {
	return "mosaik: " + e.Method + ": " + e.Err.Type + ": " + e.Err.Message
}

// Unwrap returns mosaik's error.
func (e *RefusedError) Unwrap() error { return e.Err }

// Is determines the reason from the method and the type of mosaik's exception: the general
// types of mosaik 3.6 and the specific ones of 3.7.
func (e *RefusedError) Is(target error) bool {
	data := e.Method == "get_data" || e.Method == "set_data"
	switch e.Err.Type {
	case "EventInNonRealTimeModeError":
		return target == ErrNotRealTime
	case "SimulationError":
		return target == ErrNotRealTime && e.Method == "set_event"
	case "AsyncRequestsNotConnectedError", "AsyncRequestsNotEnabledError":
		return target == ErrNoAsyncRequests
	case "ScenarioError":
		return target == ErrNoAsyncRequests && data
	case "AssertionError":
		return target == ErrNotInStep && e.Method == "get_data"
	case "KeyError":
		return target == ErrUnknown
	}
	return false
}

type wireNode struct {
	SID  string `aiomas:"sid"`
	Type string `aiomas:"type"`
}

type wireGraph struct {
	Nodes codec.Dict    `aiomas:"nodes"`
	Edges []codec.Value `aiomas:"edges"`
}

func (g wireGraph) graph() (Graph, error) {
	nodes, err := readNodes(g.Nodes)
	if err != nil {
		return Graph{}, err
	}
	out := Graph{Nodes: nodes}
	for _, e := range g.Edges {
		var a, b string
		var extra codec.Value
		if err := e.Decode(&codec.Tuple{&a, &b, &extra}); err != nil {
			return Graph{}, err
		}
		out.Edges = append(out.Edges, [2]string{a, b})
	}
	return out, nil
}

// readNodes reads {id: {"sid": …, "type": …}} in its order.
func readNodes(d codec.Dict) ([]Node, error) {
	nodes := make([]Node, 0, len(d))
	for _, e := range d {
		var n wireNode
		if err := ValueOf(e.Value).Decode(&n); err != nil {
			return nil, err
		}
		id, _ := e.Key.(string)
		if n.SID == "" { // an entity that occurs only as a relation has no data
			n.SID, _ = SplitID(id)
		}
		nodes = append(nodes, Node{id, n.SID, n.Type})
	}
	return nodes, nil
}

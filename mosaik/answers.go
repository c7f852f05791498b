package mosaik

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Answers are the functions that answer the requests of a driven simulator to mosaik: the
// opposite side of [World]. If a function is nil, its request is refused as mosaik does
// without async_requests and rt_factor; without Graph there are no entities. The functions
// may be called at any time, and concurrently.
type Answers struct {
	Progress func(ctx context.Context) (float64, error)
	Graph    func(ctx context.Context) (Graph, error) // for get_related_entities in its three forms
	GetData  func(ctx context.Context, want Outputs) (Output, error)
	SetData  func(ctx context.Context, settings []Setting) error
	SetEvent func(ctx context.Context, t int64) error
}

// router exposes the five functions.
func (a Answers) router() *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("get_progress", a.progress)
	r.Expose("get_related_entities", a.related, aiomas.Params("entities"), aiomas.Defaults(aiomas.Kwargs{"entities": codec.Value{}}))
	r.Expose("get_data", a.getData, aiomas.Params("attrs"))
	r.Expose("set_data", a.setData, aiomas.Params("data"))
	r.Expose("set_event", a.setEvent, aiomas.Params("event_time"))
	return r
}

const (
	scenarioError   aiomas.ExceptionType = "ScenarioError"
	simulationError aiomas.ExceptionType = "SimulationError"
)

var errNoAsync = scenarioError.New("Async. requests not enabled")

func (a Answers) progress(ctx context.Context) (float64, error) {
	if a.Progress == nil {
		return 0, nil
	}
	return a.Progress(ctx)
}

func (a Answers) getData(ctx context.Context, raw codec.Value) (any, error) {
	if a.GetData == nil {
		return nil, errNoAsync
	}
	want, err := newReader().outputs(raw)
	if err != nil {
		return nil, err
	}
	out, err := a.GetData(ctx, want)
	return out.dict(), err
}

func (a Answers) setData(ctx context.Context, data codec.Value) error {
	if a.SetData == nil {
		return errNoAsync
	}
	// {source: {dest: {attr: value}}} has the same form as inputs.
	in, err := newReader().inputs(data)
	if err != nil {
		return err
	}
	var settings []Setting
	for _, source := range in.entities {
		for _, dest := range source.attrs {
			for _, v := range dest.values {
				settings = append(settings, Setting{source.eid, dest.name, v.Source, v.Value})
			}
		}
	}
	return a.SetData(ctx, settings)
}

func (a Answers) setEvent(ctx context.Context, t int64) error {
	if a.SetEvent == nil {
		return simulationError.New("tried to set an event in non-real-time mode")
	}
	return a.SetEvent(ctx, t)
}

func (a Answers) related(ctx context.Context, entities codec.Value) (any, error) {
	var g Graph
	var err error
	if a.Graph != nil {
		if g, err = a.Graph(ctx); err != nil {
			return nil, err
		}
	}
	switch entities.Kind() {
	case codec.KindNull:
		return g.dict(), nil
	case codec.KindString:
		var id string
		if err := entities.Decode(&id); err != nil {
			return nil, err
		}
		return g.around(id)
	}
	var ids []string
	if err := entities.Decode(&ids); err != nil {
		return nil, err
	}
	out := codec.Dict{}
	for _, id := range ids {
		around, err := g.around(id)
		if err != nil {
			return nil, err
		}
		out = append(out, codec.Entry{Key: id, Value: around})
	}
	return out, nil
}

func (g Graph) dict() codec.Dict {
	nodes := codec.Dict{}
	for _, n := range g.Nodes {
		nodes = append(nodes, n.entry())
	}
	edges := make([]any, 0, len(g.Edges))
	for _, e := range g.Edges {
		edges = append(edges, []any{e[0], e[1], codec.Dict{}})
	}
	return codec.Dict{{Key: "nodes", Value: nodes}, {Key: "edges", Value: edges}}
}

func (n Node) entry() codec.Entry {
	return codec.Entry{Key: n.ID, Value: codec.Dict{{Key: "sid", Value: n.SID}, {Key: "type", Value: n.Type}}}
}

// around returns the neighbours of a node.
func (g Graph) around(id string) (codec.Dict, error) {
	nodes := make(map[string]Node, len(g.Nodes))
	for _, n := range g.Nodes {
		nodes[n.ID] = n
	}
	if _, ok := nodes[id]; !ok {
		return nil, aiomas.KeyError.New(id)
	}
	out := codec.Dict{}
	for _, e := range g.Edges {
		other := ""
		switch id {
		case e[0]:
			other = e[1]
		case e[1]:
			other = e[0]
		default:
			continue
		}
		n := nodes[other]
		n.ID = other
		out = append(out, n.entry())
	}
	return out, nil
}

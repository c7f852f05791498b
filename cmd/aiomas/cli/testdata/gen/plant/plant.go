// Package plant exposes functions in each way that there is.
package plant

import (
	"context"
	"math"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Plant is a plant.
type Plant struct {
	router *aiomas.Router
	pump   *Pump
}

// Router makes it a service.
func (p *Plant) Router() *aiomas.Router { return p.router }

// Reading is what a unit reads.
type Reading struct {
	Speed float64 `aiomas:"v"`
	At    *time.Time
	Notes []Note
}

// Note is part of a reading.
type Note struct {
	Text string
}

// Point is a custom type.
type Point struct{ X, Y float64 }

// Link travels as a list.
type Link struct {
	_    struct{} `aiomas:",list"`
	From string
	To   string
}

var types = aiomas.WithSerializers(codec.NewStructSerializer[Point]())

// Options are those of Plan.
type Options struct {
	Horizon int
	Mode    string `aiomas:"mode,required"`
	Limit   float64
	Tags    []string
}

const step = 2

// New makes a plant.
func New() (*Plant, error) {
	p := &Plant{pump: NewPump()}
	p.router = aiomas.NewObjectRouter(p)
	p.router.ExposeMethods("Stop", "GetURL")
	p.router.ExposeMethod("SetSpeed", aiomas.Params("unit", "speed", "ramp", "until"), aiomas.Defaults(aiomas.Kwargs{"ramp": step, "until": math.Inf(1)}))
	p.router.ExposeMethod("Plan", aiomas.Params("day"), aiomas.KeywordStruct(Options{Horizon: 24, Tags: []string{"a"}}))
	p.router.ExposeMethod("From", aiomas.Name("from"), aiomas.Params("in"))
	p.router.ExposeMethod("Sum", paramsSum)
	p.router.Expose("pump_of", func(name string) (*Pump, error) { return p.pump, nil })
	return p, p.router.Add("pump", p.pump)
}

var paramsSum = aiomas.Params("first")

// Stop ends "all" \ everything.
func (p *Plant) Stop(ctx context.Context) error { return nil }

// GetURL has a name with initials.
func (p *Plant) GetURL(point Point, link *Link) (string, bool) { return "", false }

// SetSpeed sets the speed.
func (p *Plant) SetSpeed(ctx context.Context, unit string, speed float64, ramp int8, until any) (*Reading, error) {
	return nil, nil
}

// Plan plans.
func (p *Plant) Plan(ctx context.Context, day time.Time, opts Options) (map[string][2]float64, error) {
	return nil, nil
}

// From is a word of Python.
func (p *Plant) From(in []byte) codec.Dict { return nil }

// Sum has all arguments.
func (p *Plant) Sum(first int, kwargs aiomas.Kwargs, rest ...int) int { return first }

// Pump is a sub-service.
type Pump struct{ router *aiomas.Router }

// Router makes it a service.
func (p *Pump) Router() *aiomas.Router { return p.router }

// NewPump makes a pump.
func NewPump() *Pump {
	p := &Pump{}
	r := aiomas.NewObjectRouter(p)
	r.ExposeMethods("Level")
	p.router = r
	return p
}

// Level is a level.
func (p *Pump) Level() float64 { return 0 }

// Operator is an agent.
type Operator struct{ agent.Agent }

// Register makes an operator.
func Register(c *agent.Container) error {
	_, err := c.Register(&Operator{}, agent.Expose("Ask"), agent.ExposeMethod("Tell", aiomas.Params("what")))
	return err
}

// Ask asks.
func (o *Operator) Ask(who *aiomas.Proxy) error { return nil }

// Tell tells.
func (o *Operator) Tell(what codec.Value) {}

// Tools makes a router of functions.
func Tools() *aiomas.Router {
	tools := aiomas.NewRouter()
	tools.Expose("scale", scale, aiomas.Params("x", "by"), aiomas.Defaults(aiomas.Kwargs{"by": 2.0}))
	return tools
}

// scale scales.
func scale(x, by float64) float64 { return x * by }

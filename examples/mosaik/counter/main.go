// Command counter is the example model of mosaik's tutorials, by the interface
// Simulator: each entity adds delta to val in each step.
package main

import (
	"context"
	"fmt"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

type counter struct {
	ids   []string
	delta map[string]float64
	val   map[string]float64
}

func (c *counter) Init(context.Context, string, mosaik.Params) (mosaik.Meta, error) {
	c.delta, c.val = map[string]float64{}, map[string]float64{}
	return mosaik.Meta{Type: mosaik.Hybrid, Models: map[string]mosaik.ModelMeta{
		"ExampleModel": {Params: []string{"init_val"}, Attrs: []string{"delta", "val"}, Trigger: []string{"delta"}},
	}}, nil
}

func (c *counter) Create(_ context.Context, num int, model string, p mosaik.Params) (list []mosaik.Entity, err error) {
	var args struct {
		InitVal float64 `mosaik:"init_val"`
	}
	err = p.Decode(&args)
	for range num {
		id := fmt.Sprintf("Model_%d", len(c.ids))
		c.ids, c.delta[id], c.val[id] = append(c.ids, id), 1, args.InitVal
		list = append(list, mosaik.Entity{EID: id, Type: model})
	}
	return list, err
}

func (c *counter) Step(_ context.Context, t int64, in mosaik.Inputs, _ int64) (next int64, err error) {
	for _, id := range c.ids {
		if in.Has(id, "delta") {
			if c.delta[id], err = in.Sum(id, "delta"); err != nil {
				return 0, err
			}
		}
		c.val[id] += c.delta[id]
	}
	return t + 1, nil
}

func (c *counter) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	return want.Fill(func(id, attr string) (any, bool) {
		if attr == "val" {
			return c.val[id], true
		}
		return c.delta[id], true
	}), nil
}

func main() { mosaik.Main(&counter{}) }

// Command controller is an event-based simulator for mosaik: it lets a battery
// take what the sun gives and the house does not need.
package main

import (
	"context"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

// Controller answers to each new power of the sun.
type Controller struct {
	Load   float64  `mosaik:"load,param"`      // W
	Sun    float64  `mosaik:"pv,trigger"`      // W
	Charge *float64 `mosaik:"soc,trigger"`     // of the battery, in its last step
	Power  *float64 `mosaik:"p_battery,event"` // W
}

// Step sets the battery's power, if it has room or energy for it.
func (c *Controller) Step(_ context.Context, _ *mosaik.Step) error {
	p := c.Sun - c.Load
	if c.Charge != nil && (p > 0 && *c.Charge >= 1 || p < 0 && *c.Charge <= 0) {
		p = 0
	}
	c.Power = &p
	return nil
}

func main() {
	mosaik.Main(mosaik.Model[Controller]("Controller", mosaik.Prototype(Controller{Load: 400})))
}

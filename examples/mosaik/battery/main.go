// Command battery is a simulator of batteries for mosaik.
package main

import (
	"context"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

// Battery has a charge between 0 and 1.
type Battery struct {
	Capacity float64 `mosaik:"capacity,param"` // Wh
	Charge   float64 `mosaik:"soc,param,out"`
	Power    float64 `mosaik:"p,in"` // W, in if positive; of several, the sum
}

// Step charges the battery with the power since the last step.
func (b *Battery) Step(_ context.Context, s *mosaik.Step) error {
	hours := float64(s.Since) * s.TimeResolution / 3600
	b.Charge = min(1, max(0, b.Charge+b.Power*hours/b.Capacity))
	return nil
}

func main() {
	mosaik.Main(mosaik.Model[Battery]("Battery", mosaik.Prototype(Battery{Capacity: 5000, Charge: 0.5}), mosaik.StepSize(900)))
}

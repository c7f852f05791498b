// Package state makes the 10 KB agent state that the bench sends: a nested dict of floats,
// typical of an agent in a simulation.
package state

import (
	"fmt"
	"math/rand/v2"
)

// Unit is one part of an agent's state, with known fields.
type Unit struct {
	ActivePower   float64 `aiomas:"active_power" json:"active_power" msgpack:"active_power"`
	ReactivePower float64 `aiomas:"reactive_power" json:"reactive_power" msgpack:"reactive_power"`
	Voltage       float64 `aiomas:"voltage" json:"voltage" msgpack:"voltage"`
	VoltageAngle  float64 `aiomas:"voltage_angle" json:"voltage_angle" msgpack:"voltage_angle"`
	Current       float64 `aiomas:"current" json:"current" msgpack:"current"`
	Frequency     float64 `aiomas:"frequency" json:"frequency" msgpack:"frequency"`
	Temperature   float64 `aiomas:"temperature" json:"temperature" msgpack:"temperature"`
	Charge        float64 `aiomas:"charge" json:"charge" msgpack:"charge"`
	Capacity      float64 `aiomas:"capacity" json:"capacity" msgpack:"capacity"`
	MaxPower      float64 `aiomas:"max_power" json:"max_power" msgpack:"max_power"`
	MinPower      float64 `aiomas:"min_power" json:"min_power" msgpack:"min_power"`
	Efficiency    float64 `aiomas:"efficiency" json:"efficiency" msgpack:"efficiency"`
	Price         float64 `aiomas:"price" json:"price" msgpack:"price"`
	Demand        float64 `aiomas:"demand" json:"demand" msgpack:"demand"`
	Losses        float64 `aiomas:"losses" json:"losses" msgpack:"losses"`
	Setpoint      float64 `aiomas:"setpoint" json:"setpoint" msgpack:"setpoint"`
}

// Typed is the state as Go types.
type Typed map[string]Unit

const units = 24

// New returns the state, which is always the same: floats of full precision, as computed
// values have.
func New() Typed {
	r := rand.New(rand.NewPCG(1, 2))
	x := func() float64 { return r.NormFloat64() * 1000 }
	t := make(Typed, units)
	for i := range units {
		t[fmt.Sprintf("unit_%02d", i)] = Unit{x(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x()}
	}
	return t
}

// Fields returns the fields of u under their names.
func (u Unit) Fields() map[string]float64 {
	return map[string]float64{
		"active_power": u.ActivePower, "reactive_power": u.ReactivePower, "voltage": u.Voltage, "voltage_angle": u.VoltageAngle,
		"current": u.Current, "frequency": u.Frequency, "temperature": u.Temperature, "charge": u.Charge,
		"capacity": u.Capacity, "max_power": u.MaxPower, "min_power": u.MinPower, "efficiency": u.Efficiency,
		"price": u.Price, "demand": u.Demand, "losses": u.Losses, "setpoint": u.Setpoint,
	}
}

// Any returns the state in the types of decoding to an any.
func Any() map[string]any {
	all := make(map[string]any, units)
	for name, u := range New() {
		m := make(map[string]any, 16)
		for k, v := range u.Fields() {
			m[k] = v
		}
		all[name] = m
	}
	return all
}

// Maps returns the state as maps of floats.
func Maps() map[string]map[string]float64 {
	all := make(map[string]map[string]float64, units)
	for name, u := range New() {
		all[name] = u.Fields()
	}
	return all
}

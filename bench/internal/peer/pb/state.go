package pb

import "github.com/aiomas-go/aiomas-go/bench/internal/state"

// StateOf returns t as a message.
func StateOf(t state.Typed) *State {
	s := &State{Units: make(map[string]*Unit, len(t))}
	for name, u := range t {
		s.Units[name] = &Unit{
			ActivePower: u.ActivePower, ReactivePower: u.ReactivePower, Voltage: u.Voltage, VoltageAngle: u.VoltageAngle,
			Current: u.Current, Frequency: u.Frequency, Temperature: u.Temperature, Charge: u.Charge,
			Capacity: u.Capacity, MaxPower: u.MaxPower, MinPower: u.MinPower, Efficiency: u.Efficiency,
			Price: u.Price, Demand: u.Demand, Losses: u.Losses, Setpoint: u.Setpoint,
		}
	}
	return s
}

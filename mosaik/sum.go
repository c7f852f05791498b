package mosaik

import "math"

// sum adds from left to right. Like Python, it begins with the integer 0, so that
// the sum of -0.0 is 0.0.
func sum(values []Input) (float64, error) {
	s := 0.0
	for _, v := range values {
		f, err := v.Value.Float()
		if err != nil {
			return 0, err
		}
		s += f
	}
	return s, nil
}

// sumPrecise is Neumaier's sum, as in CPython since 3.12.
func sumPrecise(values []Input) (float64, error) {
	s, lost := 0.0, 0.0
	for _, v := range values {
		x, err := v.Value.Float()
		if err != nil {
			return 0, err
		}
		t := s + x
		if math.Abs(s) >= math.Abs(x) {
			lost += float64(s-t) + x
		} else {
			lost += float64(x-t) + s
		}
		s = t
	}
	if lost != 0 && !math.IsInf(lost, 0) && !math.IsNaN(lost) {
		s += lost
	}
	return s, nil
}

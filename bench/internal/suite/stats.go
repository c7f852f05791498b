package suite

import (
	"cmp"
	"fmt"
	"slices"
)

// Summary is the median of the rounds, with the minimum and maximum.
type Summary struct{ Median, Min, Max float64 }

// String formats a summary as 9.1 (8.4–9.9), or as one number if it does not vary.
func (s Summary) String() string {
	if s.Min == s.Max {
		return fmt.Sprintf("%.3g", s.Median)
	}
	return s.Format(Number)
}

// Format formats the median and the extremes with f.
func (s Summary) Format(f func(float64) string) string {
	return fmt.Sprintf("%s (%s–%s)", f(s.Median), f(s.Min), f(s.Max))
}

// Number formats x with about three digits.
func Number(x float64) string {
	switch {
	case x >= 99.5:
		return fmt.Sprintf("%.0f", x)
	case x >= 9.95:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// Summarise returns the summary of one value for each round.
func Summarise(values []float64) Summary {
	if len(values) == 0 {
		return Summary{}
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return Summary{(v[(n-1)/2] + v[n/2]) / 2, v[0], v[n-1]}
}

// Value is a value computed from a sample.
type Value func(Sample) float64

// Rate returns calls per second.
func Rate(s Sample) float64 { return float64(s.Calls) / float64(s.Nanos) * 1e9 }

// NanosPerCall returns the time of a call, if there is one at a time.
func NanosPerCall(s Sample) float64 { return float64(s.Nanos) / float64(s.Calls) }

// CPU returns the CPU time of both ends for each call, in µs.
func CPU(s Sample) float64 { return ClientCPU(s) + ServerCPU(s) }

// ClientCPU returns the CPU time of the calling end for each call, in µs.
func ClientCPU(s Sample) float64 { return float64(s.Client.CPU) / 1e3 / float64(s.Calls) }

// ServerCPU returns the CPU time of the serving end for each call, in µs.
func ServerCPU(s Sample) float64 { return float64(s.Server.CPU) / 1e3 / float64(s.Calls) }

// Mallocs returns the heap objects of both ends for each call.
func Mallocs(s Sample) float64 { return float64(s.Client.Mallocs+s.Server.Mallocs) / float64(s.Calls) }

// Of summarises a value of one contender.
func (r Results) Of(suite, name string, v Value) (Summary, bool) {
	samples := r[suite][name]
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = v(s)
	}
	return Summarise(values), len(values) > 0
}

// Ratio summarises v of a over w of b, each of the same round.
func (r Results) Ratio(suite, a string, v Value, b string, w Value) (Summary, bool) {
	as, bs := r[suite][a], r[suite][b]
	values := make([]float64, min(len(as), len(bs)))
	for i := range values {
		values[i] = v(as[i]) / w(bs[i])
	}
	return Summarise(values), len(values) > 0
}

// Names returns the contenders of a suite, the one with the largest median first.
func (r Results) Names(suite string, v Value) []string {
	var names []string
	for name := range r[suite] {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, _ := r.Of(suite, a, v)
		y, _ := r.Of(suite, b, v)
		return cmp.Or(cmp.Compare(y.Median, x.Median), cmp.Compare(a, b))
	})
	return names
}

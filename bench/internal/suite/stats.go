package suite

import (
	"cmp"
	"fmt"
	"slices"
)

// Summary is the median of the rounds, and their extremes.
type Summary struct{ Median, Min, Max float64 }

// String writes 9.1 (8.4–9.9), and what does not vary as it is.
func (s Summary) String() string {
	if s.Min == s.Max {
		return fmt.Sprintf("%.3g", s.Median)
	}
	return s.Format(Number)
}

// Format writes the median and the extremes, each by f.
func (s Summary) Format(f func(float64) string) string {
	return fmt.Sprintf("%s (%s–%s)", f(s.Median), f(s.Min), f(s.Max))
}

// Number writes x in about three digits.
func Number(x float64) string {
	switch {
	case x >= 99.5:
		return fmt.Sprintf("%.0f", x)
	case x >= 9.95:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// Summarise returns the summary of one value a round.
func Summarise(values []float64) Summary {
	if len(values) == 0 {
		return Summary{}
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return Summary{(v[(n-1)/2] + v[n/2]) / 2, v[0], v[n-1]}
}

// Value is something that a sample tells.
type Value func(Sample) float64

// Rate is calls a second.
func Rate(s Sample) float64 { return float64(s.Calls) / float64(s.Nanos) * 1e9 }

// NanosPerCall is the time of a call, if one runs at a time.
func NanosPerCall(s Sample) float64 { return float64(s.Nanos) / float64(s.Calls) }

// CPU is µs of both ends for a call.
func CPU(s Sample) float64 { return ClientCPU(s) + ServerCPU(s) }

// ClientCPU is µs of the calling end for a call.
func ClientCPU(s Sample) float64 { return float64(s.Client.CPU) / 1e3 / float64(s.Calls) }

// ServerCPU is µs of the serving end for a call.
func ServerCPU(s Sample) float64 { return float64(s.Server.CPU) / 1e3 / float64(s.Calls) }

// Mallocs is heap objects of both ends for a call.
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

// Ratio summarises v of a over w of b, of the same round each.
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

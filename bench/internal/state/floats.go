package state

import (
	"encoding/binary"
	"math"
)

// Floats returns n values of a daily load curve with a little noise, an array typical of
// simulations, neither constant nor random. The Python code computes the same values.
func Floats(n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = math.Round(1e4*(50+30*math.Sin(float64(i)/96)+float64(i*7919%1000)/100)) / 1e4
	}
	return list
}

// FloatBytes returns the values as the bytes of an array, as numpy's tobytes does.
func FloatBytes(n int) []byte {
	b := make([]byte, 0, 8*n)
	for _, x := range Floats(n) {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

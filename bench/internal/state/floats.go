package state

import (
	"encoding/binary"
	"math"
)

// Floats returns n values of a daily load curve with a little noise in it: a
// numeric array as simulations have, neither constant nor random. Python's twin
// computes the same ones.
func Floats(n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = math.Round(1e4*(50+30*math.Sin(float64(i)/96)+float64(i*7919%1000)/100)) / 1e4
	}
	return list
}

// FloatBytes returns them as the bytes of an array, as numpy's tobytes does.
func FloatBytes(n int) []byte {
	b := make([]byte, 0, 8*n)
	for _, x := range Floats(n) {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

// Package number writes ints and floats as Python does and reads floats, with
// the fastest known exact algorithms: Schubfach (R. Giulietti, "The Schubfach
// way to render doubles") and Eisel-Lemire (D. Lemire, "Number parsing at a
// gigabyte per second"). Both multiply by powers of ten of 128 bits from one
// table.
//
// Converting floats is most of the work for messages of floats, and strconv
// takes about twice as long in either direction.
package number

//go:generate go run gen.go

// power is 10^k, scaled by a power of two to 128 bits, rounded down.
type power struct{ hi, lo uint64 }

// powerOf returns the power of ten k, minPower ≤ k ≤ maxPower.
func powerOf(k int) power { return powers[k-minPower] }

// log2Pow10 returns the floor of the binary logarithm of 10^k.
func log2Pow10(k int) int { return k * 1741647 >> 19 }

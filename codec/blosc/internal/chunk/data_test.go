package chunk

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// recipe is how data is made: the same here and in interop/python/capture_blosc.py,
// which tells what the kinds are like.
type recipe struct {
	kind string
	n, p int
}

func (r *recipe) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&r.kind, &r.n, &r.p})
}

func (r recipe) String() string { return fmt.Sprintf("%s-%d-%d", r.kind, r.n, r.p) }

func (r recipe) data() []byte {
	switch r.kind {
	case "zeros":
		return make([]byte, r.n)
	case "random":
		return randomBytes(r.n, r.p)
	case "tile":
		return repeated(randomBytes(r.p, r.p), r.n)
	case "ramp":
		return fill(r.n, func(b []byte, i int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(i)*uint64(r.p)) })
	case "doubles":
		return fill(r.n, func(b []byte, i int) []byte { return binary.LittleEndian.AppendUint64(b, r.level(i)) })
	case "floats":
		return fill(r.n, func(b []byte, i int) []byte { return binary.BigEndian.AppendUint64(append(b, 0xcb), r.level(i)) })
	case "words":
		next := numbers(r.p)
		var part []byte
		for range min(r.n, 40000)/9 + 1 {
			part = fmt.Appendf(part, "\xa8value_%02d", next()>>24)
		}
		return repeated(part, r.n)
	case "runs":
		next := numbers(r.p)
		var part []byte
		for x := next(); len(part) < min(r.n, 40000); x = next() {
			part = append(part, bytes.Repeat([]byte{byte(x >> 24)}, 1+int(x>>8&0xffff)%r.p)...)
		}
		return repeated(part, r.n)
	case "noisy":
		next := numbers(r.p)
		return fill(r.n, func(b []byte, i int) []byte {
			for range r.p {
				b = append(b, byte(next()>>24))
			}
			return append(append(b, byte(i/16)), make([]byte, 7-r.p)...)
		})
	}
	panic("no data of kind " + r.kind)
}

func (r recipe) level(i int) uint64 {
	return math.Float64bits(float64(int64(i)*int64(i)%97)/8 + float64(i/r.p))
}

// numbers are pseudo-random.
func numbers(seed int) func() uint32 {
	x := uint32(seed)
	return func() uint32 {
		x = x*1664525 + 1013904223
		return x
	}
}

func randomBytes(n, seed int) []byte {
	next := numbers(seed)
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(next() >> 24)
	}
	return b
}

func repeated(part []byte, n int) []byte {
	if n == 0 {
		return nil
	}
	return bytes.Repeat(part, n/len(part)+1)[:n]
}

// fill appends elements until there are n bytes.
func fill(n int, element func(b []byte, i int) []byte) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = element(b, i)
	}
	return b[:n]
}

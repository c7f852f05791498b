package chunk

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// messages are like what package msgpack makes of agents' values.
func messages() map[string][]byte {
	array := func(n int, f func(i int) float64) []byte {
		b := binary.BigEndian.AppendUint32([]byte{0xdd}, uint32(n))
		for i := range n {
			b = binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(f(i)))
		}
		return b
	}
	r := rand.New(rand.NewPCG(1, 2))
	var state []byte
	for i := range 40 {
		for j := range 15 {
			state = append(append(state, 0xa8), fmt.Sprintf("value_%02d", j)...)
			state = binary.BigEndian.AppendUint64(append(state, 0xcb), math.Float64bits(float64(i*j)+0.5))
		}
	}
	sine := func(i int) float64 { return math.Round((100+50*math.Sin(float64(i)/96*2*math.Pi))*8) / 8 }
	return map[string][]byte{
		"state":   state,
		"sine":    array(1_000_000, sine),
		"noise":   array(1_000_000, func(int) float64 { return r.NormFloat64() }),
		"steps":   array(1_000_000, func(i int) float64 { return float64(i / 7) }),
		"walk":    array(1_000_000, func(i int) float64 { return math.Round(float64(i)*1.5+r.Float64()*100) / 100 }),
		"array1k": array(128, sine),
	}
}

func BenchmarkCompress(b *testing.B) {
	for name, data := range messages() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			var out []byte
			for b.Loop() {
				out, _ = Compress(out[:0], data, 8)
			}
			b.ReportMetric(float64(len(out)), "bytes")
		})
	}
}

// BenchmarkCompressFresh takes memory for each chunk, as a message to be sent does.
func BenchmarkCompressFresh(b *testing.B) {
	for name, data := range messages() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Compress(make([]byte, 4, 512), data, 8)
			}
		})
	}
}

func BenchmarkDecompress(b *testing.B) {
	for name, data := range messages() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			c, _ := Compress(nil, data, 8)
			var out []byte
			for b.Loop() {
				var err error
				if out, err = Decompress(out[:0], c, MaxSize); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

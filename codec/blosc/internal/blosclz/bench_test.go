package blosclz

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// streams are like the splits of shuffled arrays.
func streams() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 128 << 10
	text, steps, noise := make([]byte, 0, n), make([]byte, 0, n), make([]byte, 0, n)
	for i := 0; len(text) < n; i++ {
		text = append(text, "value_"...)
		text = binary.BigEndian.AppendUint32(append(text, byte('0'+i%10)), uint32(r.IntN(64)))
	}
	for i := 0; len(steps) < n; i++ {
		// Every eighth byte of records of nine.
		b := binary.BigEndian.AppendUint64([]byte{0xcb}, math.Float64bits(float64(i*8/9/7)))
		steps = append(steps, b[i*8%9])
	}
	walk := make([]byte, 0, n)
	for i := 0; len(walk) < n; i++ {
		b := binary.BigEndian.AppendUint64([]byte{0xcb}, math.Float64bits(math.Round(float64(i)*1.5+r.Float64()*100)/100))
		walk = append(walk, b[i*8%9])
	}
	for len(noise) < n {
		noise = append(noise, byte(r.IntN(40)), 7)
	}
	return map[string][]byte{"text": text[:n], "steps": steps[:n], "noise": noise, "walk": walk, "short": text[:1300]}
}

func BenchmarkCompress(b *testing.B) {
	for name, src := range streams() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			dst, t, n := make([]byte, len(src)), new(Table), 0
			for b.Loop() {
				n = t.Compress(dst, src, true)
			}
			b.ReportMetric(float64(n), "bytes")
		})
	}
}

func BenchmarkDecompress(b *testing.B) {
	for name, src := range streams() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			c := make([]byte, len(src))
			c = c[:new(Table).Compress(c, src, true)]
			dst := make([]byte, len(src))
			for b.Loop() {
				if !Decompress(dst, c) {
					b.Fatal("malformed")
				}
			}
		})
	}
}

package aiomas

import (
	"fmt"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// BenchmarkFunctions finds and calls one of so many functions, in an order that
// no cache foresees.
func BenchmarkFunctions(b *testing.B) {
	for _, n := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := NewRouter()
			for i := range n {
				r.Expose(fmt.Sprintf("function_%05d", i), func(a, b int) int { return a + b + i })
			}
			raw, err := msgpack.Codec.AppendValue(nil, []any{"function_00000", []any{1, 2}, codec.Dict{}}, nil)
			if err != nil {
				b.Fatal(err)
			}
			d := msgpack.Codec.NewDecoder()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i = (i + 7919) % n
				for k, x := 15, i; k > 10; k, x = k-1, x/10 {
					raw[k] = byte('0' + x%10)
				}
				d.Reset(raw, nil)
				path, err := readPath(d)
				if err != nil {
					b.Fatal(err)
				}
				f, err := r.resolve(path, false)
				if err != nil {
					b.Fatal(err)
				}
				args, err := f.fn.Bind(d)
				if err != nil {
					b.Fatal(err)
				}
				v, err := f.fn.Invoke(b.Context(), args)
				if err != nil || v != 3+i {
					b.Fatal(v, err)
				}
			}
		})
	}
}

package codecs

import (
	stdjson "encoding/json"
	"fmt"
	"runtime"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/tinylib/msgp/msgp"

	"github.com/aiomas-go/aiomas-go/bench/internal/state"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/codec/ndarray"
)

// measurement is a value with lists of floats, as users have it.
type measurement struct {
	Name    string    `json:"name"`
	Samples []float64 `json:"samples"`
}

// bytesOp is an operation on data; it returns their size.
type bytesOp struct {
	name string
	op   func() (size int, err error)
}

// codecOps returns the operations of a codec of ours.
func codecOps[T any](c codec.Codec, v T, reg *codec.Registry) []bytesOp {
	var buf []byte
	encode := func() (int, error) {
		var err error
		buf, err = c.AppendValue(buf[:0], v, reg)
		return len(buf), err
	}
	decode := func(target func() any, end func()) func() (int, error) {
		return func() (int, error) {
			if len(buf) == 0 {
				if _, err := encode(); err != nil {
					return 0, err
				}
			}
			raw, err := c.ParseValue(buf, codec.Limits{Size: 1 << 30, Elements: 1 << 28})
			if err != nil {
				return 0, err
			}
			d := c.NewDecoder()
			d.Reset(raw, reg)
			err = d.Decode(target())
			end()
			return len(buf), err
		}
	}
	var loan codec.Loan[T]
	return []bytesOp{
		{"encode/" + c.Name(), encode},
		{"decode/" + c.Name(), decode(func() any { return new(T) }, func() {})},
		{"decode/" + c.Name() + "-lent", decode(func() any { return &loan }, func() { loan.Release() })},
	}
}

// libraryOps returns the operations of a library.
func libraryOps[T any](name string, encode func() ([]byte, error), decode func([]byte, *T) error) []bytesOp {
	var data []byte
	return []bytesOp{
		{"encode/" + name, func() (int, error) {
			b, err := encode()
			return len(b), err
		}},
		{"decode/" + name, func() (_ int, err error) {
			if data == nil {
				if data, err = encode(); err != nil {
					return 0, err
				}
				data = append([]byte(nil), data...)
			}
			var v T
			return len(data), decode(data, &v)
		}},
	}
}

func jsonOps[T any](v T) []bytesOp {
	return append(
		libraryOps("encoding/json", func() ([]byte, error) { return stdjson.Marshal(v) }, func(b []byte, v *T) error { return stdjson.Unmarshal(b, v) }),
		libraryOps("encoding/json/v2", func() ([]byte, error) { return jsonv2.Marshal(v) }, func(b []byte, v *T) error { return jsonv2.Unmarshal(b, v) })...)
}

// msgpFloats appends and reads a list of floats as the generated code of tinylib does.
func msgpFloats(b []byte, list []float64) []byte {
	b = msgp.AppendArrayHeader(b, uint32(len(list)))
	for _, x := range list {
		b = msgp.AppendFloat64(b, x)
	}
	return b
}

func readMsgpFloats(b []byte) (list []float64, rest []byte, err error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil {
		return nil, b, err
	}
	list = make([]float64, n)
	for i := range list {
		if list[i], b, err = msgp.ReadFloat64Bytes(b); err != nil {
			return nil, b, err
		}
	}
	return list, b, nil
}

func msgpStruct(v measurement) []bytesOp {
	var buf []byte
	return libraryOps("tinylib", func() ([]byte, error) {
		b := msgp.AppendMapHeader(buf[:0], 2)
		b = msgp.AppendString(msgp.AppendString(b, "name"), v.Name)
		buf = msgpFloats(msgp.AppendString(b, "samples"), v.Samples)
		return buf, nil
	}, func(b []byte, v *measurement) error {
		n, b, err := msgp.ReadMapHeaderBytes(b)
		for range n {
			var key []byte
			if key, b, err = msgp.ReadMapKeyZC(b); err != nil {
				return err
			}
			if string(key) == "name" {
				v.Name, b, err = msgp.ReadStringBytes(b)
			} else {
				v.Samples, b, err = readMsgpFloats(b)
			}
			if err != nil {
				return err
			}
		}
		return err
	})
}

func msgpMap(v map[string][]float64) []bytesOp {
	var buf []byte
	return libraryOps("tinylib", func() ([]byte, error) {
		buf = msgp.AppendMapHeader(buf[:0], uint32(len(v)))
		for key, list := range v {
			buf = msgpFloats(msgp.AppendString(buf, key), list)
		}
		return buf, nil
	}, func(b []byte, v *map[string][]float64) error {
		n, b, err := msgp.ReadMapHeaderBytes(b)
		if err != nil {
			return err
		}
		*v = make(map[string][]float64, n)
		for range n {
			var key string
			var list []float64
			if key, b, err = msgp.ReadStringBytes(b); err != nil {
				return err
			}
			if list, b, err = readMsgpFloats(b); err != nil {
				return err
			}
			(*v)[key] = list
		}
		return nil
	})
}

// copyOp is the least that receiving takes: a copy of data of this size to new memory, and
// to the same memory.
func copyOps(size int) []bytesOp {
	from, to := make([]byte, size), make([]byte, size)
	return []bytesOp{
		{"copy/new", func() (int, error) { kept = append([]byte(nil), from...); return size, nil }},
		{"copy/memory", func() (int, error) { return copy(to, from), nil }},
	}
}

var kept []byte

// largeOps returns the operations for lists of n floats, by what they are in.
func largeOps(n int) map[string][]bytesOp {
	list := state.Floats(n)
	single := measurement{"a", list}
	many := map[string][]float64{}
	for i := range 100 {
		many[fmt.Sprintf("series_%02d", i)] = list[i*n/100 : (i+1)*n/100]
	}
	reg, err := codec.NewRegistry(ndarray.Serializer)
	if err != nil {
		panic(err)
	}
	array, err := ndarray.New(list)
	if err != nil {
		panic(err)
	}
	join := func(lists ...[]bytesOp) (all []bytesOp) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	return map[string][]bytesOp{
		"field": join(codecOps(json.Codec, single, nil), codecOps(msgpack.Codec, single, nil), jsonOps(single), msgpStruct(single)),
		"map":   join(codecOps(json.Codec, many, nil), codecOps(msgpack.Codec, many, nil), jsonOps(many), msgpMap(many)),
		"array": join(codecOps(msgpack.Codec, array, reg), codecOps(blosc.Codec, array, reg)),
		"copy":  copyOps(8 * n),
	}
}

// BenchmarkLarge prints the time of each byte of the encoded value:
//
//	go test ./internal/codecs -run '^$' -bench 'Large/8MB' -benchtime 5x -count 6
func BenchmarkLarge(b *testing.B) {
	for _, size := range []struct {
		name   string
		floats int
	}{{"8MB", 1_000_000}, {"100MB", 12_500_000}} {
		b.Run(size.name, func(b *testing.B) {
			for what, ops := range largeOps(size.floats) {
				for _, o := range ops {
					b.Run(what+"/"+o.name, func(b *testing.B) {
						runtime.GC()
						n, err := o.op()
						if err != nil {
							b.Fatal(err)
						}
						b.ReportAllocs()
						for b.Loop() {
							if _, err := o.op(); err != nil {
								b.Fatal(err)
							}
						}
						b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/byte")
					})
				}
			}
			runtime.GC()
		})
	}
}

// TestLarge runs each operation once, on small lists.
func TestLarge(t *testing.T) {
	for what, ops := range largeOps(1000) {
		for _, o := range ops {
			if n, err := o.op(); err != nil || n == 0 {
				t.Errorf("%s/%s: %d bytes, %v", what, o.name, n, err)
			}
		}
	}
}

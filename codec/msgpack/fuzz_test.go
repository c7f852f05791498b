package msgpack_test

import (
	"maps"
	"math"
	"runtime/metrics"
	"slices"
	"testing"

	vmsgpack "github.com/vmihailenco/msgpack/v5"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// seeds adds what real Python writes and reads, and what kills other decoders.
func seeds(f *testing.F, add func(content []byte)) {
	f.Helper()
	for i, c := range golden.Cases(f, "msgpack") {
		if c.Payload != nil && len(c.Payload) < 200 && (i%7 == 0 || c.Kind == golden.Decode || len(c.Types) > 0) {
			add(c.Payload)
		}
	}
	for _, s := range []string{
		"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff", "\xdc\xff\xff\xdc\xff\xff\xdc\xff\xff",
		"\x91\x91\x91\x91\x91\x91\x91\x91", "\x81\x91\x80\xc0", "\x81\xa8__type__\x92\x00\x01", "\x82\xc4\x01a\x01\xa1a\x02",
		"\x81\xa1m\xc7\x05\x05\xdf\xff\xff\xff\xff", "\x81\xa1a\xd4\xff\x00", "\x81\xa2id\xcd\x01\x2c",
	} {
		add([]byte(s))
	}
}

func fuzzRegistry(f *testing.F) *codec.Registry {
	f.Helper()
	reg, err := codec.NewRegistry(
		codec.NewStructSerializer[Point](),
		codec.NewSerializer(
			func(p [2]float64) ([]float64, error) { return p[:], nil },
			func(p []float64) (x [2]float64, err error) { copy(x[:], p); return x, nil }))
	if err != nil {
		f.Fatal(err)
	}
	return reg.WithObject(proxyObject)
}

// heapMeter reads what was allocated, to within some 100 KiB, and a hundred times
// as fast as runtime.ReadMemStats.
type heapMeter [1]metrics.Sample

func newHeapMeter() *heapMeter { return &heapMeter{{Name: "/gc/heap/allocs:bytes"}} }

func (m *heapMeter) allocated() uint64 {
	metrics.Read(m[:])
	return m[0].Value.Uint64()
}

// Whatever arrives: no panic, bounded memory, and what is accepted can be
// decoded, and encoded again into bytes that stay as they are.
func FuzzParseMessage(f *testing.F) {
	seeds(f, func(content []byte) {
		f.Add(content)
		f.Add(append([]byte{0x93, 0, 1}, content...))
	})
	reg := fuzzRegistry(f)
	heap := newHeapMeter()
	f.Fuzz(func(t *testing.T, payload []byte) {
		const perByte = 2000 // an empty dict of one byte is a map, and all is decoded several times
		before := heap.allocated()
		checkMessage(t, payload, reg)
		if got := heap.allocated() - before; got > uint64(len(payload))*perByte+1<<20 {
			t.Errorf("%d bytes were allocated for %d", got, len(payload))
		}
	})
}

func checkMessage(t *testing.T, payload []byte, reg *codec.Registry) {
	t.Helper()
	d := decoderOf(payload, reg)
	_, _ = d.Any() // without a scan: an error is fine
	m, err := msgpack.Codec.ParseMessage(payload, codec.Limits{})
	if err != nil {
		if m.Content != nil {
			t.Errorf("content with %v", err)
		}
		return
	}
	d.Reset(m.Content, nil)
	if err := d.Skip(); err != nil || d.Kind() != codec.KindInvalid {
		t.Errorf("Skip: %v, then %v", err, d.Kind())
	}
	d.Reset(m.Content, reg)
	v, err := d.Any()
	if err != nil {
		return // a custom type that is not as registered
	}
	if d.Kind() != codec.KindInvalid {
		t.Errorf("Any left %v", d.Kind())
	}
	first, err := msgpack.Codec.AppendMessage(nil, m.Type, m.ID, v, reg)
	if err != nil {
		return // nested deeper than we send, a negative extension
	}
	again, err := msgpack.Codec.ParseMessage(first, codec.Limits{})
	if err != nil || again.Type != m.Type || again.ID != m.ID {
		t.Fatalf("%x became %x: %v, %v", payload, first, again, err)
	}
	d.Reset(again.Content, reg)
	v2, err := d.Any()
	if err != nil {
		t.Fatalf("%x became %x: %v", payload, first, err)
	}
	if _, ok := v.(map[any]any); !ok && !same(v, v2) { // NaN as a key is never the same
		if b, err := msgpack.Codec.AppendMessage(nil, m.Type, m.ID, v2, reg); err != nil || len(b) != len(first) {
			t.Errorf("%s became %s", show(v), show(v2))
		}
	}
}

// Typed targets, by the walk and by the fast ways, agree on what fits.
func FuzzDecodeTyped(f *testing.F) {
	type inner struct {
		X, Y []float64
		M    map[string]float64
	}
	type target struct {
		A int8
		B *uint16
		C []string
		D map[int]inner
		E codec.Dict
		F codec.Value
		G any
		H [2]float32
		I inner
		J celsius
		K tagged
		L msgpack.Ext
		P *proxy
	}
	seeds(f, func(content []byte) { f.Add(content) })
	for _, v := range []any{target{}, map[string]any{"a": 1, "i": inner{X: []float64{1}}}, []float64{1, math.NaN()}, map[string]float64{"a": 1}} {
		f.Add(encoded(f, v))
	}
	for _, v := range codectest.RowSeeds {
		f.Add(encoded(f, v))
	}
	reg := fuzzRegistry(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		raw, err := msgpack.Codec.ParseValue(data, codec.Limits{})
		if err != nil {
			raw = data // must not panic either
		}
		d := msgpack.Codec.NewDecoder()
		for _, p := range []any{new(target), new([]target), new(codec.Dict), new([]float64), new(map[string]float64), new(map[string]any), new(map[any]any), new(Point), new(proxy), new(codec.Value), &codec.Tuple{new(int), new(string)}} {
			d.Reset(raw, reg)
			if d.Decode(p) == nil && err == nil && d.Kind() != codec.KindInvalid {
				t.Errorf("%x into %T: something is left", data, p)
			}
		}
		codectest.CheckRows(t, d, raw)
		// The fast ways agree with the walk, which alone knows the named types.
		type floats []float64
		type floatMap map[string]float64
		var list []float64
		var slow floats
		var m map[string]float64
		var slowM floatMap
		agree(t, d, raw, &list, &slow, func() bool { return slices.EqualFunc(list, slow, sameFloat) })
		agree(t, d, raw, &m, &slowM, func() bool { return maps.EqualFunc(m, slowM, sameFloat) })
	})
}

func agree(t *testing.T, d codec.Decoder, raw []byte, fast, slow any, equal func() bool) {
	t.Helper()
	d.Reset(raw, nil)
	err := d.Decode(fast)
	d.Reset(raw, nil)
	slowErr := d.Decode(slow)
	if (err == nil) != (slowErr == nil) || err == nil && !equal() {
		t.Errorf("%x: %v, %v, but %v, %v", raw, fast, err, slow, slowErr)
	}
}

func sameFloat(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }

// What the scan has accepted does not harm vmihailenco/msgpack.
func FuzzForeign(f *testing.F) {
	type every struct {
		ID  int64               `msgpack:"id"`
		M   map[string]any      `msgpack:"m"`
		N   map[string]string   `msgpack:"n"`
		T   map[int]tagged      `msgpack:"t"`
		A   any                 `msgpack:"a"`
		L   []any               `msgpack:"l"`
		S   []string            `msgpack:"s"`
		B   []byte              `msgpack:"b"`
		R   vmsgpack.RawMessage `msgpack:"r"`
		W   wire                `msgpack:"w"`
		P   pairOf              `msgpack:"p"`
		E   *ext                `msgpack:"e"`
		AsA asArray             `msgpack:"as_array"`
		In  string              `msgpack:"in,intern"`
	}
	seeds(f, func(content []byte) {
		f.Add(content)
		for _, key := range []string{"m", "a", "r", "w", "e", "in"} {
			f.Add(append(append([]byte{0x81, 0xa0 | byte(len(key))}, key...), content...))
		}
	})
	heap := newHeapMeter()
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := msgpack.Codec.ParseValue(data, codec.Limits{}); err != nil {
			return
		}
		before := heap.allocated()
		for _, target := range []any{
			new(byThat[every]), new(byThat[tagged]), new(vmsgpack.RawMessage), new(pairOf), new(wire), new(ext), new(byThat[interned]),
		} {
			_ = codec.Unmarshal(msgpack.Codec, data, target, nil)
		}
		if got := heap.allocated() - before; got > uint64(len(data))*7*2000+1<<20 {
			t.Errorf("%x: %d bytes were allocated", data, got)
		}
		// And what goes out is what may come in.
		b, err := msgpack.Codec.AppendValue(nil, vmsgpack.RawMessage(data), nil)
		if err != nil {
			return
		}
		if _, err := msgpack.Codec.ParseValue(b, codec.Limits{}); err != nil {
			t.Errorf("%x became %x: %v", data, b, err)
		}
	})
}

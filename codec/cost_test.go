package codec_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/base"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
)

// shell is the bytes that enclose a value.
type shell struct{ open, close string }

var shells = map[codec.Codec][]shell{
	msgpack.Codec: {
		{"\x91", ""}, {"\x92\x01", ""}, {"\x92", "\x01"}, {"\x81\xa1a", ""}, {"\x81\x01", ""}, {"\x81\xa1v", ""}, {"\x81\xa1n", ""},
		{"\x82\xa1a\x01\xa1b", ""}, {"\x82\xa1a", "\xa1b\x01"}, {"\x82\xa1a", "\xa1a\x01"}, {"\x82\xa1a", "\x01\x02"}, {"\x82\x01", "\xa1a\x01"},
		{"\x82\xa1a", "\xc4\x01b\x01"}, {"\x82\xc4\x01a", "\x91\x01\x02"}, {"\x83\xa1a\x01\xa1b", "\x91\x01\x02"}, {"\x82\xa1a\x01\xa1n", ""},
		{"\x81\xa8__type__\x92\x00", ""}, {"\x82\xa8__type__\x92\x00", "\x01\x02"}, {"\x82\xa8__type__\x92\x00", "\xa8__type__\x92\x00\x01"},
		{"\x82\xa1a\x01\xa8__type__\x92\x00", ""}, {"\x82\xa1a", "\xa8__type__\x92\x00\x01"}, {"\x82\x01", "\xa8__type__\x92\x00\x01"},
		{"\x81\xa8__type__\x92\x01\x81\xa1v", ""}, {"\x82\xa8__type__\x92\x01\x81\xa1v", "\xa1x\x01"}, {"\x81\xa8__type__\x92\x02", ""},
		// In a key, which must not be a dict but can be a custom type.
		{"\x81\x91", "\x01"}, {"\x81\x81\xa8__type__\x92\x02", "\x01"}, {"\x82\xa1a\x01\x91", "\x01"}, {"\x82\xa1a\x01\x81\xa8__type__\x92\x02", "\x01"},
	},
	json.Codec: {
		{"[", "]"}, {"[1,", "]"}, {"[", ",1]"}, {`{"a":`, "}"}, {`{"v":`, "}"}, {`{"n":`, "}"}, {`{"b":1,"a":`, "}"}, {`{"a":`, `,"b":1}`},
		{`{"a":`, `,"a":1}`}, {"{\"x\\n\":", "}"}, {`{"__type__":[0,`, "]}"}, {`{"__type__":[0,`, `],"b":1}`}, {`{"b":1,"__type__":[0,`, "]}"},
		{`{"__type__":[0,`, `],"__type__":[0,1]}`}, {`{"__type__":[1,{"v":`, "}]}"}, {`{"__type__":[2,`, "]}"}, {" [ ", " ] "},
	},
}

// leaves are large values without nesting.
var leaves = map[codec.Codec]string{
	msgpack.Codec: "\xdd\x00\x00\x40\x00" + strings.Repeat("\x01", 1<<14),
	json.Codec:    "[" + strings.Repeat("1,", 1<<14) + "1]",
}

type (
	box    struct{ V any }
	record struct{ V any }
	chain  struct {
		N *chain
		A any
		V *codec.Value
	}
	lists []lists
	dicts map[string]dicts
	keys  map[any]keys
)

func init() {
	own := base.New("own", codectest.PlainMsgPack{})
	shells[own], leaves[own] = shells[msgpack.Codec], leaves[msgpack.Codec]
}

func targets() map[string]any {
	return map[string]any{
		"any": new(any), "[]any": new([]any), "map[string]any": new(map[string]any), "map[any]any": new(map[any]any), "Dict": new(codec.Dict),
		"Value": new(codec.Value), "[]Value": new([]codec.Value), "Opaque": new(codec.Opaque), "box": new(box), "record": new(record),
		"chain": new(chain), "lists": new(lists), "dicts": new(dicts), "keys": new(keys),
	}
}

// TestNestingCostsNothing searches for values that take longer when nested deeper: a
// large value is enclosed 3 or 150 times. Decoding into any target, and encoding
// again, must take the time of the large value.
func TestNestingCostsNothing(t *testing.T) {
	if invariant.On || testing.Short() {
		t.Skip("measures time, without the race detector only")
	}
	reg := registry(t,
		codec.NewSerializer(func(b box) (any, error) { return b.V, nil }, func(v any) (box, error) { return box{v}, nil }),
		codec.NewStructSerializer[record](), codec.Reserved())
	regs := map[string]*codec.Registry{"": reg, "ordered": reg.WithDecoding(codec.Decoding{Ordered: true, Opaque: true})}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	tried := 0
	search := func(c codec.Codec, around []shell) {
		nested := func(n int) []byte {
			open, closing := "", ""
			for _, s := range around {
				open, closing = open+s.open, s.close+closing
			}
			return []byte(strings.Repeat(open, n) + leaves[c] + strings.Repeat(closing, n))
		}
		shallow, deep := nested(3), nested(150)
		for mode, reg := range regs {
			for name := range targets() {
				again := func(data []byte) func() {
					return func() {
						target := targets()[name]
						if codec.Unmarshal(c, data, target, reg) == nil {
							_, _ = codec.Marshal(c, target, reg) // not every target can be sent
						}
					}
				}
				tried++
				if testcost.Exceeds(8, 1, again(shallow), again(deep)) {
					t.Errorf("seed %d: %s %s %s in %q", seed, c.Name(), mode, name, around)
				}
			}
		}
	}
	for c, list := range shells {
		for _, s := range list {
			search(c, []shell{s})
		}
		testcost.Search(2*time.Second, func() { search(c, []shell{list[r.IntN(len(list))], list[r.IntN(len(list))]}) })
	}
	t.Logf("%d cases", tried)
}

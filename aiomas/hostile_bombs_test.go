package aiomas_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// A bomb is a few bytes that claim much, or much that nests. What a naive
// decoder makes of the first ones is told in docs/limits.md.
type bomb struct {
	name    string
	codec   codec.Codec
	payload string
}

func bombs() []bomb {
	request := mp("93 00 07")
	nested := mp(`93 00 07 93 "later" 91`)
	return []bomb{
		{"5 bytes: array32 of 4 Gi", msgpack.Codec, mp("dd ffffffff")},
		{"5 bytes: map32 of 4 Gi", msgpack.Codec, mp("df ffffffff")},
		{"5 bytes: bin32 of 4 GiB", msgpack.Codec, mp("c6 ffffffff")},
		{"5 bytes: str32 of 4 GiB", msgpack.Codec, mp("db ffffffff")},
		{"6 bytes: ext32 of 4 GiB", msgpack.Codec, mp("c9 ffffffff 05")},
		{"array32 of 4 Gi in a request", msgpack.Codec, request + mp("dd ffffffff")},
		{"map32 of 4 Gi in a request", msgpack.Codec, request + mp("df ffffffff")},
		{"bin32 of 4 GiB in a request", msgpack.Codec, request + mp("c6 ffffffff")},
		{"array32 of 4 Gi as argument", msgpack.Codec, nested + mp("dd ffffffff 80")},
		{"map32 of 4 Gi as argument", msgpack.Codec, nested + mp("df ffffffff 80")},
		{"60 KB of array16", msgpack.Codec, request + strings.Repeat(mp("dc ffff"), 20_000)},
		{"60 KB of array16, no request", msgpack.Codec, strings.Repeat(mp("dc ffff"), 20_000)},
		{"60 KB of array16 that just fit", msgpack.Codec, request + fittingArrays(400, 60_000)},
		{"60 KB of map16", msgpack.Codec, request + strings.Repeat(mp("de 7fff a0"), 15_000)},
		{"2 MB of 0x91", msgpack.Codec, request + strings.Repeat("\x91", 2_000_000)},
		{"10 million 0x91", msgpack.Codec, request + strings.Repeat("\x91", 10_000_000)},
		{"10 million 0x81", msgpack.Codec, request + strings.Repeat("\x81", 10_000_000)},
		{"10 million 0x91 as argument", msgpack.Codec, nested + strings.Repeat("\x91", 10_000_000)},
		{"10 million [", json.Codec, `[0, 7, ` + strings.Repeat("[", 10_000_000)},
		{"10 million [, closed", json.Codec, `[0, 7, ` + strings.Repeat("[", 10_000_000) + strings.Repeat("]", 10_000_001)},
		{"2 million dicts", json.Codec, `[0, 7, ` + strings.Repeat(`{"":`, 2_000_000)},
		{"a str without an end", json.Codec, `[0, 7, "` + strings.Repeat("x", 10_000_000)},
		{"an int of 10 million digits", json.Codec, `[0, 7, ` + strings.Repeat("9", 10_000_000) + `]`},
		{"9 million values", json.Codec, `[0, 7, [1` + strings.Repeat(",1", 9_000_000) + `]]`},
		{"9 million values in a dict", json.Codec, `[0, 7, {"":1` + strings.Repeat(`,"":1`, 9_000_000) + `}]`},
		{"27 KB of zstd for 500 MB", blosc.Codec, chunk(2, 1, 4<<5|16, 8, 500<<20, 500<<20, 27<<10, strings.Repeat("x", 27<<10-16))},
		{"32 bytes for 64 MiB", blosc.Codec, chunk(2, 1, 16, 8, 64<<20, 64<<20, 32, strings.Repeat("x", 16))},
		{"32 bytes for 2 GiB", blosc.Codec, chunk(2, 1, 16, 8, 1<<31-17, 1<<20, 32, strings.Repeat("x", 16))},
		{"64 KB of zeros for 64 MiB", blosc.Codec, chunk(2, 1, 16, 8, 64<<20, 64<<20, 64<<10, "\x14\x00\x00\x00\xe8\xff\x00\x00"+strings.Repeat("\x00", 64<<10-24))},
		{"blocks for 64 MiB", blosc.Codec, chunk(2, 1, 16, 8, 64<<20, 4<<10, 16+4*16<<10, strings.Repeat("\x00", 4*16<<10))},
		{"array32 of 4 Gi in a chunk", blosc.Codec, stored(mp("93 00 07 dd ffffffff"))},
		{"9 million empty dicts", msgpack.Codec, request + mp("dd 00895440") + strings.Repeat("\x80", 9_000_000)},
	}
}

// fittingArrays are nested array16 headers, each with a length that the bytes
// behind it could hold, to be believed one by one.
func fittingArrays(depth, size int) string {
	var b strings.Builder
	for range depth {
		b.WriteString(mp("dc e000"))
	}
	b.WriteString(strings.Repeat("\x01", size))
	return b.String()
}

// No bomb costs more than 1 MiB of heap beyond its own bytes, and none is taken
// for a message.
func TestBombsAreRefusedCheaply(t *testing.T) {
	for _, b := range bombs() {
		if tooLargeHere(b.payload) {
			continue
		}
		t.Run(b.codec.Name()+" "+b.name, func(t *testing.T) {
			payload := []byte(b.payload)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := b.codec.ParseMessage(payload, codec.Limits{})
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Error("it is a message")
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
				t.Errorf("%d bytes were allocated: %v", n, err)
			}
		})
	}
}

// The same on the way through a server, with the frame, the exception and the
// connection; frames past the size of the read buffer also cost their bytes.
func TestBombsOnAServer(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c)
		for _, b := range bombs() {
			if b.codec != c || tooLargeHere(b.payload) {
				continue
			}
			t.Run(b.name, func(t *testing.T) {
				want := ends("")
				if m, err := c.ParseMessage([]byte(b.payload), codec.Limits{}); isDecodeError(err) {
					want = fails("cannot be read").as(m.ID)
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				h.attack(t, b.payload, want)
				runtime.ReadMemStats(&after)
				// The test's own copy of the frame, and the reader's, which
				// grows by doublings.
				if n, most := after.TotalAlloc-before.TotalAlloc, uint64(1<<20+5*len(b.payload)); n > most {
					t.Errorf("%d bytes were allocated for %d", n, len(b.payload))
				}
			})
		}
		h.checkNothingLeft(t)
	})
}

// How much memory a peer can have taken for a byte that it sends, in the worst
// case: values for a parameter of type any.
func TestAmplification(t *testing.T) {
	const most = 120
	for _, c := range []struct {
		name  string
		codec codec.Codec
		unit  string
		begin string
		end   string
	}{
		{"None", msgpack.Codec, "\xc0", "\xdd\x00\x01\x00\x00", ""},
		{"empty lists", msgpack.Codec, "\x90", "\xdd\x00\x01\x00\x00", ""},
		{"empty dicts", msgpack.Codec, "\x80", "\xdd\x00\x01\x00\x00", ""},
		{"empty strs", msgpack.Codec, "\xa0", "\xdd\x00\x01\x00\x00", ""},
		{"lists of one", msgpack.Codec, "\x91\xc0", "\xdd\x00\x01\x00\x00", ""},
		{"dicts of one", msgpack.Codec, "\x81\xa0\xc0", "\xdd\x00\x01\x00\x00", ""},
		{"dicts of one int", msgpack.Codec, "\x81\x01\xc0", "\xdd\x00\x01\x00\x00", ""},
		{"dicts of one list", msgpack.Codec, "\x81\x90\xc0", "\xdd\x00\x01\x00\x00", ""},
		{"dicts of nine", msgpack.Codec, "\x89\x01\x01\x02\x01\x03\x01\x04\x01\x05\x01\x06\x01\x07\x01\x08\x01\x09\x01", "\xdd\x00\x01\x00\x00", ""},
		{"extensions", msgpack.Codec, "\xd4\x05\x00", "\xdd\x00\x01\x00\x00", ""},
		{"empty bytes", msgpack.Codec, "\xc4\x00", "\xdd\x00\x01\x00\x00", ""},
		{"empty lists", json.Codec, "[],", "[", "0]"},
		{"empty dicts", json.Codec, "{},", "[", "0]"},
		{"dicts of one", json.Codec, `{"":1},`, "[", "0]"},
		{"ints", json.Codec, "1000,", "[", "0]"},
	} {
		t.Run(c.codec.Name()+" "+c.name, func(t *testing.T) {
			payload := []byte(c.begin + strings.Repeat(c.unit, 1<<16) + c.end)
			d := c.codec.NewDecoder()
			d.Reset(payload, nil)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			v, err := d.Any()
			runtime.GC()
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			held := float64(after.HeapAlloc) - float64(before.HeapAlloc)
			taken := float64(after.TotalAlloc - before.TotalAlloc)
			t.Logf("holds %.1f bytes a byte, allocated %.1f", held/float64(len(payload)), taken/float64(len(payload)))
			if held > most*float64(len(payload)) {
				t.Errorf("holds %.0f bytes for %d", held, len(payload))
			}
			runtime.KeepAlive(v)
		})
	}
}

package aiomas_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec/blosc"
)

// chunk is a Blosc chunk whose header says these things.
func chunk(version, lz, flags, typesize byte, size, blockSize, whole int64, body string) string {
	b := []byte{version, lz, flags, typesize}
	for _, n := range []int64{size, blockSize, whole} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return string(b) + body
}

// stored is a chunk of data as they are.
func stored(data string) string {
	return chunk(2, 1, 2, 8, int64(len(data)), int64(len(data)), int64(16+len(data)), data)
}

// What a hostile peer can put into a chunk. Which call is meant would have been
// in there, so the connection ends.
var hostileBlosc = []hostileRow{
	{"no chunk", "x", ends("a Blosc chunk of 1 bytes")},
	{"a header cut", "\x02\x01\x13\x08\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00", ends("a Blosc chunk of 15 bytes")},
	{"json", `[0, 7, ["add", [1, 2], {}]]`, ends("it looks like codec json")},
	{"msgpack", mp(`93 00 07 93 "add" 92 01 02 80`), ends("it looks like codec msgpack")},
	{"msgpack of more bytes", mp(`93 00 07 93 "same" 91 "a text of sixteen"  80`), ends("it looks like codec msgpack")},
	{"NUL", strings.Repeat("\x00", 100), ends("version 0 of a Blosc chunk, not 2")},
	{"0xff", strings.Repeat("\xff", 100), ends("version 255 of a Blosc chunk, not 2")},
	{"version 1", chunk(1, 1, 2, 8, 1, 1, 17, "x"), ends("version 1 of a Blosc chunk, not 2")},
	{"version 5, of Blosc 2", chunk(5, 1, 2, 8, 1, 1, 17, "x"), ends("version 5 of a Blosc chunk, not 2")},
	{"an empty chunk", chunk(2, 1, 2, 8, 0, 0, 16, ""), ends("no value")},
	{"an empty chunk with bytes", chunk(2, 1, 0, 8, 0, 0, 17, "x"), ends("an empty Blosc chunk of 17 bytes")},
	{"an unknown flag", chunk(2, 1, 8|2, 8, 1, 1, 17, "x"), ends("unknown flags 0xa of a Blosc chunk")},
	{"elements of 0 bytes", chunk(2, 1, 0, 0, 1, 1, 17, "x"), ends("a Blosc chunk of elements without size")},
	{"shorter than it says", chunk(2, 1, 2, 8, 4, 4, 20, "xxx"), ends("a Blosc chunk of 19 bytes that says it has 20")},
	{"longer than it says", chunk(2, 1, 2, 8, 4, 4, 20, "xxxxx"), ends("a Blosc chunk of 21 bytes that says it has 20")},
	{"a size of 4 GiB of its own", chunk(2, 1, 2, 8, 4, 4, 0xffffffff, "xxxx"), ends("a Blosc chunk of 20 bytes that says it has 4294967295")},
	{"data of 4 GiB", chunk(2, 1, 0, 8, 0xffffffff, 0x10000, 32, strings.Repeat("x", 16)), ends("a Blosc chunk of 4294967295 bytes of data")},
	{"data of 2 GiB", chunk(2, 1, 0, 8, 0x7fffffff, 0x10000, 32, strings.Repeat("x", 16)), ends("a Blosc chunk of 2147483647 bytes of data")},
	{"data of 1 GiB", chunk(2, 1, 0, 8, 1<<30, 1<<30, 32, strings.Repeat("x", 16)), ends("1073741824 bytes of data")},
	{"data past the limit, in zstd", chunk(2, 1, 4<<5|16, 8, 64<<20+1, 64<<20+1, 27<<10, strings.Repeat("x", 27<<10-16)), ends("67108865 bytes")},
	{"data past the limit, stored", stored(strings.Repeat("x", 64<<20-15)), ends("the limit here is 67108864")},
	{"stored, of another size", chunk(2, 1, 2, 8, 5, 5, 20, "xxxx"), ends("a stored Blosc chunk of 20 bytes for 5 bytes of data")},
	{"blocks of nothing", chunk(2, 1, 0, 8, 100, 0, 32, strings.Repeat("x", 16)), ends("Blosc blocks of 0 bytes for 100 bytes of data")},
	{"blocks past the data", chunk(2, 1, 0, 8, 100, 101, 32, strings.Repeat("x", 16)), ends("Blosc blocks of 101 bytes for 100 bytes of data")},
	{"more blocks than bytes", chunk(2, 1, 0, 8, 1000, 1, 32, strings.Repeat("x", 16)), ends("1000 Blosc blocks in a chunk of 32 bytes")},
	{"compressor 5", chunk(2, 1, 5<<5, 8, 100, 100, 32, strings.Repeat("x", 16)), ends("unknown compressor 5")},
	{"compressor 7", chunk(2, 1, 7<<5, 8, 100, 100, 32, strings.Repeat("x", 16)), ends("unknown compressor 7")},
	{"a compressor's version 2", chunk(2, 2, 0, 8, 100, 100, 32, strings.Repeat("x", 16)), ends("version 2 of the format blosclz")},
	{"a block outside", chunk(2, 1, 16, 8, 100, 100, 32, "\xff\xff\xff\xff"+strings.Repeat("x", 12)), ends("broke the protocol")},
	{"a block in the header", chunk(2, 1, 16, 8, 100, 100, 32, "\x00\x00\x00\x00"+strings.Repeat("x", 12)), ends("broke the protocol")},
	{"a stream of 4 GiB", chunk(2, 1, 16, 8, 100, 100, 32, "\x14\x00\x00\x00\xff\xff\xff\xff"+strings.Repeat("x", 8)), ends("broke the protocol")},
	{"a stream of nothing", chunk(2, 1, 16, 8, 100, 100, 24, "\x14\x00\x00\x00\x00\x00\x00\x00"), ends("broke the protocol")},
	{"garbage in blosclz", chunk(2, 1, 16, 8, 100, 100, 32, "\x14\x00\x00\x00\x08\x00\x00\x00"+strings.Repeat("\xff", 8)), ends("broke the protocol")},
	{"garbage in lz4", chunk(2, 1, 1<<5|16, 8, 100, 100, 32, "\x14\x00\x00\x00\x08\x00\x00\x00"+strings.Repeat("\xff", 8)), ends("broke the protocol")},
	{"garbage in snappy", chunk(2, 1, 2<<5|16, 8, 100, 100, 32, "\x14\x00\x00\x00\x08\x00\x00\x00"+strings.Repeat("\xff", 8)), ends("broke the protocol")},
	{"garbage in zlib", chunk(2, 1, 3<<5|16, 8, 100, 100, 32, "\x14\x00\x00\x00\x08\x00\x00\x00"+strings.Repeat("\xff", 8)), ends("broke the protocol")},
	{"garbage in zstd", chunk(2, 1, 4<<5|16, 8, 100, 100, 32, "\x14\x00\x00\x00\x08\x00\x00\x00"+strings.Repeat("\xff", 8)), ends("broke the protocol")},
	{"a chunk in a chunk", stored(stored(mp(`93 00 07 93 "add" 92 01 02 80`))), ends("a int, not a list of three")},
	{"stored, with every flag of shuffling", chunk(2, 1, 7, 8, 12, 12, 28, mp(`93 00 07 93 "add" 92 01 02 80`)), gives("3")},
	{"stored, of elements of 255 bytes", chunk(2, 1, 2, 255, 12, 12, 28, mp(`93 00 07 93 "add" 92 01 02 80`)), gives("3")},
}

// Every row of MessagePack holds in a chunk too.
func TestHostileBlosc(t *testing.T) {
	rows := append([]hostileRow(nil), hostileBlosc...)
	for _, r := range hostileMsgPack {
		if strings.Contains(r.want.text, "it looks like") || strings.Contains(r.want.text, "an empty frame") {
			continue // about the frame
		}
		r.name, r.send = "stored: "+r.name, stored(r.send)
		r.want.text = strings.Replace(r.want.text, "msgpack message", "msgpack-blosc message", 1)
		rows = append(rows, r)
	}
	newHostileServer(t, blosc.Codec).run(t, rows)
}

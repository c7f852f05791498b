//go:build !race

// The race detector allocates extra memory for small values.

package walk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// listOf returns a list of about size bytes that repeats an encoded value.
func listOf(c codec.Codec, value string, size int) []byte {
	if c == json.Codec {
		return []byte("[" + strings.TrimSuffix(strings.Repeat(value+",", size/(len(value)+1)), ",") + "]")
	}
	n := size / len(value)
	return append(binary.BigEndian.AppendUint32([]byte{0xdd}, uint32(n)), bytes.Repeat([]byte(value), n)...)
}

// held returns the number of bytes that the result of decode occupies on the heap.
func held(t *testing.T, decode func() (any, error)) (size int64, err error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	v, err := decode()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(v)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc), err
}

// Decoded values take less than a hundred times the memory of the message, as
// SECURITY.md says. With -v it prints a table.
func TestAmplification(t *testing.T) {
	const size = 256 << 10
	repeat := strings.Repeat
	tests := []struct {
		name, json, msgpack string
		refused             bool // by MsgPack: it would take more
	}{
		{"None", "null", "\xc0", false},
		{"small int", "5", "\x05", false},
		{"negative int", "-5", "\xfb", false},
		{"int", "300", "\xcd\x01\x2c", false},
		{"large int", "18446744073709551616", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", false},
		{"float", "1.5", "\xca\x00\x00\x00\x00", false},
		{"NaN", "NaN", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", false},
		{"empty str", `""`, "\xa0", false},
		{"str", `"a"`, "\xa1a", false},
		{"str of two", `"ab"`, "\xa2ab", false},
		{"lone surrogate", `"\ud800"`, "\xa3\xe2\x82\xac", false},
		{"empty bytes", "", "\xc4\x00", false},
		{"bytes", "", "\xc4\x01a", false},
		{"empty extension", "", "\xc7\x00\x05", false},
		{"extension", "", "\xd4\x05a", false},
		{"empty list", "[]", "\x90", false},
		{"list", "[0]", "\x91\x00", false},
		{"nested lists", repeat("[", 400) + repeat("]", 400), repeat("\x91", 400) + "\xc0", false},
		{"nested pairs", repeat("[0,", 400) + "0" + repeat("]", 400), repeat("\x92\x00", 400) + "\xc0", false},
		{"empty dict", "{}", "\x80", false},
		{"dict of an entry", `{"":0}`, "\x81\xa0\x00", true},
		{"dict of an entry in a list", `[{"":0}]`, "\x91\x81\xa0\x00", true},
		{"dict with a key of a letter", `{"a":0}`, "\x81\xa1a\x00", false},
		{"dict of two entries", `{"":0,"a":0}`, "\x82\xa0\x00\xa1a\x00", false},
		{"dict of nine times the same", "{" + repeat(`"":0,`, 8) + `"":0}`, "\x89" + repeat("\xa0\x00", 9), false},
		{"dict of hundreds of times the same", "{" + repeat(`"":0,`, 224) + `"":0}`, "\xde\x00\xe1" + repeat("\xa0\x00", 225), false},
		{"dict from int", "", "\x81\x01\x00", true},
		{"dict from two ints", "", "\x82\x01\x00\x02\x00", false},
		{"dict from int and str", "", "\x82\x01\x00\xa0\x00", false},
		{"dict from bytes", "", "\x81\xc4\x00\x00", false},
		{"dict from tuple", "", "\x81\x90\x00", true},
		{"nested dicts", repeat(`{"":`, 400) + "0" + repeat("}", 400), repeat("\x81\xa0", 400) + "\x00", true},
		{"nested dicts from int", "", repeat("\x81\xff", 400) + "\x00", true},
		{"nested dicts and ints", "", repeat("\x81\xff", 255) + "\xdc\x02\x36" + repeat("\xff", 566), false},
		{"nested dicts and bytes", "", repeat("\x81\xff", 255) + "\xdc\x00\xff" + repeat("\xc4\x00", 255), false},
		{"nested dicts and lists", "", repeat("\x81\xff", 150) + "\xdc\x01\xf4" + repeat("\x90", 500), false},
	}
	for _, tt := range tests {
		for _, c := range codecs {
			value := tt.json
			if c == msgpack.Codec {
				value = tt.msgpack
			}
			if value == "" {
				continue
			}
			data := listOf(c, value, size)
			raw, err := c.ParseValue(data, codec.Limits{})
			if refused := tt.refused && c == msgpack.Codec; refused != (err != nil) {
				t.Errorf("%s, %s: %v", c.Name(), tt.name, err)
			}
			if err != nil {
				var de *codec.DecodeError
				if !errors.As(err, &de) {
					t.Errorf("%s, %s: %v", c.Name(), tt.name, err)
				}
				raw = data // measured nevertheless
			}
			got, decodeErr := held(t, func() (any, error) {
				d := c.NewDecoder()
				d.Reset(raw, nil)
				return d.Any()
			})
			if decodeErr != nil {
				t.Errorf("%s, %s: %v", c.Name(), tt.name, decodeErr)
			}
			times := float64(got) / float64(len(data))
			t.Logf("%-8s %-36s %6.1f%s", c.Name(), tt.name, times, map[bool]string{true: " refused"}[err != nil])
			if err == nil && times >= 99 {
				t.Errorf("%s, %s: %d bytes take %d bytes of memory", c.Name(), tt.name, len(data), got)
			}
		}
	}
}

// A message of 64 MiB that takes the most memory that the limits on size and
// elements allow, scaled down.
func TestAmplificationOfTheLargest(t *testing.T) {
	const scale, most = 16, 1500 << 20
	lim := codec.Limits{Elements: codec.DefaultElements / scale, Size: codec.DefaultSize / scale}
	const depth = 400
	unit := strings.Repeat("\x81\xff", depth) + "\x00"
	n := (lim.Elements - 3) / (2*depth + 1)
	data := binary.BigEndian.AppendUint32([]byte{0x92, 0xdd}, uint32(n))
	data = append(data, strings.Repeat(unit, n)...)
	text := int(lim.Size) - len(data) - 5
	data = binary.BigEndian.AppendUint32(append(data, 0xdb), uint32(text))
	data = append(data, strings.Repeat("x", text)...)
	raw, err := msgpack.Codec.ParseValue(data, lim)
	if err != nil {
		t.Fatal(err)
	}
	got, err := held(t, func() (any, error) {
		d := msgpack.Codec.NewDecoder()
		d.Reset(raw, nil)
		return d.Any()
	})
	t.Logf("%d MiB take %d MiB", scale*len(data)>>20, scale*got>>20)
	if err != nil || got > most/scale {
		t.Errorf("%d bytes take %d, %v", len(data), got, err)
	}
}

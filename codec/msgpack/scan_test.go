package msgpack_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func TestParseMessage(t *testing.T) {
	// Others than Python may choose any form of the envelope.
	for _, payload := range []string{
		"930007a161", "dc00030007a161", "dd000000030007a161",
		"93d00007a161", "93cf0000000000000000" + "07a161", "9300d30000000000000007a161", "9300cd0007a161",
	} {
		m, err := msgpack.Codec.ParseMessage(unhex(t, payload), codec.Limits{})
		if err != nil || m.Type != codec.Request || m.ID != 7 || string(m.Content) != "\xa1a" {
			t.Errorf("%s: %v, %v", payload, m, err)
		}
		if cap(m.Content) != len(m.Content) {
			t.Errorf("%s: the content can be appended to", payload)
		}
	}
}

// What is wrong before type and id are known is no message.
func TestParseMessageNoMessage(t *testing.T) {
	for _, payload := range []string{
		"", "c0", "00", "a0", "80", "c1", "90", "9100", "dc0000", "dc", "dd0000", "93", "9300",
		"93c00000", "93c20000", "93cb000000000000000000" + "00", "93a0", "93030000", "93ff0000", "93cd010000c0",
		"9300c2c0", "9300c3c0", "9300cb3ff0000000000000c0", "9300c0c0", "9300a130c0", "930090c0", "9300c1",
		"9300cf8000000000000000c0", "9300cf", "9300d3000000", "930000"[:4],
		"474554202f20485454502f312e31", "160301",
	} {
		m, err := msgpack.Codec.ParseMessage(unhex(t, payload), codec.Limits{})
		var ee *codec.EnvelopeError
		if !errors.As(err, &ee) {
			t.Errorf("%s: %v, %v", payload, m, err)
		} else if ee.Offset < 0 || ee.Offset > len(payload)/2 {
			t.Errorf("%s: %v", payload, err)
		}
	}
}

// Afterwards only the one call fails.
func TestParseMessageBadContent(t *testing.T) {
	tests := []struct {
		payload string
		offset  int
		reason  string
	}{
		{"930105", 3, "unexpected end"},
		{"930105c1", 3, "invalid byte c1"},
		{"930105c0c0", 4, "1 bytes follow the message"},
		{"920105", 0, "a message of 2 elements, not of three"},
		{"940105c0c0", 0, "a message of 4 elements, not of three"},
		{"ddffffffff0105", 0, "a message of 4294967295 elements, not of three"},
		{"930105a261", 3, "length 2, but only 1 bytes follow"},
		{"930105a1ff", 4, "str is not valid UTF-8"},
		{"930105a3eda080", 4, "str is not valid UTF-8"},
		{"9301059291c0", 6, "unexpected end"},
		{"93010591a2c328", 5, "str is not valid UTF-8"},
		{"930105ddffffffff", 3, "length 4294967295, but only 0 bytes follow"},
		{"930105dfffffffff", 3, "length 4294967295, but only 0 bytes follow"},
		{"930105c6ffffffff", 3, "length 4294967295, but only 0 bytes follow"},
		{"930105c9ffffffff05", 3, "length 4294967295, but only 0 bytes follow"},
		{"930105dc", 3, "unexpected end"},
		{"930105cb00", 3, "unexpected end"},
		{"93010581c0", 4, "unexpected end"},
		{"9301058180c0", 5, "a dict is the key of a dict"},
		{"930105819180c0", 6, "a dict is the key of a dict"},
		{"9301058181a161c0c0", 5, "a dict is the key of a dict"},
	}
	for _, tt := range tests {
		m, err := msgpack.Codec.ParseMessage(unhex(t, tt.payload), codec.Limits{})
		var de *codec.DecodeError
		if !errors.As(err, &de) || de.Offset != tt.offset || de.Reason != tt.reason {
			t.Errorf("%s: %v, want %q at %d", tt.payload, err, tt.reason, tt.offset)
		}
		if m.Type != codec.Result || m.ID != 5 || m.Content != nil {
			t.Errorf("%s: %v", tt.payload, m)
		}
	}
}

func TestParseLimits(t *testing.T) {
	deep := func(n int) []byte { return append(bytes.Repeat([]byte{0x91}, n), 0xc0) }
	dicts := func(n int) []byte { return append(bytes.Repeat([]byte("\x81\xa0"), n), 0xc0) }
	keys := func(n int) []byte { return append(append([]byte{0x81}, deep(n)...), 0xc0) }
	tests := []struct {
		name  string
		value []byte
		lim   codec.Limits
		ok    bool
	}{
		{"default depth", deep(codec.DefaultDepth), codec.Limits{}, true},
		{"past default depth", deep(codec.DefaultDepth + 1), codec.Limits{}, false},
		{"depth", deep(3), codec.Limits{Depth: 3}, true},
		{"past depth", deep(4), codec.Limits{Depth: 3}, false},
		{"depth of dicts", dicts(3), codec.Limits{Depth: 3}, true},
		{"past depth of dicts", dicts(4), codec.Limits{Depth: 3}, false},
		{"depth in a key", keys(2), codec.Limits{Depth: 3}, true},
		{"past depth in a key", keys(3), codec.Limits{Depth: 3}, false},
		{"great depth", deep(10_000), codec.Limits{Depth: 1 << 30}, true},
		{"depth whatever the limits", deep(10_001), codec.Limits{Depth: 1 << 30}, false},
		{"empty list within", []byte{0x91, 0x90}, codec.Limits{Depth: 2}, true},
		{"empty list too deep", []byte{0x91, 0x91, 0x90}, codec.Limits{Depth: 2}, false},
		{"elements", []byte{0x93, 1, 2, 3}, codec.Limits{Elements: 4}, true},
		{"too many elements", []byte{0x93, 1, 2, 3}, codec.Limits{Elements: 3}, false},
		{"elements with keys", []byte{0x82, 1, 2, 3, 4}, codec.Limits{Elements: 5}, true},
		{"too many with keys", []byte{0x82, 1, 2, 3, 4}, codec.Limits{Elements: 4}, false},
		{"too many in all", []byte{0x92, 0x91, 0, 0x91, 0}, codec.Limits{Elements: 4}, false},
		{"size", []byte{0xa2, 'a', 'b'}, codec.Limits{Size: 3}, true},
		{"past size", []byte{0xa2, 'a', 'b'}, codec.Limits{Size: 2}, false},
		{"default elements", append([]byte{0xdd, 0, 0x80, 0, 0}, make([]byte, 8<<20)...), codec.Limits{}, false},
	}
	for _, tt := range tests {
		_, err := msgpack.Codec.ParseValue(tt.value, tt.lim)
		var de *codec.DecodeError
		if (err == nil) != tt.ok || err != nil && !errors.As(err, &de) {
			t.Errorf("%s: %v", tt.name, err)
		}
		// The envelope is a level, and three values.
		lim := tt.lim.WithDefaults()
		lim.Depth = min(lim.Depth, 10_000)
		if tt.lim.Depth != 0 {
			lim.Depth++
		}
		if strings.HasPrefix(tt.name, "default depth") || tt.lim.Depth > 10_000 {
			continue
		}
		lim.Elements += 3
		lim.Size += 3
		m, err := msgpack.Codec.ParseMessage(append([]byte{0x93, 2, 9}, tt.value...), lim)
		if (err == nil) != tt.ok || err != nil && !errors.As(err, &de) || m.ID != 9 {
			t.Errorf("%s in a message: %v", tt.name, err)
		}
	}
}

// A few bytes must not claim memory, nor a deep message the stack.
func TestHostileMemory(t *testing.T) {
	hostile := map[string][]byte{
		"array32":        []byte("\xdd\xff\xff\xff\xff"),
		"map32":          []byte("\xdf\xff\xff\xff\xff"),
		"bin32":          []byte("\xc6\xff\xff\xff\xff"),
		"str32":          []byte("\xdb\xff\xff\xff\xff"),
		"ext32":          []byte("\xc9\xff\xff\xff\xff\x01"),
		"nested array16": bytes.Repeat([]byte("\xdc\xff\xff"), 20_000),
		"nested array32": bytes.Repeat([]byte("\xdd\x00\x00\xff\xff"), 20_000),
		"nested map16":   bytes.Repeat([]byte("\xde\x7f\xff\x00"), 20_000),
		"nested lists":   bytes.Repeat([]byte{0x91}, 2<<20),
		"nested dicts":   bytes.Repeat([]byte{0x81, 0xa0}, 1<<20),
		"nested keys":    bytes.Repeat([]byte{0x81, 0x91}, 1<<20),
	}
	for name, content := range hostile {
		payload := append([]byte{0x93, 0, 1}, content...)
		if got := allocated(func() {
			if _, err := msgpack.Codec.ParseMessage(payload, codec.Limits{}); err == nil {
				t.Errorf("%s was accepted", name)
			}
			if _, err := msgpack.Codec.ParseValue(content, codec.Limits{}); err == nil {
				t.Errorf("%s was accepted", name)
			}
		}); got > 64<<10 {
			t.Errorf("%s: %d bytes were allocated", name, got)
		}
	}
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

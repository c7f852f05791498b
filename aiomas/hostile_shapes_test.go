package aiomas_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// distinct repeats a format with the numbers from 0 on.
func distinct(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// hostileShapes are values that are legal and large, of shapes on which a decoder
// may do more work than a constant a byte: it looks ahead, compares keys with
// all others, or copies again and again what it has.
func hostileShapes() []struct {
	name  string
	codec codec.Codec
	value string
} {
	n, chars, k := 1<<15, 1<<16, 1000
	if raceDetector {
		n, chars, k = n/8, chars/8, k/8 // the run without it has the right size
	}
	head := func(lead string, count int) string { return mp(fmt.Sprintf("%s %08x", lead, count)) }
	bytes4 := func(lead string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(mp(lead))
			b.Write([]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
			b.WriteByte(1)
		}
		return b.String()
	}
	return []struct {
		name  string
		codec codec.Codec
		value string
	}{
		{"escapes with text between", json.Codec, `"` + strings.Repeat(strings.Repeat("x", 40)+`\n`, chars) + `"`},
		{"escapes only", json.Codec, `"` + strings.Repeat(`\u0000`, chars) + `"`},
		{"half surrogate pairs", json.Codec, `"` + strings.Repeat(`\ud800`, chars) + `"`},
		{"wide characters and escapes", json.Codec, `"` + strings.Repeat(strings.Repeat("é", 40)+`\\`, chars) + `"`},
		{"spaces", json.Codec, strings.Repeat(" ", 32*chars) + "1" + strings.Repeat("\n", 32*chars)},
		{"spaces between", json.Codec, "[1" + strings.Repeat(strings.Repeat(" ", 50)+",1", n) + "]"},
		{"an exponent of 2 MB", json.Codec, "1e" + strings.Repeat("0", 32*chars) + "1"},
		{"a fraction of 2 MB", json.Codec, "0." + strings.Repeat("0", 32*chars) + "1"},
		{"a float of 2 MB", json.Codec, strings.Repeat("9", 32*chars) + ".0"},
		{"ints of 4,300 digits", json.Codec, "[1" + strings.Repeat(","+strings.Repeat("9", 4300), k) + "]"},
		{"floats of 1,000 digits", json.Codec, "[1" + strings.Repeat(",0."+strings.Repeat("3", 1000), 4*k) + "]"},
		{"distinct keys", json.Codec, `{"":0` + distinct(n, `,"%d":1`) + "}"},
		{"one key", json.Codec, `{"":0` + strings.Repeat(`,"k":1`, n) + "}"},
		{"escaped keys", json.Codec, `{"":0` + distinct(n, `,"\u00e4%d":1`) + "}"},
		{"long keys", json.Codec, `{"":0` + distinct(4*k, `,"`+strings.Repeat("k", 1000)+`%d":1`) + "}"},
		{"__type__ again and again", json.Codec, `{"__type__":[0,"a"]` + strings.Repeat(`,"__type__":[0,"a"]`, n) + "}"},
		{"many custom types", json.Codec, `[1` + strings.Repeat(`,{"__type__":[0,"a"]}`, n) + "]"},
		{"nests of 500", json.Codec, "[1" + strings.Repeat(","+strings.Repeat("[", 500)+strings.Repeat("]", 500), 2*k) + "]"},
		{"dicts of 500", json.Codec, "[1" + strings.Repeat(","+strings.Repeat(`{"k":`, 500)+"1"+strings.Repeat("}", 500), k) + "]"},

		{"distinct keys", msgpack.Codec, head("df", n) + bytes4("ce")},
		{"distinct bytes as keys", msgpack.Codec, head("df", n) + bytes4("c4 04")},
		{"one bytes as key", msgpack.Codec, head("df", n) + strings.Repeat(mp("c4 01 61 01"), n)},
		{"lists as keys", msgpack.Codec, head("df", n) + bytes4("92 01 ce")},
		{"one list as key", msgpack.Codec, head("df", n) + strings.Repeat(mp("91 01 01"), n)},
		{"extensions as keys", msgpack.Codec, head("df", n) + bytes4("d6 05")},
		{"NaN as key", msgpack.Codec, head("df", n) + strings.Repeat(mp("cb 7ff8000000000000 01"), n)},
		{"NaN in a list as key", msgpack.Codec, head("df", n) + strings.Repeat(mp("91 cb 7ff8000000000000 01"), n)},
		{"1 and 1.0 and True as keys", msgpack.Codec, head("df", 3*n) + strings.Repeat(mp("01 01 c3 01 cb 3ff0000000000000 01"), n)},
		{"0.0 and -0.0 as keys", msgpack.Codec, head("df", 2*n) + strings.Repeat(mp("cb 0000000000000000 01 cb 8000000000000000 01"), n)},
		{"long lists as keys", msgpack.Codec, head("df", k) + strings.Repeat(mp("dc 03e8")+strings.Repeat("\x01", 1000)+"\x01", k)},
		{"long bytes as keys", msgpack.Codec, head("df", 4*k) + strings.Repeat(mp("c5 03e8")+strings.Repeat("x", 1000)+"\x01", 4*k)},
		{"custom types as keys", msgpack.Codec, head("df", n) + strings.Repeat(mp(`81 "__type__" 92 00 "a" 01`), n)},
		{"nested lists as key", msgpack.Codec, head("df", k) + strings.Repeat(strings.Repeat("\x91", 400)+"\x01\x01", k)},
		{"dicts with bytes as keys", msgpack.Codec, head("dd", n) + strings.Repeat(mp("81 c4 01 61 01"), n)},
		{"strs", msgpack.Codec, head("dd", n) + strings.Repeat(mp(`"abcdefgh"`), n)},
		{"many custom types", msgpack.Codec, head("dd", n) + strings.Repeat(mp(`81 "__type__" 92 00 "a"`), n)},
		{"__type__ again and again", msgpack.Codec, head("df", n) + strings.Repeat(mp(`"__type__" 92 00 "a"`), n)},
		{"nests of 500", msgpack.Codec, head("dd", 4*k) + strings.Repeat(strings.Repeat("\x91", 499)+"\x90", 4*k)},
	}
}

// A legal value of a few megabytes is read in a time that no quadratic work fits
// into: a thousandth of the limit is what they take on a machine that is not busy.
func TestHostileShapes(t *testing.T) {
	const most = time.Minute
	reg, err := codec.NewRegistry(codec.NewSerializer(
		func(c complex128) (string, error) { return "", nil },
		func(string) (complex128, error) { return 1i, nil }))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range hostileShapes() {
		t.Run(s.codec.Name()+" "+s.name, func(t *testing.T) {
			data := []byte(s.value)
			for what, target := range map[string]any{"any": new(any), "codec.Dict": new(codec.Dict), "codec.Value": new(codec.Value), "map[any]any": new(map[any]any)} {
				start := time.Now()
				err := codec.Unmarshal(s.codec, data, target, reg)
				if took := time.Since(start); took > most {
					t.Errorf("%d bytes into %s took %v", len(data), what, took)
				} else if took > most/600 {
					t.Logf("%d bytes into %s took %v: %v", len(data), what, took, err)
				}
				if err != nil && (what == "any" || what == "codec.Value") {
					t.Errorf("into %s: %.300v", what, err)
				}
			}
		})
	}
}

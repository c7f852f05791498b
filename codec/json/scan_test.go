package json_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// accepted and refused are what Python's json.loads says (the offsets are those
// of the byte that is wrong, which Python does not always name).
var accepted = []string{
	`1`, ` 1 `, "\t\r\n1\n", `-0`, `-0.0`, `0`, `0.0`, `1e5`, `1E+5`, `1e-5`, `1e400`, `-1e400`, `NaN`, `Infinity`, `-Infinity`, `null`, `true`, `false`,
	`[]`, `[ ]`, `{}`, `{ }`, `[1,2]`, `[1 , 2 ]`, `{"a":1}`, `{ "a" : 1 , "a" : 2 }`, `[[[]]]`, `[{"a":[{}]}]`,
	`""`, `"\ud800"`, `"\ud83d\ude00"`, `"\ude00\ud83d"`, `"\u00E9"`, `"é😀"`, "\"\x7f\"", `"\"\\\/\b\f\n\r\t"`, `"\u0000"`,
	strings.Repeat("9", 4300), "-" + strings.Repeat("9", 4300), strings.Repeat("9", 5000) + ".0", strings.Repeat("9", 5000) + "e1",
	`"` + strings.Repeat("x", 10_000) + `"`, `"` + strings.Repeat("x", 5_000) + `\n` + strings.Repeat("é", 5_000) + `"`,
}

var refused = []struct {
	text   string
	offset int
	reason string
}{
	{``, 0, "a value, not the end"}, {`   `, 3, "a value, not the end"}, {"\x0b1", 0, "not 0x0b"}, {"\xc2\xa01", 0, "not 0xc2"}, {"\xef\xbb\xbf1", 0, "byte order mark"},
	{`+1`, 0, "not '+'"}, {`.5`, 0, "not '.'"}, {`-`, 1, "a digit"}, {`--1`, 1, "a digit"}, {`-a`, 1, "a digit"}, {`1.`, 1, "after the end"}, {`1.e5`, 1, "after the end"}, {`1e`, 1, "after the end"}, {`1e+`, 1, "after the end"},
	{`01`, 0, "leading zero"}, {`-01`, 1, "leading zero"}, {`00`, 0, "leading zero"}, {`0x1`, 1, "after the end"}, {`1_0`, 1, "after the end"}, {`-NaN`, 1, "a digit"}, {`-Inf`, 1, "a value"}, {`Infinityx`, 8, "after the end"}, {`nan`, 0, "a value"}, {`None`, 0, "a value"},
	{`tru`, 0, "a value"}, {`truex`, 4, "after the end"}, {`nul`, 0, "a value"}, {`True`, 0, "a value"}, {`'a'`, 0, "a value"},
	{`[`, 1, "a value"}, {`[1`, 2, "an end of the list"}, {`[1,`, 3, "a value"}, {`[1,]`, 3, "a value"}, {`[,1]`, 1, "a value"}, {`[1 2]`, 3, "an end of the list"}, {`[1}`, 2, "an end of the list"}, {`]`, 0, "a value"}, {`[1]]`, 3, "after the end"}, {`[1]x`, 3, "1 bytes after the end"}, {`[1] []`, 4, "after the end"},
	{`{`, 1, "a key"}, {`{1:1}`, 1, "a key"}, {`{"a"`, 4, "':'"}, {`{"a":`, 5, "a value"}, {`{"a":1`, 6, "an end of the dict"}, {`{"a":1,}`, 7, "a key"}, {`{"a":1]`, 6, "an end of the dict"}, {`{"a" 1}`, 5, "':'"}, {`{"a",1}`, 4, "':'"}, {`{,}`, 1, "a key"}, {`{a:1}`, 1, "a key"}, {`{"a":1 "b":2}`, 7, "an end of the dict"},
	{`"`, 0, "without an end"}, {`"abc`, 0, "without an end"}, {`"abc\"`, 0, "without an end"}, {`"\`, 1, "escape"}, {`"\x"`, 1, "escape"}, {`"\u"`, 1, "escape"}, {`"\u00e"`, 1, "escape"}, {`"\u+123"`, 1, "escape"}, {`"\u 123"`, 1, "escape"}, {`"\u12_4"`, 1, "escape"}, {`"a\ud83d\u"`, 8, "escape"}, {`"\U0001f600"`, 1, "escape"},
	{"\"\x01\"", 1, "control character"}, {"\"\t\"", 1, "control character"}, {"\"a\nb\"", 2, "control character"}, {"\"12345678\x1f\"", 9, "control character"},
	{"\"\xff\"", 1, "UTF-8"}, {"\"\xed\xa0\x80\"", 1, "UTF-8"}, {"\"\xc0\x80\"", 1, "UTF-8"}, {"\"\xf4\x90\x80\x80\"", 1, "UTF-8"}, {"\"é\xc3\"", 3, "UTF-8"}, {"\"" + strings.Repeat("x", 5000) + "\xff\"", 5001, "UTF-8"}, {"{\"\xff\":1}", 2, "UTF-8"},
	{strings.Repeat("9", 4301), 0, "4301 digits"}, {"[-" + strings.Repeat("9", 10_000) + "]", 1, "10000 digits"}, {"[1\xd9\xa1]", 2, "an end of the list"}, {"1\xd9\xa1", 1, "after the end"}, {"\x00", 0, "0x00"}, {"[1,\x00]", 3, "0x00"},
}

func TestParseValue(t *testing.T) {
	for _, text := range accepted {
		raw, err := json.Codec.ParseValue([]byte(text), codec.Limits{})
		if err != nil {
			t.Errorf("%.40s: %v", text, err)
			continue
		}
		d := json.Codec.NewDecoder()
		d.Reset(raw, nil)
		if err := d.Skip(); err != nil || d.Kind() != codec.KindInvalid {
			t.Errorf("%.40s: Skip: %v, then %v", text, err, d.Kind())
		}
	}
	for _, tt := range refused {
		raw, err := json.Codec.ParseValue([]byte(tt.text), codec.Limits{})
		var de *codec.DecodeError
		if !errors.As(err, &de) || de.Offset != tt.offset || !strings.Contains(de.Reason, tt.reason) || raw != nil {
			t.Errorf("%.40q: %v, want %q at %d", tt.text, err, tt.reason, tt.offset)
		}
	}
}

// An error within a value is found at every depth; an error in a message after
// type and id is one of its content.
func TestParseMessage(t *testing.T) {
	for _, text := range accepted {
		payload := []byte(" [ 2 ,\n-9223372036854775808, " + text + " ]\t")
		m, err := json.Codec.ParseMessage(payload, codec.Limits{})
		if err != nil || m.Type != codec.Exception || m.ID != math.MinInt64 || strings.TrimSpace(string(m.Content)) != strings.TrimSpace(text) {
			t.Errorf("%.40s: %v %d %.40q, %v", text, m.Type, m.ID, m.Content, err)
		}
	}
	for _, tt := range refused {
		m, err := json.Codec.ParseMessage([]byte(`[1, 7, `+tt.text+`]`), codec.Limits{})
		var de *codec.DecodeError
		if !errors.As(err, &de) || m.Type != codec.Result || m.ID != 7 || m.Content != nil {
			t.Errorf("%.40q: %v, %v", tt.text, m, err)
		}
	}
	bad := []struct {
		payload string
		offset  int
	}{
		{`[1, 7, null`, 11}, {`[1, 7, null, 1]`, 11}, {`[1, 7, null}`, 11}, {`[1, 7, null] x`, 13}, {`[1, 7, null][`, 12}, {`[1, 7]`, 5}, {`[1, 7`, 5}, {`[1, 7,]`, 6}, {`[1, 7 null]`, 6}, {`[1, 7, null,]`, 11},
	}
	for _, tt := range bad {
		m, err := json.Codec.ParseMessage([]byte(tt.payload), codec.Limits{})
		var de *codec.DecodeError
		if !errors.As(err, &de) || de.Offset < tt.offset || de.Offset > tt.offset+1 || m.Type != codec.Result || m.ID != 7 || m.Content != nil {
			t.Errorf("%s: %v, %v", tt.payload, m, err)
		}
	}
}

func TestParseMessageNoMessage(t *testing.T) {
	tests := map[string]int{
		``: 0, ` `: 1, `1`: 0, `null`: 0, `{}`: 0, `{"a": 1}`: 0, `"[0, 0, 1]"`: 0, `[]`: 1, `[`: 1, `[0`: 2, `[0]`: 2, `[0,`: 3, `[0,]`: 3, `[0, `: 4, `[3, 0, 1]`: 1, `[-1, 0, 1]`: 1, `[1.0, 0, 1]`: 1, `[true, 0, 1]`: 1,
		`["0", 0, 1]`: 1, `[0, 0.0, 1]`: 4, `[0, 1e0, 1]`: 4, `[0, true, 1]`: 4, `[0, "0", 1]`: 4, `[0, null, 1]`: 4, `[0, 9223372036854775808, 1]`: 4, `[0, -9223372036854775809, 1]`: 4, `[00, 0, 1]`: 1, `[0, 01, 1]`: 4, `[0, -, 1]`: 5, `[0 0, 1]`: 3,
		`[18446744073709551616, 0, 1]`: 1, `[0, -Infinity, 1]`: 4, "\xef\xbb\xbf[0, 0, 1]": 0, "GET / HTTP/1.1": 0, "\x00": 0, `[[0, 0, 1]]`: 1, `[0, ` + strings.Repeat("1", 5000) + `, 1]`: 4,
	}
	for payload, offset := range tests {
		m, err := json.Codec.ParseMessage([]byte(payload), codec.Limits{})
		var ee *codec.EnvelopeError
		if !errors.As(err, &ee) || ee.Offset != offset || m.Content != nil {
			t.Errorf("%.40q: %v, want an EnvelopeError at %d", payload, err, offset)
		}
	}
}

func TestLimits(t *testing.T) {
	nest := func(open, close string, n int) string {
		return strings.Repeat(open, n) + "1" + strings.Repeat(close, n)
	}
	tests := []struct {
		text string
		lim  codec.Limits
		ok   bool
	}{
		{nest("[", "]", 512), codec.Limits{}, true}, {nest("[", "]", 513), codec.Limits{}, false},
		{nest(`{"a":`, "}", 512), codec.Limits{}, true}, {nest(`{"a":`, "}", 513), codec.Limits{}, false},
		{nest(`[{"a":`, "}]", 256), codec.Limits{}, true}, {nest(`[{"a":`, "}]", 257), codec.Limits{}, false},
		{nest(`[{"a":`, "}]", 3000), codec.Limits{Depth: 6000}, true}, {nest("[", "]", 10_001), codec.Limits{Depth: 1 << 30}, false}, {nest(`[{"a":`, "]}", 3000), codec.Limits{Depth: 6000}, false},
		{nest("[", "]", 2), codec.Limits{Depth: 2}, true}, {nest("[", "]", 3), codec.Limits{Depth: 2}, false},
		{`[1, 2]`, codec.Limits{Elements: 3}, true}, {`[1, 2]`, codec.Limits{Elements: 2}, false}, {`{"a": 1}`, codec.Limits{Elements: 3}, true}, {`{"a": 1}`, codec.Limits{Elements: 2}, false}, {`{"a": 1, "b": 1}`, codec.Limits{Elements: 3}, false},
		{`"abc"`, codec.Limits{Size: 5}, true}, {`"abc"`, codec.Limits{Size: 4}, false},
	}
	for _, tt := range tests {
		_, err := json.Codec.ParseValue([]byte(tt.text), tt.lim)
		if de := (*codec.DecodeError)(nil); err == nil != tt.ok || !tt.ok && !errors.As(err, &de) {
			t.Errorf("%.40s within %+v: %v", tt.text, tt.lim, err)
		}
	}
	// The envelope counts: [0, 0, [1]] has two levels and five values.
	payload := []byte(`[0, 0, [1]]`)
	for lim, ok := range map[codec.Limits]bool{
		{Depth: 2}: true, {Depth: 1}: false, {Elements: 5}: true, {Elements: 4}: false, {Size: 11}: true, {Size: 10}: false,
	} {
		if _, err := json.Codec.ParseMessage(payload, lim); err == nil != ok {
			t.Errorf("within %+v: %v", lim, err)
		}
	}
}

// Ten million brackets use neither stack nor heap.
func TestHostileNesting(t *testing.T) {
	for _, open := range []string{"[", `{"":`, `[0,0,`} {
		payload := bytes.Repeat([]byte(open), 10_000_000/len(open))
		allocated := testing.AllocsPerRun(1, func() {
			if _, err := json.Codec.ParseMessage(payload, codec.Limits{}); err == nil {
				t.Errorf("%s… was accepted", open)
			}
		})
		if allocated > 20 {
			t.Errorf("%s…: %v allocations", open, allocated)
		}
	}
}

package recorder

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// play lets a conversation read frames; ">" is what Go, the listener, sends and
// "<" what Python sends. It returns what was reported.
func play(c codec.Codec, rule Option, frames ...string) (reports []string) {
	r := &Recorder{codec: c, ours: Listener, report: func(format string, args ...any) {
		reports = append(reports, fmt.Sprintf(format, args...))
	}}
	if rule != nil {
		rule(r)
	}
	conv := newConversation(r)
	conv.count = func(int64, int64) {}
	before := recorded.violations.Load()
	defer func() { recorded.violations.Store(before) }()
	for _, f := range frames {
		from, payload := Listener, f[1:]
		if f[0] == '<' {
			from = Dialler
		}
		switch payload {
		case "end":
			conv.end(from, io.EOF)
		case "reset":
			conv.end(from, io.ErrUnexpectedEOF)
		case "half":
			conv.read(from, []byte{0, 0, 0, 9, '['})
		default:
			b := append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)
			for i := range b { // as it may come
				conv.read(from, b[i:i+1])
			}
		}
	}
	return reports
}

// The recorder is not blind: it reports each thing that breaks a Python peer, and
// nothing else.
func TestRecorderRules(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		name   string
		codec  codec.Codec
		frames []string
		want   string // "" is nothing
	}{
		{"a call and its reply", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, null]`, `>end`}, ""},
		{"an exception", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[2, 0, "Traceback"]`, `<end`, `>end`}, ""},
		{"replies in any order", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `<[0, 1, ["f", [], {}]]`, `>[1, 1, null]`, `>[1, 0, null]`}, ""},
		{"calls both ways of one id", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[0, 0, ["g", [{"__type__": [0, "x"]}], {"k": 1}]]`, `<[1, 0, 1]`, `>[1, 0, 1.5]`, `>end`}, ""},
		{"Python ends first", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `<end`, `>end`}, ""},
		{"an answer to what is no call", json.Codec, []string{`<[0, 5, {`, `>[2, 5, "Traceback"]`}, ""},
		{"every value", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, [null, true, false, NaN, Infinity, -Infinity, -0, 1e+16, -1.5, "\ud800\n\"", {}, {"a": []}, 123456789012345678901234567890]]`}, ""},
		{"every value", msgpack.Codec, []string{"<\x93\x00\x00\x93\xa1f\x90\x80", ">\x93\x01\x00\xdc\x00\x15\xc0\xc2\xc3\x7f\xff\xcc\xff\xcd\xff\xff\xce\xff\xff\xff\xff\xcf\xff\xff\xff\xff\xff\xff\xff\xff" +
			"\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00\xd3\x80\x00\x00\x00\x00\x00\x00\x00\xca\x00\x00\x00\x00\xcb\x00\x00\x00\x00\x00\x00\x00\x00\xa1x\xd9\x01x\xc4\x01\x00\x82\x01\x02\x91\x01\x03\xd4\x05\x00\x81\xa8__type__\x92\x00\x01"}, ""},
		{"as deep as can be", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, ` + nested(499) + `]`}, ""},

		{"an unknown id", json.Codec, []string{`>[1, 0, null]`}, "a reply to the unknown id 0"},
		{"the other side's id", json.Codec, []string{`>[0, 0, ["f", [], {}]]`, `>[1, 0, null]`}, "a reply to the unknown id 0"},
		{"two replies", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, null]`, `>[2, 0, "x"]`}, "another reply to id 0"},
		{"an id twice", json.Codec, []string{`>[0, 0, ["f", [], {}]]`, `>[0, 0, ["f", [], {}]]`}, "two requests of id 0"},
		{"no reply", json.Codec, []string{`<[0, 7, ["f", [], {}]]`, `>end`}, "the end before the reply to id 7"},
		{"a reset", json.Codec, []string{`>reset`}, "the end by a reset"},
		{"half a frame", json.Codec, []string{`>half`, `>end`}, "the end in the middle of a frame, after 5 bytes"},
		{"an empty frame", json.Codec, []string{`>`}, "a frame of length zero"},
		{"garbage", json.Codec, []string{`>]`}, "undecodable"},
		{"more than the message", json.Codec, []string{`>[0, 0, ["f", [], {}]] `}, "1 bytes behind the message"},
		{"no list", json.Codec, []string{`>{}`}, "no list of three but a dict"},
		{"a list of two", json.Codec, []string{`>[0, 0]`}, "no list of three"},
		{"type 3", json.Codec, []string{`>[3, 0, null]`}, "the type is none of 0, 1, 2"},
		{"a float as type", json.Codec, []string{`>[0.0, 0, null]`}, "the type is none of 0, 1, 2"},
		{"a float as id", json.Codec, []string{`>[0, 0.0, null]`}, "the id is no int"},
		{"a str as id", json.Codec, []string{`>[0, "0", null]`}, "the id is no int"},
		{"no call", json.Codec, []string{`>[0, 0, null]`}, "not [path, args, kwargs]"},
		{"a call of nothing", json.Codec, []string{`>[0, 0, ["", [], {}]]`}, `the path ""`},
		{"an exception without words", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[2, 0, ""]`}, "an exception that is no text"},
		{"a dict with __type__", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, [{"__type__": 1}]]`}, "a user's dict with the key __type__"},
		{"a dict with __type__ and more", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, {"a": 1, "__type__": [0, 1]}]`}, "a user's dict with the key __type__"},
		{"too deep", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, ` + nested(500) + `]`}, "nested deeper than 500"},
		{"4,301 digits", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, ` + strings.Repeat("9", 4301) + `]`}, "an int of 4301 digits"},
		{"no ASCII", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, "é"]`}, "byte 0xc3 in a str"},
		{"a bad escape", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, "\x"]`}, "a bad escape"},
		{"half an escape", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, "\ud8"]`}, "a bad escape"},
		{"a trailing comma", json.Codec, []string{`<[0, 0, ["f", [], {}]]`, `>[1, 0, [1, ]]`}, "undecodable"},
		{"the byte without a meaning", msgpack.Codec, []string{">\xc1"}, "undecodable: byte 0xc1"},
		{"a length that is not there", msgpack.Codec, []string{">\x93\x00\x00\xdd\xff\xff\xff\xff"}, "undecodable"},
		{"a negative extension", msgpack.Codec, []string{"<\x93\x00\x00\x93\xa1f\x90\x80", ">\x93\x01\x00\xd6\xff\x00\x00\x00\x00"}, "an extension of type -1"},
		{"a dict as a key", msgpack.Codec, []string{"<\x93\x00\x00\x93\xa1f\x90\x80", ">\x93\x01\x00\x81\x80\x01"}, "a dict as the key"},
		{"a dict in a key", msgpack.Codec, []string{"<\x93\x00\x00\x93\xa1f\x90\x80", ">\x93\x01\x00\x81\x91\x80\x01"}, "a dict as the key"},
		{"invalid UTF-8", msgpack.Codec, []string{"<\x93\x00\x00\x93\xa1f\x90\x80", ">\x93\x01\x00\xa1\xff"}, "invalid UTF-8"},
		{"a surrogate", msgpack.Codec, []string{"<\x93\x00\x00\x93\xa1f\x90\x80", ">\x93\x01\x00\xa3\xed\xa0\x80"}, "invalid UTF-8"},
	} {
		t.Run(c.codec.Name()+" "+c.name, func(t *testing.T) {
			switch got := play(c.codec, nil, c.frames...); {
			case c.want == "" && len(got) > 0:
				t.Errorf("reported %q", got)
			case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
				t.Errorf("reported %q, want %q", got, c.want)
			}
		})
	}
}

func TestRecorderKnowsTheDeadline(t *testing.T) {
	got := play(json.Codec, RepliesWithin(time.Nanosecond), `<[0, 0, ["f", [], {}]]`, `>[1, 0, null]`)
	if len(got) != 1 || !strings.Contains(got[0], "its caller gave up") {
		t.Errorf("reported %q", got)
	}
	if got = play(json.Codec, RepliesWithin(time.Hour), `<[0, 0, ["f", [], {}]]`, `>[1, 0, null]`); got != nil {
		t.Errorf("reported %q", got)
	}
	if got = play(json.Codec, MayAbort(), `<[0, 0, ["f", [], {}]]`, `>end`); got != nil {
		t.Errorf("reported %q", got)
	}
}

// A connection may have any number of calls, of which none is kept once it is
// answered; and ids come in any order.
func TestRequestsAreForgotten(t *testing.T) {
	r := newRequests()
	const n = 10_000
	for i := range int64(n) {
		id := i ^ 1 // 1, 0, 3, 2, …
		r.ask(id)
		if r.answer(id) == nil || r.answer(id) != nil || !r.used(id) || r.used(id+2) {
			t.Fatalf("id %d", id)
		}
	}
	if len(r.open) > 0 || len(r.above) > 0 || r.below != n {
		t.Errorf("%d open, %d above, all below %d", len(r.open), len(r.above), r.below)
	}
	for range 2 {
		r.ask(-1) // what a flipped bit makes of an id
	}
	answered := 0
	for r.answer(-1) != nil {
		answered++
	}
	if answered != 2 || !r.used(-1) {
		t.Errorf("an id twice is for two replies, not %d", answered)
	}
}

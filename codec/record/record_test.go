package record

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// The codec of every message that Python writes is found out.
func TestDetect(t *testing.T) {
	for _, c := range Codecs() {
		if CodecByName(c.Name()) != c {
			t.Errorf("no codec by the name %s", c.Name())
		}
		for _, content := range []any{nil, 1, "x", []any{}, &codec.Call{Path: "a/b"}, bytes.Repeat([]byte("a"), 1000)} {
			payload, err := c.AppendMessage(nil, codec.Result, 1<<40, content, nil)
			if err != nil {
				continue // bytes in JSON
			}
			if got := Detect(payload); got != c {
				t.Errorf("%v with %s is taken for %v", content, c.Name(), got)
			}
		}
	}
	for _, payload := range []string{"", "GET / HTTP/1.1", "\x16\x03\x01", "[", "[1]", "{}", "\x93\x00", "\x02\x01", "\x02\x01\x13\x08aaaabbbbcccc"} {
		if got := Detect([]byte(payload)); got != nil {
			t.Errorf("%q is taken for %s", payload, got.Name())
		}
	}
	if got := CodecByName("cbor"); got != nil {
		t.Error(got)
	}
}

// However a stream is cut, its frames are the same.
func FuzzSplitter(f *testing.F) {
	one, _ := frame.Append(nil, []byte("hello"))
	f.Add(append(append([]byte{0, 0, 0, 0}, one...), 0xff, 1, 2, 3, 4), uint8(3))
	f.Add([]byte{0, 0}, uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		const limit = 1000
		split := func(step int) (frames []string, rest string) {
			s := Splitter{Limit: limit}
			for b := stream; len(b) > 0; {
				n := min(step, len(b))
				s.Add(b[:n], func(data []byte, isRest bool) {
					if isRest {
						rest += string(data)
					} else {
						frames = append(frames, string(data))
					}
				})
				b = b[n:]
			}
			return frames, rest + string(s.Rest())
		}
		frames, rest := split(len(stream) + 1)
		cut, cutRest := split(int(step) + 1)
		if !cmp.Equal(frames, cut) || rest != cutRest {
			t.Errorf("in pieces of %d: %q %q, want %q %q", step, cut, cutRest, frames, rest)
		}
		// What frame.Reader makes of it, to the end of the frames.
		for r := frame.NewReader(bytes.NewReader(stream), limit); ; frames = frames[1:] {
			fr, err := r.Next()
			if err != nil {
				break
			}
			if len(frames) == 0 || frames[0] != string(fr[frame.HeaderSize:]) {
				t.Fatalf("%q is missing in %q", fr, frames)
			}
		}
		if len(frames) > 0 {
			t.Errorf("%q are too many", frames)
		}
	})
}

func events() []Event {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	return []Event{
		{Time: at, Conn: 1, Kind: Opened, Addrs: [2]string{"a:1", "b:2"}, Names: [2]string{"a.py 1", ""}},
		{Time: at.Add(1), Conn: 1, Kind: Frame, From: Client, Data: []byte(`[0, 0, ["add", [1, 2], {"b": 3}]]`)},
		{Time: at.Add(2), Conn: 1, Kind: Frame, From: Server, Data: []byte(`[0, 0, ["back", [], {}]]`)},
		{Time: at.Add(5), Conn: 1, Kind: Frame, From: Server, Data: []byte(`[1, 0, 6.0]`)},
		{Time: at.Add(6), Conn: 1, Kind: Frame, From: Client, Data: []byte(`[2, 0, "Traceback (most recent call last):\nValueError: boom\n"]`)},
		{Time: at.Add(7), Conn: 1, Kind: Frame, From: Client, Data: []byte(`[2, 9, ["KeyError", "'x'", "line"]]`)},
		{Time: at.Add(8), Conn: 1, Kind: Frame, From: Client, Data: []byte(`[0, 1, "plain"]`)},
		{Time: at.Add(9), Conn: 1, Kind: Frame, From: Client, Data: []byte(`[0, 2, `)},
		{Time: at.Add(9), Conn: 1, Kind: Rest, From: Client, Data: []byte{0xff, 0}},
		{Time: at.Add(9), Conn: 1, Kind: Ended, From: Client, Reason: "EOF"},
		{Time: at.Add(9), Conn: 1, Kind: Ended, From: Server, Reason: "EOF"},
	}
}

func TestTracker(t *testing.T) {
	var tracker Tracker
	var all []Message
	for _, e := range events() {
		all = append(all, tracker.Add(e))
		if e.Kind == Rest && tracker.Pending() != 2 {
			t.Errorf("%d requests are pending", tracker.Pending())
		}
	}
	if tracker.Pending() != 0 {
		t.Errorf("after the end, %d requests are pending", tracker.Pending())
	}
	if m := all[1]; !m.IsCall || m.Path != "add" || !cmp.Equal(m.Args, []any{int64(1), int64(2)}) || !cmp.Equal(m.Kwargs, codec.Dict{{Key: "b", Value: int64(3)}}) || m.Codec.Name() != "json" {
		t.Errorf("%+v", m)
	}
	if m := all[3]; m.Type != codec.Result || m.Content != 6.0 || m.Path != "add" || m.Latency != 4 || !m.Answers {
		t.Errorf("%+v", m)
	}
	if m := all[4]; m.Exception.Type != "ValueError" || m.Exception.Message != "boom" || m.Path != "back" || m.Latency != 4 {
		t.Errorf("%+v", m)
	}
	if m := all[5]; m.Exception.Type != "KeyError" || m.Exception.Message != "'x'" || m.Answers {
		t.Errorf("%+v", m)
	}
	if m := all[6]; m.IsCall || m.Content != "plain" {
		t.Errorf("%+v", m)
	}
	if m := all[7]; m.Err == nil {
		t.Errorf("%+v", m)
	}
}

// Whatever Python sends can be tracked.
func TestTrackerGolden(t *testing.T) {
	for _, c := range Codecs() {
		var tracker Tracker
		for i, g := range golden.Cases(t, c.Name()) {
			if g.Payload == nil || g.Kind != golden.Message {
				continue
			}
			m := tracker.Add(Event{Conn: int64(i), Kind: Frame, Data: g.Payload})
			if m.Err != nil || m.Codec != c || uint8(m.Type) != g.MsgType || m.ID != g.ID {
				t.Errorf("%s: %v", g.Name, m.Err)
			}
		}
	}
}

func TestRecordingRoundTrip(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, e := range events() {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	text := b.Bytes()
	r := NewReader(bytes.NewReader(text))
	for _, want := range events() {
		if got, err := r.Next(); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%v, %s", err, cmp.Diff(want, got))
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	// Cut off: what was written before is there.
	r = NewReader(bytes.NewReader(text[:len(text)-10]))
	n := 0
	var err error
	for ; err == nil; n++ {
		_, err = r.Next()
	}
	if n != len(events()) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d events, then %v", n, err)
	}
	for _, wrong := range []string{
		"", "{}", "x", `{"aiomas": "recording", "version": 2}`,
		`{"aiomas": "recording", "version": 1}{"kind": "x"}`,
		`{"aiomas": "recording", "version": 1}{"kind": "opened"}`,
		`{"aiomas": "recording", "version": 1}{"kind": "frame", "from": "me"}`,
		`{"aiomas": "recording", "version": 1}{"kind": 1}`,
	} {
		if _, err := NewReader(bytes.NewReader([]byte(wrong))).Next(); !errors.Is(err, ErrNotRecording) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

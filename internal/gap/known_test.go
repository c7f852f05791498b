package gap_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

type knower interface {
	ParseMessageKnown(payload []byte, lim codec.Limits, known *gap.Known) (codec.Message, error)
}

// The longest text of a message, if it is long, is found once; what is decoded is the same.
func TestKnown(t *testing.T) {
	text := strings.Repeat("plain ", 1000)
	lines := strings.Repeat("line\n", 1000)
	for name, tt := range map[string]struct {
		content any
		known   string // in Python's form, without quotes
	}{
		"short":       {"short", ""},
		"a text":      {text, text},
		"escapes":     {lines, strings.ReplaceAll(lines, "\n", `\n`)},
		"ends so":     {text + `\"`, text + `\\\"`},
		"in a list":   {[]any{"a", []any{text}, "b"}, text},
		"the longest": {[]any{text, text + "longer", text, lines}, text + "longer"},
		"a key":       {map[string]any{text: int64(1), "a": "b"}, text},
		"a value":     {map[string]any{"a": text, "b": lines[:10]}, text},
		"no text":     {[]any{int64(1), nil}, ""},
	} {
		payload, err := json.Codec.AppendMessage(nil, codec.Result, 1, tt.content, nil)
		if err != nil {
			t.Fatal(err)
		}
		loan := gap.Loan{Size: len(payload), Known: gap.Known{Text: []byte("of the message before")}}
		m, err := json.Codec.(knower).ParseMessageKnown(payload, codec.Limits{}, &loan.Known)
		if err != nil {
			t.Fatal(err)
		}
		if k := loan.Known; string(k.Text) != tt.known || k.Escaped != bytes.ContainsRune(k.Text, '\\') {
			t.Errorf("%s: %d bytes are known, escapes: %v", name, len(k.Text), k.Escaped)
		}
		for _, at := range []string{"", "[7, ", `["` + text + `", `} { // within other bytes, too
			data := m.Content
			if at != "" {
				data = append(append([]byte(at), data...), ']')
			}
			d := json.Codec.NewDecoder()
			decode := func(l *gap.Loan) (v any) {
				d.Reset(data, nil)
				d.(gap.Borrower).Borrow(l)
				v, err := d.Any()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				return v
			}
			if with, without := decode(&loan), decode(nil); !reflect.DeepEqual(with, without) {
				t.Errorf("%s, after %.10q: %.100v, want %.100v", name, at, with, without)
			}
		}
	}
}

// A known text is used only for the bytes that it is a part of.
func TestKnownAt(t *testing.T) {
	message := []byte(`"text" "text"`)
	k := gap.Known{Text: message[1:5]}
	for i := range message {
		if end, ok := k.At(message, i); ok != (i == 1) || ok && end != 5 {
			t.Errorf("at %d: %d, %v", i, end, ok)
		}
	}
	if _, ok := k.At(message[:4], 1); ok {
		t.Error("beyond the end")
	}
	if _, ok := k.At(message, len(message)); ok {
		t.Error("at the end")
	}
	if _, ok := new(gap.Known).At(message, 1); ok {
		t.Error("without a text")
	}
}

// BenchmarkKnown decodes a text whose end is known, and one whose end is not.
func BenchmarkKnown(b *testing.B) {
	payload, err := json.Codec.AppendMessage(nil, codec.Result, 1, strings.Repeat("text", 16<<10), nil)
	if err != nil {
		b.Fatal(err)
	}
	for name, known := range map[string]bool{"known": true, "searched": false} {
		b.Run(name, func(b *testing.B) {
			loan := gap.Loan{Size: len(payload)}
			m, err := json.Codec.(knower).ParseMessageKnown(payload, codec.Limits{}, &loan.Known)
			if err != nil {
				b.Fatal(err)
			}
			if !known {
				loan.Known = gap.Known{}
			}
			d := json.Codec.NewDecoder()
			for b.Loop() {
				d.Reset(m.Content, nil)
				d.(gap.Borrower).Borrow(&loan)
				if _, err := d.Str(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

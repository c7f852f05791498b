package gap_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

func TestLoan(t *testing.T) {
	long := strings.Repeat("text", gap.MinKept/4)
	for _, tt := range []struct {
		name    string
		content any
		unused  int // bytes of the memory
		json    bool
		msgpack bool
	}{
		{"long", long, 0, true, true},
		{"short", long[1:], 0, false, false},
		{"half of the memory", long, gap.MinKept - 100, true, true},
		{"less than half", long, gap.MinKept + 100, false, false},
		{"escaped", long + "é\n", 0, false, true},
		{"in a list", []any{1, long}, 0, true, true},
		{"a key", map[string]any{long: nil}, 0, false, false},
		{"no text", bytes.Repeat([]byte{1}, 2*gap.MinKept), 0, false, false},
	} {
		for i, c := range codecs {
			want := []bool{tt.json, tt.msgpack}[i]
			payload, err := c.AppendMessage(nil, codec.Result, 1, tt.content, nil)
			if err != nil {
				if _, binary := tt.content.([]byte); binary {
					continue // not by JSON
				}
				t.Fatal(err)
			}
			m, err := c.ParseMessage(payload, codec.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			d := c.NewDecoder()
			decode := func(l *gap.Loan) (any, string) {
				t.Helper()
				d.Reset(m.Content, nil)
				if l != nil {
					d.(gap.Borrower).Borrow(l)
				}
				v, err := d.Any()
				if err != nil {
					t.Fatal(err)
				}
				again, err := c.AppendMessage(nil, codec.Result, 1, v, nil)
				if err != nil {
					t.Fatal(err)
				}
				return v, string(again)
			}
			loan := gap.Loan{Size: len(payload) + tt.unused}
			if _, got := decode(&loan); got != string(payload) {
				t.Errorf("%s, %s: decoded to something else", c.Name(), tt.name)
			}
			if loan.Kept() != want {
				t.Errorf("%s, %s: the text keeps the memory: %v, want %v", c.Name(), tt.name, loan.Kept(), want)
			}
			// The loan has ended: what is decoded now is a copy.
			v, before := decode(nil)
			clear(payload)
			if after, err := c.AppendMessage(nil, codec.Result, 1, v, nil); err != nil || string(after) != before {
				t.Errorf("%s, %s: without a loan the value changes with the bytes (%v)", c.Name(), tt.name, err)
			}
		}
	}
}

// FuzzLoan checks that texts are the same whether they are copied or share the
// memory.
func FuzzLoan(f *testing.F) {
	f.Add("", "", 0)
	f.Add("a", "\x7f", gap.MinKept)
	f.Add("é", "\"", 3)
	f.Add("\u2028", "\x00", 1<<20)
	long := strings.Repeat("long text", gap.MinKept/8)
	f.Fuzz(func(t *testing.T, first, rest string, at int) {
		text := long[:uint(at)%uint(len(long))] + rest + long[:gap.MinKept]
		for _, c := range codecs {
			payload, err := c.AppendMessage(nil, codec.Result, 1, []any{first, text, rest}, nil)
			if err != nil {
				continue // not UTF-8
			}
			m, err := c.ParseMessage(payload, codec.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			d := c.NewDecoder()
			d.Reset(m.Content, nil)
			// The text may differ from the sent one: two halves of a surrogate pair arrive
			// as one character.
			var want []string
			if err := d.Decode(&want); err != nil {
				t.Fatal(err)
			}
			loan := gap.Loan{Size: len(payload)}
			if k, ok := c.(knower); ok {
				if again, err := k.ParseMessageKnown(payload, codec.Limits{}, &loan.Known); err != nil || !bytes.Equal(again.Content, m.Content) {
					t.Fatalf("%s: %v, or another content", c.Name(), err)
				}
			}
			d.Reset(m.Content, nil)
			d.(gap.Borrower).Borrow(&loan)
			var got []string
			if err := d.Decode(&got); err != nil || !slices.Equal(got, want) {
				t.Fatalf("%s: %v, or other texts than without the loan", c.Name(), err)
			}
			stays := []string{strings.Clone(got[0]), strings.Clone(got[1])}
			clear(m.Content) // only a text that keeps the memory may change
			if got[0] != stays[0] || (got[1] != stays[1]) != loan.Kept() {
				t.Fatalf("%s: a text is not where the loan says", c.Name())
			}
		}
	})
}

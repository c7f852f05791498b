package codec_test

import (
	"bytes"
	"encoding/hex"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/netip"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/doccode"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/google/go-cmp/cmp"
)

type (
	celsius float64
	color   uint8
	blob    []byte
	grade   int // text by methods of the pointer

	Base   struct{ ID int }
	Other  struct{ ID int }
	Secret struct{ n int }
	inner  struct{ ID int }
	noted  struct {
		time.Time
		Note string
	}
	namedTime struct {
		time.Time `aiomas:"when"`
		Note      string
	}
	onlyTime struct{ time.Time }
	pair     struct {
		_    struct{} `aiomas:",list"`
		A, B int
	}
	outer struct {
		Base
		ID int
	}
	guarded struct {
		sync.Mutex
		X int
	}
)

func (g *grade) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "g%d", *g), nil }
func (g *grade) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "g%d", g)
	return err
}

// kinds are the rows of the table in docs/types.md: every kind of Go type, every
// way to embed, every kind of key.
var kinds = []struct {
	text  string
	value any
	back  string // the decoded value, if it differs; "?": not comparable here
}{
	{"`bool`", true, ""},
	{"`int8`, any int or uint", int8(-1), ""},
	{"`uintptr`", uintptr(1), ""},
	{"`float64`, `float32`", float32(0.5), ""},
	{"`complex128`", 1i, ""},
	{"`string`", "a", ""},
	{"`type celsius float64`", celsius(1), ""},
	{"`*big.Int`", big.NewInt(5), ""},
	{"`chan int`", make(chan int), ""},
	{"`func()`", func() {}, ""},
	{"nil pointer", (*int)(nil), ""},
	{"pointer", ptrTo(ptrTo(1)), ""},
	{"`any` with a value", []any{int64(1), "a", nil}, ""},
	{"nil slice", []int(nil), "empty"},
	{"`[]int`", []int{1}, ""},
	{"`[2]int`", [2]int{1, 2}, ""},
	{"`[]byte`, `[2]byte`, `type blob []byte`", blob("a"), ""},
	{"`[]color`, `color` being a `uint8`", []color{1}, ""},
	{"nil map", map[string]int(nil), "empty"},
	{"`codec.Dict`", codec.Dict{{Key: "b", Value: int64(1)}, {Key: "a", Value: int64(2)}}, ""},
	{"`time.Time`, `netip.Addr`, whatever has `MarshalText`", netip.MustParseAddr("::1"), ""},
	{"`MarshalText` of the pointer", grade(1), ""},
	{"`time.Duration`", time.Second, ""},
	{"`json.RawMessage`", stdjson.RawMessage(`[1]`), ""},
	{"`codec.Opaque`", codec.Opaque{ID: 1, Data: int64(2)}, ""},

	{"struct", Base{1}, ""},
	{"struct without fields", struct{}{}, ""},
	{"struct as a list, by `aiomas:\",list\"`", pair{A: 1, B: 2}, ""},
	{"struct with exported and other fields", struct{ X, y int }{1, 0}, "the exported ones"},
	{"struct without exported fields", Secret{1}, ""},
	{"`error` of `errors.New`", errors.New("boom"), ""},
	{"`atomic.Int64`", new(atomic.Int64), ""},
	{"two fields of one name: `URL`, `Url`", struct{ URL, Url int }{1, 2}, ""}, //nolint:revive // the names are what is tested
	{"two fields of one name by tags", struct {
		A int `aiomas:"x"`
		B int `aiomas:"x"`
	}{1, 2}, ""},
	{"a field named `__type__`", struct {
		T int `aiomas:"__type__"`
	}{1}, ""},
	{"a field with `aiomas:\"-\"`", struct {
		X int
		Y int `aiomas:"-"`
	}{1, 0}, "without it"},

	{"embedded struct", struct{ Base }{Base{1}}, ""},
	{"embedded struct of an unexported type", struct{ inner }{inner{1}}, ""},
	{"embedded pointer", struct{ *Base }{&Base{1}}, ""},
	{"embedded nil pointer", struct {
		*Base
		X int
	}{nil, 1}, ""},
	{"embedded pointer to an unexported type", struct{ *inner }{&inner{1}}, "a `*DecodeError`"},
	{"embedded and hidden by a field of the same Go name", outer{Base{0}, 1}, "the outer one"},
	{"two embedded structs with a field of one name", struct {
		Base
		Other
	}{}, ""},
	{"embedded struct without exported fields", struct {
		Secret
		X int
	}{}, ""},
	{"embedded `sync.Mutex`", &guarded{X: 1}, "?"},
	{"embedded type that is no struct", struct{ Celsius }{1}, ""},
	{"embedded interface", struct{ Iface }{}, ""},
	{"embedded `time.Time` alone", onlyTime{time.Unix(0, 0).UTC()}, ""},
	{"embedded `time.Time` beside other fields", noted{}, ""},
	{"the same with `aiomas:\"when\"`", namedTime{time.Unix(0, 0).UTC(), "n"}, ""},
	{"embedded by itself, `type T struct{ *T; X int }`", loop{X: 1}, ""},

	{"key: string", map[string]int{"a": 1}, ""},
	{"key: int, uint", map[int8]int{2: 1, 10: 2}, ""},
	{"key: float", map[float64]int{0.5: 1, 2: 2}, ""},
	{"key: bool", map[bool]int{true: 1}, ""},
	{"key: `MarshalText`, by whatever receiver", map[grade]int{1: 1}, ""},
	{"key: `*big.Int`, pointer", map[*big.Int]int{big.NewInt(5): 1}, "?"},
	{"key: nil", map[any]int{nil: 1}, "as text with JSON"},
	{"key: array", map[[2]int]int{{2, 1}: 1, {10, 1}: 2}, ""},
	{"key: array of bytes", map[[1]byte]int{{1}: 1}, ""},
	{"key: struct", map[Base]int{{1}: 1}, ""},
	{"key: `error`", map[error]int{io.EOF: 1}, ""},
	{"key: `any` with int and str", map[any]int{int64(1): 1, "a": 2}, "as text with JSON"},
	{"key: `any` with 1 and \"1\"", map[any]int{int64(1): 1, "1": 2}, ""},
	{"key: `any` with 1, 1.0, true", map[any]int{int64(1): 1, 1.0: 2, true: 3}, "as text with JSON"},
	{"key: `\"__type__\"`", map[string]int{"__type__": 1}, ""},
}

type (
	Celsius float64
	Iface   interface{ M() }
	loop    struct {
		*loop //nolint:unused // it is embedded
		X     int
	}
)

func ptrTo[T any](v T) *T { return &v }

// TestKinds checks for each kind whether Python receives all of it, or it is an
// error, and whether it decodes to the same value. The table in docs/types.md
// has the results.
func TestKinds(t *testing.T) {
	same := cmp.Options{
		cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 }), cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Exporter(func(reflect.Type) bool { return true }),
	}
	table := new(strings.Builder)
	table.WriteString("| Go | Python, by JSON | Python, by MsgPack | comes back |\n| --- | --- | --- | --- |\n")
	for _, k := range kinds {
		fmt.Fprintf(table, "| %s |", k.text)
		sent, back := false, k.back
		for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
			b, err := codec.Marshal(c, k.value, nil)
			if err != nil {
				if ee := (*codec.EncodeError)(nil); !errors.As(err, &ee) {
					t.Errorf("%s: %s: %v", c.Name(), k.text, err)
				}
				fmt.Fprint(table, " – |")
				continue
			}
			sent = true
			fmt.Fprintf(table, " `%s` |", printed(t, c, b))
			target := reflect.New(reflect.TypeOf(k.value))
			err = codec.Unmarshal(c, b, target.Interface(), nil)
			if diff := ""; back == "" {
				if err == nil {
					diff = cmp.Diff(k.value, target.Elem().Interface(), same)
				}
				if err != nil || diff != "" {
					t.Errorf("%s: %s does not come back: %v\n%s", c.Name(), k.text, err, diff)
				}
			} else if de := (*codec.DecodeError)(nil); errors.As(err, &de) != strings.Contains(back, "DecodeError") {
				t.Errorf("%s: %s: %v", c.Name(), k.text, err)
			}
		}
		switch {
		case !sent:
			back = ""
		case back == "" || back == "?":
			back = "yes"
		}
		fmt.Fprintf(table, " %s |\n", back)
	}
	doccode.Section(t, "../docs/types.md", "go test ./codec -run TestKinds -update", table.String())
}

// printed returns an encoded value as Python prints it.
func printed(t *testing.T, c codec.Codec, b []byte) string {
	d := c.NewDecoder()
	d.Reset(b, nil)
	open, closing := "[", "]"
	if c.Name() == "msgpack" {
		open, closing = "(", ")"
	}
	var print func() string
	print = func() string {
		switch d.Kind() {
		case codec.KindList:
			var list []string
			_, _ = d.List()
			for d.More() {
				list = append(list, print())
			}
			comma := ""
			if len(list) == 1 && open == "(" {
				comma = ","
			}
			return open + strings.Join(list, ", ") + comma + closing
		case codec.KindDict:
			var list []string
			_, _ = d.Dict()
			for d.More() {
				key := print()
				list = append(list, key+": "+print())
			}
			return "{" + strings.Join(list, ", ") + "}"
		}
		x, err := d.Any()
		if err != nil {
			t.Fatal(err)
		}
		switch x := x.(type) {
		case nil:
			return "None"
		case bool:
			return map[bool]string{true: "True", false: "False"}[x]
		case float64:
			text := strconv.FormatFloat(x, 'f', -1, 64)
			if !strings.Contains(text, ".") {
				text += ".0"
			}
			return text
		case string:
			return "'" + x + "'"
		case []byte:
			q := strconv.QuoteToASCII(string(x))
			return "b'" + q[1:len(q)-1] + "'"
		}
		return fmt.Sprint(x)
	}
	return print()
}

// The table shows what real Python reads, and nothing is missing when it sends
// it back. Without a serializer a custom type does not count.
func TestKindsInPython(t *testing.T) {
	python := pyenv.RequireOne(t)
	var in bytes.Buffer
	var want []string
	for _, k := range kinds {
		for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
			b, err := codec.Marshal(c, k.value, nil)
			if err != nil || bytes.Contains(b, []byte(codec.TypeKey)) {
				continue
			}
			fmt.Fprintf(&in, "%s %x\n", c.Name(), b)
			want = append(want, hex.EncodeToString(b)+" "+printed(t, c, b))
		}
	}
	cmd := python.Command(t, "reencode.py")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(out)), "\n")); diff != "" {
		t.Error(diff)
	}
}

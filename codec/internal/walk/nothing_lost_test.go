package walk_test

import (
	"errors"
	"math/big"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

type (
	Color uint8

	Noted struct { // inherits MarshalText from time.Time
		time.Time
		Note string
	}
	NotedByName struct {
		time.Time `aiomas:"when"`
		Note      string
	}
	Stamp struct{ *time.Time }
	Own   struct { // has its own methods, whatever it embeds
		time.Time
		Note string
	}
	hiding  struct{ n int }
	Hiding  struct{ N, n int }
	Hidden  struct{ n int }
	Guarded struct {
		sync.Mutex
		X int
	}
	Two struct {
		Base
		plainBase
	}
	plainBase struct{ ID int }
	Renamed   struct {
		Base
		Mine int `aiomas:"id"`
	}
	Selfish struct {
		X int
		*Selfish
	}
	ByUnexported struct{ *plainBase }
	Counter      struct {
		big.Int
		X int
	}
	Zeroes struct {
		P ByPointer   `aiomas:",omitempty"`
		L ListOfOnes  `aiomas:",omitzero"`
		Q *ByPointer  `aiomas:",omitempty"`
		T *time.Time  `aiomas:",omitempty"`
		I interface { // with a nil pointer in it
			IsZero() bool
		} `aiomas:",omitempty"`
		N Noted `aiomas:",omitempty"`
	}
	ByPointer  struct{ X int }
	ListOfOnes []int
)

func (c Color) MarshalText() ([]byte, error) { return []byte{'c', '0' + byte(c)}, nil }
func (c *Color) UnmarshalText(b []byte) error {
	*c = Color(b[1] - '0')
	return nil
}

func (Own) MarshalText() ([]byte, error)  { return []byte("own"), nil }
func (*Own) UnmarshalText(b []byte) error { return nil }

func (p *ByPointer) IsZero() bool { return p.X == 1 }
func (l ListOfOnes) IsZero() bool { return len(l) > 0 && l[0] == 1 }

// Every field of a type is encoded, or encoding and decoding fail.
func TestNothingIsLost(t *testing.T) {
	type tagTwice struct {
		A int `aiomas:"x"`
		B int `aiomas:"x"`
	}
	type tagAndName struct {
		A int `aiomas:"x"`
		X int
	}
	when := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		value any
		want  string // "": refused
	}{
		{struct{ URL, Url string }{"a", "b"}, ""}, //nolint:revive // the same name on the wire
		{tagTwice{1, 2}, ""},
		{tagAndName{1, 2}, ""},
		{Two{Base{1, "o"}, plainBase{2}}, ""},
		{Renamed{Base{1, "o"}, 2}, ""},
		{Inner{Base: Base{1, "lost by Go's rules"}, Owner: "o", Depth: 2}, `{"id": 1, "owner": "o", "depth": 2}`},
		{Selfish{X: 1}, ""},
		{Hidden{1}, ""},
		{hiding{1}, ""},
		{Hiding{1, 2}, `{"n": 1}`},
		{struct{}{}, `{}`},
		{struct{ _ int }{}, `{}`},
		{struct {
			A int `aiomas:"-"`
		}{1}, `{}`},
		{struct{ Hidden }{Hidden{1}}, ""},
		{struct {
			Hidden
			X int
		}{X: 1}, ""},
		{struct {
			hiding
			X int
		}{X: 1}, `{"x": 1}`},
		{&Guarded{X: 1}, `{"x": 1}`},
		{errors.New("boom"), ""},
		{struct{ Err error }{errors.New("boom")}, ""},
		{struct{ Err error }{}, `{"err": null}`},
		{new(atomic.Int64), ""},
		{new(sync.Map), ""},
		{Noted{when, "n"}, ""},
		{NotedByName{when, "n"}, `{"when": "2020-01-02T03:04:05Z", "note": "n"}`},
		{Stamp{&when}, `"2020-01-02T03:04:05Z"`},
		{Own{when, "n"}, `"own"`},
		{Counter{*big.NewInt(5), 1}, `{"int": 5, "x": 1}`},
		{struct{ *Base }{&Base{1, "o"}}, `{"id": 1, "owner": "o"}`},
		{[]Color{1, 2}, `["c1", "c2"]`},
		{[2]Color{1, 2}, `["c1", "c2"]`},
		{[]Count{1}, `[1]`},
		{Zeroes{}, `{"p": {"x": 0}, "l": []}`},
		{Zeroes{P: ByPointer{1}, L: ListOfOnes{1}, Q: &ByPointer{1}, T: new(time.Time), I: (*ByPointer)(nil)}, `{}`},
		{&Zeroes{P: ByPointer{2}, L: ListOfOnes{2}, Q: &ByPointer{2}, T: &when, I: &ByPointer{2}}, `{"p": {"x": 2}, "l": [2], "q": {"x": 2}, "t": "2020-01-02T03:04:05Z", "i": {"x": 2}}`},
		{func() {}, ""}, {make(chan int), ""}, {complex(1, 2), ""}, {uintptr(7), `7`},
	}
	for _, tt := range tests {
		for _, c := range codecs {
			got, err := text(t, c, tt.value, nil)
			var ee *codec.EncodeError
			if got != tt.want || (err != nil) != (tt.want == "") || err != nil && !errors.As(err, &ee) {
				t.Errorf("%s: %T is %s, %v, want %s", c.Name(), tt.value, got, err, tt.want)
			}
			typ := reflect.TypeOf(tt.value)
			if typ.Kind() != reflect.Struct || tt.want != "" {
				continue
			}
			if _, isField := typ.FieldByName("Err"); isField {
				continue // its type can be decoded
			}
			raw, err := codec.Marshal(c, map[string]int{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var de *codec.DecodeError
			if err := codec.Unmarshal(c, raw, reflect.New(typ).Interface(), nil); !errors.As(err, &de) {
				t.Errorf("%s: {} into %T: %v", c.Name(), tt.value, err)
			}
		}
	}
}

func TestEmbeddedPointerOfUnexportedType(t *testing.T) {
	for _, c := range codecs {
		if got, err := text(t, c, ByUnexported{&plainBase{1}}, nil); got != `{"id": 1}` {
			t.Errorf("%s: %s, %v", c.Name(), got, err)
		}
		raw, _ := codec.Marshal(c, map[string]int{"id": 1}, nil)
		var de *codec.DecodeError
		if err := codec.Unmarshal(c, raw, new(ByUnexported), nil); !errors.As(err, &de) {
			t.Errorf("%s: a field that cannot be set: %v", c.Name(), err)
		}
	}
}

func TestIsZeroThatPanics(t *testing.T) {
	for _, c := range codecs {
		_, err := codec.Marshal(c, struct {
			At Stamp `aiomas:"at,omitempty"`
		}{}, nil)
		var ee *codec.EncodeError
		if !errors.As(err, &ee) || ee.Where != "at" {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
}

// A decoded value shares no memory with the target's old value.
func TestDecodedValuesAreNew(t *testing.T) {
	old := &Base{1, "old"}
	target := struct{ *Base }{old}
	if err := codec.Unmarshal(json.Codec, []byte(`{"id": 7}`), &target, nil); err != nil || target.ID != 7 || target.Owner != "old" {
		t.Errorf("%+v, %v", target.Base, err)
	}
	if old.ID != 1 {
		t.Errorf("the old one is %+v", *old)
	}
	x, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	n := struct{ N big.Int }{*x}
	if err := codec.Unmarshal(json.Codec, []byte(`{"n": 99999999999999999999999999}`), &n, nil); err != nil || x.String() != "123456789012345678901234567890" {
		t.Errorf("%v, %v", x, err)
	}
}

// An error that a user's method returns may be shared by all connections.
func TestErrorsOfUsersAreNotChanged(t *testing.T) {
	shared.Where = ""
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var target struct{ X struct{ Y refuser } }
			err := codec.Unmarshal(json.Codec, []byte(`{"x": {"y": 1}}`), &target, nil)
			var de *codec.DecodeError
			if !errors.As(err, &de) || de.Where != "x.y" {
				t.Errorf("%v", err)
			}
			_, err = codec.Marshal(json.Codec, target, nil)
			var ee *codec.EncodeError
			if !errors.As(err, &ee) || ee.Where != "x.y" {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if shared.Where != "" {
		t.Errorf("the user's error is at %q", shared.Where)
	}
}

var shared = &codec.EncodeError{Reason: "shared"}

type refuser struct{}

func (refuser) MarshalJSON() ([]byte, error)  { return nil, shared }
func (*refuser) UnmarshalJSON(b []byte) error { return shared }

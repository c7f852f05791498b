package walk_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/google/go-cmp/cmp"
)

type (
	// Link is encoded as a pair, as mosaik and many Python programs do.
	Link struct {
		_     struct{} `aiomas:",list"`
		URL   string
		Attrs map[string]int
	}
	// Step has fields that can be omitted.
	Step struct {
		_    struct{} `aiomas:",list"`
		Time int64
		Max  int    `aiomas:"max,omitempty"`
		Note string `aiomas:",omitempty"`
		Skip string `aiomas:"-"`
	}
	// Rows has lists within a list, and only float fields.
	Rows struct {
		_    struct{} `aiomas:",list"`
		X, Y float64
		Next *Rows
		Pair
	}
	Pair   struct{ Left, Right Link }
	Nobody struct {
		_ struct{} `aiomas:",list"`
	}
)

func TestStructAsList(t *testing.T) {
	link := Link{URL: "u", Attrs: map[string]int{"a": 1}}
	for _, tc := range []struct {
		value any
		want  string
	}{
		{link, `["u", {"a": 1}]`},
		{&link, `["u", {"a": 1}]`},
		{[]Link{link, {}}, `[["u", {"a": 1}], ["", {}]]`},
		{map[string]Link{"k": link}, `{"k": ["u", {"a": 1}]}`},
		{Step{Time: 1, Max: 2, Note: "n", Skip: "s"}, `[1, 2, "n"]`},
		{Step{Time: 1, Note: "n"}, `[1, 0, "n"]`},
		{Step{Time: 1, Max: 2}, `[1, 2]`},
		{Step{}, `[0]`},
		{Rows{X: 1, Y: 2, Next: &Rows{}}, `[1.0, 2.0, [0.0, 0.0, null, ["", {}], ["", {}]], ["", {}], ["", {}]]`},
		{Nobody{}, `[]`},
	} {
		for _, c := range codecs {
			got, err := text(t, c, tc.value, nil)
			if err != nil || got != tc.want {
				t.Errorf("%s: %T is %s, %v, want %s", c.Name(), tc.value, got, err, tc.want)
				continue
			}
			b, err := codec.Marshal(c, tc.value, nil)
			if err != nil {
				t.Fatal(err)
			}
			back := reflect.New(reflect.TypeOf(tc.value))
			if err := codec.Unmarshal(c, b, back.Interface(), nil); err != nil {
				t.Errorf("%s: %s into %T: %v", c.Name(), tc.want, tc.value, err)
			}
			again, err := text(t, c, back.Elem().Interface(), nil)
			if err != nil || again != tc.want {
				t.Errorf("%s: came back as %s, %v, want %s", c.Name(), again, err, tc.want)
			}
		}
	}
}

func TestStructAsListRefusesOthers(t *testing.T) {
	for _, tc := range []struct {
		value any
		want  string
	}{
		{[]any{"u"}, `aiomas: cannot decode: a list of 1 does not fit walk_test.Link, whose element 1 is "attrs"`},
		{[]any{"u", map[string]int{}, 1}, `aiomas: cannot decode: a list of more than 2 does not fit walk_test.Link`},
		{[]any{"u", map[string]string{"a": "x"}}, `aiomas: cannot decode attrs.a: str does not fit int`},
		{map[string]any{"url": "u"}, `aiomas: cannot decode: dict does not fit walk_test.Link`},
		{nil, `aiomas: cannot decode: None does not fit walk_test.Link`},
	} {
		for _, c := range codecs {
			b, err := codec.Marshal(c, tc.value, nil)
			if err != nil {
				t.Fatal(err)
			}
			var link Link
			if err := codec.Unmarshal(c, b, &link, nil); err == nil || err.Error() != tc.want {
				t.Errorf("%s: %v\ngot  %v\nwant %s", c.Name(), tc.value, err, tc.want)
			}
		}
	}
}

// Fields that are not in the list stay unchanged, as with dicts.
func TestStructAsListKeepsDefaults(t *testing.T) {
	for _, c := range codecs {
		b, err := codec.Marshal(c, []any{5}, nil)
		if err != nil {
			t.Fatal(err)
		}
		step := Step{Time: 1, Max: 7, Note: "default"}
		if err := codec.Unmarshal(c, b, &step, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Step{Time: 5, Max: 7, Note: "default"}, step, cmp.AllowUnexported(Step{})); diff != "" {
			t.Errorf("%s: %s", c.Name(), diff)
		}
	}
}

func TestStructAsListThatCannotBe(t *testing.T) {
	type hole struct {
		_ struct{} `aiomas:",list"`
		A int      `aiomas:",omitempty"`
		B int
	}
	type pointer struct {
		_ struct{} `aiomas:",list"`
		*Pair
	}
	type twice struct {
		_ struct{} `aiomas:",list"`
		A int      `aiomas:"x"`
		B int      `aiomas:"x"`
	}
	for _, v := range []any{hole{}, pointer{}, twice{}} {
		for _, c := range codecs {
			var enc *codec.EncodeError
			if b, err := codec.Marshal(c, v, nil); !errors.As(err, &enc) {
				t.Errorf("%s: %T is sent as %q, %v", c.Name(), v, b, err)
			}
			b, err := codec.Marshal(c, []int{1, 2}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var dec *codec.DecodeError
			if err := codec.Unmarshal(c, b, reflect.New(reflect.TypeOf(v)).Interface(), nil); !errors.As(err, &dec) {
				t.Errorf("%s: %T is read: %v", c.Name(), v, err)
			}
		}
	}
}

// A registered struct that is encoded as a list is a list as a custom type, too.
func TestStructAsListRegistered(t *testing.T) {
	reg, err := codec.NewRegistry(codec.NewStructSerializer[Link]())
	if err != nil {
		t.Fatal(err)
	}
	want := Link{URL: "u", Attrs: map[string]int{"a": 1}}
	for _, c := range codecs {
		b, err := codec.Marshal(c, want, reg)
		if err != nil {
			t.Fatal(err)
		}
		var got Link
		if err := codec.Unmarshal(c, b, &got, reg); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q is read as %+v, %v", c.Name(), b, got, err)
		}
		var anything any
		if err := codec.Unmarshal(c, b, &anything, reg); err != nil || !reflect.DeepEqual(anything, want) {
			t.Errorf("%s: %q is read as %+v, %v", c.Name(), b, anything, err)
		}
	}
}

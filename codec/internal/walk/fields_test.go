package walk

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type low struct{ Shared, Low int }

type Left struct {
	low
	Both, Same int
}

type Right struct {
	Other int
	Tag   int `aiomas:"tagged"`
}

type deep struct {
	Left
	*Right
	Again *deep
	Iface
	Count
}

type (
	Iface interface{ M() }
	Count int
)

type tagged struct {
	Left `aiomas:"left"`
	A    int `json:"-"`
	B    int `json:"-" aiomas:"b"`
	C    int `json:"cc,omitempty" aiomas:",omitempty"`
	D    int `json:"d_d,string"`
	E    int `aiomas:",omitzero" json:"e"`
}

type ring struct{ *ring }

func TestFields(t *testing.T) {
	f := &Format{TagName: "json"}
	tests := []struct {
		of   reflect.Type
		want []string
	}{
		{reflect.TypeFor[deep](), []string{"shared", "low", "both", "same", "other", "tagged", "again", "iface", "count"}},
		{reflect.TypeFor[tagged](), []string{"left", "b", "cc", "d_d", "e"}},
		{reflect.TypeFor[ring](), nil},
		{reflect.TypeFor[struct{}](), nil},
	}
	for _, tt := range tests {
		var got []string
		for _, fd := range f.fieldsOf(tt.of).list {
			got = append(got, fd.name)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%v (-want +got):\n%s", tt.of, d)
		}
	}
}

func TestIsEmpty(t *testing.T) {
	empty := []any{0, "", false, 0.0, []int{}, []int(nil), map[string]int{}, [0]int{}, (*int)(nil), struct{ X int }{}, time.Time{}, time.Time{}.UTC()}
	full := []any{1, "x", true, -1.0, []int{0}, map[string]int{"": 0}, [1]int{}, new(int), struct{ X int }{1}, time.Unix(0, 0)}
	for _, v := range empty {
		if empty, err := isEmpty(reflect.ValueOf(v)); !empty || err != nil {
			t.Errorf("%T %v is not empty", v, v)
		}
	}
	for _, v := range full {
		if empty, err := isEmpty(reflect.ValueOf(v)); empty || err != nil {
			t.Errorf("%T %v is empty", v, v)
		}
	}
}

package codec_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

func ExampleMarshal() {
	type Unit struct {
		Name     string
		MaxPower float64
		Comment  string `aiomas:"note,omitempty"`
		Secret   string `aiomas:"-"`
	}
	b, err := codec.Marshal(json.Codec, map[string]any{"units": []Unit{{Name: "wind", MaxPower: 3}}, "ok": true}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(b))

	_, err = codec.Marshal(json.Codec, map[string]any{"units": []any{1, make(chan int)}}, nil)
	var refused *codec.EncodeError
	if errors.As(err, &refused) {
		fmt.Println(refused.Where)
		fmt.Println(refused)
	}
	// Output:
	// {"ok": true, "units": [{"name": "wind", "max_power": 3.0}]}
	// units[1]
	// aiomas: cannot encode units[1]: No serializer found for type "chan int"
}

func ExampleUnmarshal() {
	type Unit struct {
		Name  string
		Power []float64
		Limit *uint8
	}
	data := []byte(`[{"name": "wind", "power": [1, 2.5], "limit": null}, {"name": "sun", "power": [], "limit": 300}]`)

	var units []Unit
	err := codec.Unmarshal(json.Codec, data, &units, nil)
	fmt.Println(err)

	var v any
	if err := codec.Unmarshal(json.Codec, data, &v, nil); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v)
	// Output:
	// aiomas: cannot decode [1].limit: int 300 does not fit uint8
	// [map[limit:<nil> name:wind power:[1 2.5]] map[limit:300 name:sun power:[]]]
}

// Python: codec.add_serializer(datetime, lambda d: d.isoformat(), datetime.fromisoformat)
func ExampleNewSerializer() {
	types, err := codec.NewRegistry(codec.NewSerializer(
		func(t time.Time) (string, error) { return t.Format(time.RFC3339), nil },
		func(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) },
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	b, err := codec.Marshal(json.Codec, map[string]any{"start": start}, types)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(b))

	var v map[string]any // or map[string]time.Time
	if err := codec.Unmarshal(json.Codec, b, &v, types); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v["start"].(time.Time).Year())
	// Output:
	// {"start": {"__type__": [0, "2024-02-29T12:00:00Z"]}}
	// 2024
}

// Python:
//
//	@aiomas.serializable
//	class Point:
//	    def __init__(self, x, y): …
func ExampleNewStructSerializer() {
	type Point struct{ X, Y int }
	types, err := codec.NewRegistry(codec.NewStructSerializer[Point]())
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := codec.Marshal(json.Codec, []any{Point{1, 2}}, types)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(b))

	var v any
	if err := codec.Unmarshal(json.Codec, b, &v, types); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%#v\n", v.([]any)[0])

	// As in Python's constructor, all fields must be present, and no others.
	var p Point
	fmt.Println(codec.Unmarshal(json.Codec, []byte(`{"__type__": [0, {"x": 1}]}`), &p, types))
	// Output:
	// [{"__type__": [0, {"x": 1, "y": 2}]}]
	// codec_test.Point{X:1, Y:2}
	// aiomas: cannot decode: the field "y" of codec_test.Point is missing (both ends need the same serializers in the same order)
}

// A Go map is written in the order of its keys; a Dict keeps its own.
func ExampleDict() {
	d := codec.Dict{{Key: "second", Value: 2}, {Key: "first", Value: 1}}
	b, err := codec.Marshal(json.Codec, d, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(b))

	var back codec.Dict
	if err := codec.Unmarshal(json.Codec, b, &back, nil); err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range back {
		fmt.Println(e.Key, e.Value)
	}
	first, ok := back.Get("first")
	fmt.Println(first, ok)
	// Output:
	// {"second": 2, "first": 1}
	// second 2
	// first 1
	// 1 true
}

func ExampleTuple() {
	var name string
	var power []float64
	err := codec.Unmarshal(json.Codec, []byte(`["wind", [1.5, 2.5]]`), &codec.Tuple{&name, &power}, nil)
	fmt.Println(name, power, err)

	err = codec.Unmarshal(json.Codec, []byte(`["wind"]`), &codec.Tuple{&name, &power}, nil)
	fmt.Println(err)
	// Output:
	// wind [1.5 2.5] <nil>
	// aiomas: cannot decode: a list of 1 does not fit a tuple of 2
}

func ExampleValue() {
	type Event struct {
		Kind string
		Data codec.Value // its type depends on Kind
	}
	var e Event
	if err := codec.Unmarshal(json.Codec, []byte(`{"kind": "moved", "data": [1.5, 2.5]}`), &e, nil); err != nil {
		fmt.Println(err)
		return
	}
	if e.Kind == "moved" {
		var to [2]float64
		fmt.Println(e.Data.Decode(&to), to)
	}
	fmt.Println(e.Data.Kind())
	// Output:
	// <nil> [1.5 2.5]
	// list
}

package base_test

import (
	"encoding/json"
	"fmt"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/base"
)

// lines writes a value as JSON with a newline, as a class Lines(aiomas.codecs.Codec) of
// a Python program might do. It is for values that JSON of the standard library has.
type lines struct{}

func (lines) Append(dst []byte, v any) ([]byte, error) {
	text, err := json.Marshal(plain(v))
	return append(append(dst, text...), '\n'), err
}

func (lines) Parse(data []byte, _ codec.Limits) (v any, err error) {
	err = json.Unmarshal(data, &v)
	if list, ok := v.([]any); ok { // a message: its type and number are ints
		for i, x := range list {
			if f, ok := x.(float64); ok && i < 2 {
				list[i] = int64(f)
			}
		}
	}
	return v, err
}

// plain makes maps of dicts.
func plain(v any) any {
	switch v := v.(type) {
	case codec.Dict:
		m := map[string]any{}
		for _, e := range v {
			m[fmt.Sprint(e.Key)] = plain(e.Value)
		}
		return m
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	}
	return v
}

// A format of plain values becomes a codec, with structs, custom types and messages.
func ExampleNew() {
	c := base.New("lines", lines{}) // for aiomas.WithCodec
	type reading struct {
		Speed float64 `aiomas:"v"`
		Unit  string
	}
	payload, err := c.AppendMessage(nil, codec.Request, 1, []any{"set", []any{reading{1.5, "m/s"}}, codec.Dict{}}, nil)
	fmt.Printf("%s", payload)
	if err != nil {
		fmt.Println(err)
		return
	}
	var got reading
	b, err := codec.Marshal(c, reading{2.5, "m/s"}, nil)
	if err == nil {
		err = codec.Unmarshal(c, b, &got, nil)
	}
	fmt.Printf("%+v %v\n", got, err)
	// Output:
	// [0,1,["set",[{"unit":"m/s","v":1.5}],{}]]
	// {Speed:2.5 Unit:m/s} <nil>
}

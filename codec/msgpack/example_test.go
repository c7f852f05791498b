package msgpack_test

import (
	"fmt"

	vmsgpack "github.com/vmihailenco/msgpack/v5"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func Example() {
	type unit struct {
		Name  string    `aiomas:"name"`
		Power []float64 `aiomas:"power"`
	}
	b, err := codec.Marshal(msgpack.Codec, unit{"wind", []float64{1.5, 2}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%x\n", b)

	var u unit
	if err := codec.Unmarshal(msgpack.Codec, b, &u, nil); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u)
	// Output:
	// 82a46e616d65a477696e64a5706f77657292cb3ff8000000000000cb4000000000000000
	// {wind [1.5 2]}
}

// The keys of Python's dicts are of any type that it can hash.
func Example_keys() {
	for _, v := range []any{
		map[string]any{"a": 1},
		map[int]string{1: "one"},
		map[[2]int]bool{{1, 2}: true},
		codec.Dict{{Key: []byte("raw"), Value: nil}},
	} {
		b, err := codec.Marshal(msgpack.Codec, v, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		var back any
		if err := codec.Unmarshal(msgpack.Codec, b, &back, nil); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%x %v\n", b, back)
	}
	// Output:
	// 81a16101 map[a:1]
	// 8101a36f6e65 map[1:one]
	// 81920102c3 [{[1 2] true}]
	// 81c403726177c0 [{[114 97 119] <nil>}]
}

func ExampleExt() {
	b, err := codec.Marshal(msgpack.Codec, msgpack.Ext{Code: 5, Data: []byte("abc")}, nil)
	fmt.Printf("%x %v\n", b, err)
	_, err = codec.Marshal(msgpack.Codec, msgpack.Ext{Code: -1}, nil)
	fmt.Println(err)
	// Output:
	// c70305616263 <nil>
	// aiomas: cannot encode: extension type -1: Python reads only 0 to 127
}

// Celsius is a type that already has a form of its own in vmihailenco/msgpack: tenths
// of a degree.
type Celsius float64

func (c Celsius) EncodeMsgpack(e *vmsgpack.Encoder) error { return e.EncodeInt(int64(10 * c)) }

func (c *Celsius) DecodeMsgpack(d *vmsgpack.Decoder) error {
	n, err := d.DecodeInt64()
	*c = Celsius(n) / 10
	return err
}

func Example_vmihailenco() {
	b, err := codec.Marshal(msgpack.Codec, []any{map[string]Celsius{"t1": 30}, vmsgpack.RawMessage("\xc3")}, nil)
	fmt.Printf("%x %v\n", b, err)
	var back any
	err = codec.Unmarshal(msgpack.Codec, b, &back, nil)
	fmt.Println(back, err)
	// Output:
	// 9281a27431cd012cc3 <nil>
	// [map[t1:300] true] <nil>
}

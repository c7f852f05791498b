package json_test

import (
	"fmt"
	"math"
	"math/big"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Python's JSON distinguishes ints from floats, and has numbers that standard JSON
// lacks.
func Example() {
	b, err := codec.Marshal(json.Codec, []any{1, 1.0, 1e16, math.Inf(-1), math.NaN(), new(big.Int).Lsh(big.NewInt(1), 70), "Zoë"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(b))

	var v []any
	if err := codec.Unmarshal(json.Codec, b, &v, nil); err != nil {
		fmt.Println(err)
		return
	}
	for _, x := range v {
		fmt.Printf("%T %v\n", x, x)
	}
	// Output:
	// [1, 1.0, 1e+16, -Infinity, NaN, 1180591620717411303424, "Zo\u00eb"]
	// int64 1
	// float64 1
	// float64 1e+16
	// float64 -Inf
	// float64 NaN
	// *big.Int 1180591620717411303424
	// string Zoë
}

// Parsing a message leaves its content encoded; the content is decoded once its
// target is known.
func Example_message() {
	payload, err := json.Codec.AppendMessage(nil, codec.Request, 7, &codec.Call{Path: "math/add", Args: []any{1, 2.5}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(payload))

	msg, err := json.Codec.ParseMessage(payload, codec.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	d := json.Codec.NewDecoder()
	d.Reset(msg.Content, nil)
	var path string
	var args []float64
	if err := d.Decode(&codec.Tuple{&path, &args, new(any)}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(msg.Type, msg.ID, path, args)
	// Output:
	// [0, 7, ["math/add", [1, 2.5], {}]]
	// REQUEST 7 math/add [1 2.5]
}

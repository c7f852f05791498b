package blosc_test

import (
	"fmt"
	"math"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// A day's schedule, one value a minute: it pays to compress it.
func Example() {
	schedule := make([]float64, 24*60)
	for i := range schedule {
		schedule[i] = math.Round(40 + 10*math.Sin(float64(i/60)))
	}
	plain, err := codec.Marshal(msgpack.Codec, schedule, nil)
	if err != nil {
		panic(err)
	}
	packed, err := codec.Marshal(blosc.Codec, schedule, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(plain), "bytes become", len(packed))

	var back []float64
	if err := codec.Unmarshal(blosc.Codec, packed, &back, nil); err != nil {
		panic(err)
	}
	fmt.Println(len(back), "values, the last one is", back[len(back)-1])
	// Output:
	// 12963 bytes become 1472
	// 1440 values, the last one is 32
}

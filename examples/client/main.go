// Command client calls a Python program that uses real aiomas:
// interop/python/demo_service.py. To it, examples/server is the same.
//
//	python interop/python/demo_service.py     # the service, until Ctrl-C
//	go run ./examples/client                  # calls it
//
// The Python needs aiomas; interop/python/env.sh DIR makes one and prints its path.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func main() {
	connect := flag.String("connect", "localhost:5555", "`address` of the service")
	pack := flag.Bool("msgpack", false, "use the MsgPack codec instead of JSON")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	// What the Python side may call back.
	me := aiomas.NewRouter()
	me.Expose("get_name", func() string {
		fmt.Println("get_name() is called back")
		return "Gopher"
	})

	encoding := json.Codec
	if *pack {
		encoding = msgpack.Codec
	}
	conn, err := aiomas.Dial(ctx, *connect, aiomas.WithCodec(encoding), aiomas.WithService(me), aiomas.WithRetry(5*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it returns nil

	sum, err := aiomas.Call[int](ctx, conn.Remote("add"), 1, aiomas.Kwargs{"b": 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("add(1, b=2) =", sum)

	hello, err := aiomas.Call[string](ctx, conn.Remote("visit"), me)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("visit(me) = %q\n", hello)

	err = conn.Remote("fail").Call(ctx, nil, "no such thing")
	var remote *aiomas.RemoteError
	if !errors.As(err, &remote) {
		log.Fatalf("fail() did not raise but gave %v", err)
	}
	fmt.Printf("fail() raised %s: %s\n", remote.Type, remote.Message)
	fmt.Println("is it a ValueError?", errors.Is(err, aiomas.ValueError))
}

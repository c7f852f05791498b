// Command server offers a Go service to Python programs, which cannot tell the
// difference: interop/python/demo_client.py calls it with real aiomas.
//
//	go run ./examples/server                  # this one, until Ctrl-C
//	python interop/python/demo_client.py      # calls it
//	go run ./examples/client                  # so does this
//
// The Python needs aiomas; interop/python/env.sh DIR makes one and prints its path.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func main() {
	listen := flag.String("listen", "localhost:5555", "`address`")
	pack := flag.Bool("msgpack", false, "use the MsgPack codec instead of JSON")
	flag.Parse()
	service := aiomas.NewRouter()
	service.Expose("add", add, aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 0}))
	service.Expose("fail", fail)
	service.Expose("visit", visit)

	encoding := json.Codec
	if *pack {
		encoding = msgpack.Codec
	}
	srv := aiomas.NewServer(service, aiomas.WithCodec(encoding))
	if err := srv.Run(context.Background(), *listen, func(addr string) { fmt.Println("ready", addr) }); err != nil {
		log.Fatal(err)
	}
}

// add is called with positional or keyword arguments, or without b.
func add(a, b int) int {
	fmt.Printf("add(%d, %d) is called\n", a, b)
	return a + b
}

// fail reaches Python as a ValueError.
func fail(message string) error {
	fmt.Println("fail() raises a ValueError")
	return aiomas.ValueError.New(message)
}

// visit gets a service of the caller and calls it back.
func visit(ctx context.Context, guest *aiomas.Proxy) (string, error) {
	name, err := aiomas.Call[string](ctx, guest.Sub("get_name"))
	if err != nil {
		return "", err
	}
	fmt.Printf("visit() called its guest back: its name is %s\n", name)
	return "Go says hello to " + name, nil
}

package local_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

type greeter struct{ agent.Agent }

// Hello greets.
func (g *greeter) Hello(name string) string { return "hello " + name }

// Containers of one process, without sockets. A network of its own for each test has
// queues that no other test sees.
func ExampleNetwork_Transport() {
	ctx := context.Background()
	net := local.NewNetwork().Transport()
	container := func(addr string) *agent.Container {
		c, err := agent.NewContainer(ctx, addr, agent.WithTransport("local", net))
		if err != nil {
			log.Fatal(err)
		}
		return c
	}
	home, away := container("local://home"), container("local://away")
	defer home.Shutdown(ctx)
	defer away.Shutdown(ctx)
	if _, err := home.Register(&greeter{}, agent.Expose("Hello")); err != nil {
		log.Fatal(err)
	}
	there, err := away.Connect(ctx, "local://home/0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(aiomas.Call[string](ctx, there.Sub("hello"), "you"))
	// Output: hello you <nil>
}

// A server and a client in memory.
func ExampleNetwork_Listen() {
	ctx := context.Background()
	net := local.NewNetwork()
	ln, err := net.Listen("calculator")
	if err != nil {
		log.Fatal(err)
	}
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	srv := aiomas.NewServer(service)
	go func() { _ = srv.Serve(ctx, ln) }()
	defer srv.Close()

	conn, err := net.Dial(ctx, "calculator")
	if err != nil {
		log.Fatal(err)
	}
	ch, err := aiomas.NewChannel(conn)
	if err != nil {
		log.Fatal(err)
	}
	client := aiomas.NewClient(ch, nil)
	defer client.Close()
	fmt.Println(aiomas.Call[int](ctx, client.Remote("add"), 1, 2))
	// Output: 3 <nil>
}

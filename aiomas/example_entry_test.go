package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// A program that serves until SIGTERM or Ctrl-C, and then ends in order: running calls
// finish first. Here ctx ends it.
func ExampleServer_Run() {
	ctx, cancel := context.WithCancel(context.Background())
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })

	err := aiomas.NewServer(service).Run(ctx, "localhost:0", func(addr string) {
		fmt.Println("ready at", addr[:len("tcp://127.0.0.1:")])
		cancel()
	})
	fmt.Println("ended with", err)
	// Output:
	// ready at tcp://127.0.0.1:
	// ended with <nil>
}

// A client that connects when it is used first, and again when the connection is lost.
// Call takes its functions as it takes those of a connection.
func ExampleNewReconnector() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	addr, stop := serveExample(service)
	defer stop()

	r, err := aiomas.NewReconnector(addr, aiomas.ReconnectPolicy{
		Repeat: func(path string) bool { return path == "add" }, // may run twice
	})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	fmt.Println(aiomas.Call[int](ctx, r.Remote("add"), 1, 2))
	// Output: 3 <nil>
}

// Go does not know the names of parameters at run time, nor defaults: Params and
// Defaults tell them to callers that use keywords.
func ExampleRouter_Expose() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b },
		aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 10}))
	addr, stop := serveExample(service)
	defer stop()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Println(aiomas.Call[int](ctx, conn.Remote("add"), 1))
	fmt.Println(aiomas.Call[int](ctx, conn.Remote("add"), aiomas.Kwargs{"a": 1, "b": 2}))
	_, err = aiomas.Call[int](ctx, conn.Remote("add"))
	var remote *aiomas.RemoteError
	fmt.Println(errors.As(err, &remote), remote.Message)
	// Output:
	// 11 <nil>
	// 3 <nil>
	// true add() missing 1 required positional argument: 'a'
}

// Channels are requests and replies without functions: the content is anything.
func ExampleChannel_Recv() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ln, err := aiomas.Listen(ctx, "localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		ch, err := aiomas.NewChannel(conn)
		if err != nil {
			return
		}
		for {
			request, err := ch.Recv(ctx)
			if err != nil {
				return // the connection has ended
			}
			var text string
			if err := request.Decode(&text); err != nil {
				_ = request.Fail(ctx, err)
				continue
			}
			_ = request.Reply(ctx, strings.ToUpper(text))
		}
	}()

	ch, err := aiomas.DialChannel(ctx, aiomas.FormatAddress(ln.Addr()))
	if err != nil {
		log.Fatal(err)
	}
	defer ch.Close()
	var reply string
	err = ch.Send(ctx, "ohai", &reply)
	fmt.Println(reply, err)
	// Output: OHAI <nil>
}

// An interceptor sees each call of a peer: for logs, for measuring, or to refuse it.
func ExampleWithHandlerInterceptors() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	addr, stop := serveExample(service, aiomas.WithHandlerInterceptors(
		func(ctx context.Context, call aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
			result, err := next(ctx)
			fmt.Println(call.Path, "gives", result, err)
			return result, err
		}))
	defer stop()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	err = conn.Remote("add").Call(ctx, nil, 1, 2)
	fmt.Println(err)
	// Output:
	// add gives 3 <nil>
	// <nil>
}

// A server for peers that are not trusted with much.
func ExampleWithLimits() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	service := aiomas.NewRouter()
	service.Expose("length", func(s string) int { return len(s) })
	addr, stop := serveExample(service, aiomas.WithLimits(aiomas.Limits{
		FrameIn:     4 << 10,
		Connections: 100,
		Idle:        time.Minute,
	}))
	defer stop()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Println(aiomas.Call[int](ctx, conn.Remote("length"), "short"))
	_, err = aiomas.Call[int](ctx, conn.Remote("length"), strings.Repeat("x", 5000))
	fmt.Println("too long:", errors.Is(err, aiomas.ErrConnection))
	// Output:
	// 5 <nil>
	// too long: true
}

// Handlers run at the same time. With turns they run one at a time, in the order in
// which the calls arrived, as in Python: what they share needs no lock.
func ExampleWithTurns() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	n := 0
	service := aiomas.NewRouter()
	service.Expose("count", func() int { n++; return n })
	addr, stop := serveExample(service, aiomas.WithTurns())
	defer stop()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	var first, second int
	a, b := conn.Remote("count").Go(ctx, &first), conn.Remote("count").Go(ctx, &second)
	fmt.Println(errors.Join(a.Wait(ctx), b.Wait(ctx)), first, second)
	// Output: <nil> 1 2
}

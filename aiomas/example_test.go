package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// serveExample serves service until the returned function is called.
func serveExample(service aiomas.Service, opts ...aiomas.ServerOption) (addr string, stop func()) {
	ln, err := aiomas.Listen(context.Background(), "tcp://127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	srv := aiomas.NewServer(service, opts...)
	served := make(chan error)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	return aiomas.FormatAddress(ln.Addr()), func() {
		_ = srv.Shutdown(context.Background())
		<-served
	}
}

func exampleMath() *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("add", func(a, b int) int { return a + b },
		aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 0}))
	r.Expose("sqrt", func(x float64) (float64, error) {
		if x < 0 {
			return 0, aiomas.ValueError.New("math domain error")
		}
		return math.Sqrt(x), nil
	})
	return r
}

func ExampleDial() {
	addr, stop := serveExample(exampleMath())
	defer stop()
	ctx := context.Background()

	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	// A typed result, positional and keyword arguments.
	sum, err := aiomas.Call[int](ctx, conn.Remote("add"), 1, aiomas.Kwargs{"b": 2})
	fmt.Println(sum, err)

	// Into a variable.
	var root float64
	err = conn.Remote("sqrt").Call(ctx, &root, 2.25)
	fmt.Println(root, err)
	// Output:
	// 3 <nil>
	// 1.5 <nil>
}

func ExampleRemoteError() {
	addr, stop := serveExample(exampleMath())
	defer stop()
	ctx := context.Background()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	err = conn.Remote("sqrt").Call(ctx, nil, -1.0)
	var remote *aiomas.RemoteError
	if errors.As(err, &remote) {
		fmt.Println(remote.Type, "|", remote.Message)
	}
	fmt.Println(errors.Is(err, aiomas.ValueError), errors.Is(err, aiomas.KeyError))

	err = conn.Remote("sqrt").Call(ctx, nil)
	fmt.Println(errors.Is(err, aiomas.TypeError))
	// Output:
	// ValueError | math domain error
	// true false
	// true
}

func ExampleServer() {
	// In a program: err := srv.ListenAndServe(ctx, "tcp://127.0.0.1:5555")
	ctx := context.Background()
	ln, err := aiomas.Listen(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	srv := aiomas.NewServer(exampleMath(), aiomas.WithConnected(func(c *aiomas.Client) {
		fmt.Println("somebody connected")
	}))
	served := make(chan error)
	go func() { served <- srv.Serve(ctx, ln) }()

	conn, err := aiomas.Dial(ctx, aiomas.FormatAddress(ln.Addr()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(aiomas.Call[int](ctx, conn.Remote("add"), 1, 2))

	fmt.Println(srv.Shutdown(ctx))
	fmt.Println(<-served)
	// Output:
	// somebody connected
	// 3 <nil>
	// <nil>
	// aiomas: server closed
}

// thermostat is a service of methods, like a Python class with a Service
// attribute.
type thermostat struct {
	router *aiomas.Router
	target float64
}

func newThermostat() *thermostat {
	t := &thermostat{target: 20}
	t.router = aiomas.NewObjectRouter(t)
	t.router.ExposeMethods("GetTarget", "SetTarget") // get_target, set_target
	return t
}

func (t *thermostat) Router() *aiomas.Router  { return t.router }
func (t *thermostat) GetTarget() float64      { return t.target }
func (t *thermostat) SetTarget(value float64) { t.target = value }

func ExampleNewObjectRouter() {
	house := aiomas.NewRouter()
	if err := house.Add("kitchen", newThermostat()); err != nil {
		log.Fatal(err)
	}
	addr, stop := serveExample(house)
	defer stop()
	ctx := context.Background()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	kitchen := conn.Remote("kitchen")
	if err := kitchen.Sub("set_target").Call(ctx, nil, 21.5); err != nil {
		log.Fatal(err)
	}
	fmt.Println(aiomas.Call[float64](ctx, kitchen.Sub("get_target")))
	// Output: 21.5 <nil>
}

// A service is passed as an argument; the peer gets a proxy and calls back.
func ExampleWithService() {
	host := aiomas.NewRouter()
	host.Expose("ask", func(ctx context.Context, guest *aiomas.Proxy) (string, error) {
		target, err := aiomas.Call[float64](ctx, guest.Sub("get_target"))
		return fmt.Sprintf("you want %.0f °C", target), err
	})
	addr, stop := serveExample(host)
	defer stop()
	ctx := context.Background()

	me := newThermostat()
	conn, err := aiomas.Dial(ctx, addr, aiomas.WithService(me))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Println(aiomas.Call[string](ctx, conn.Remote("ask"), me))
	// Output: you want 20 °C <nil>
}

func ExampleKeywordStruct() {
	type options struct {
		Speed float64 `aiomas:"speed"`
		Unit  string  `aiomas:"unit,required"`
	}
	r := aiomas.NewRouter()
	r.Expose("move", func(to int, o options) string {
		return fmt.Sprintf("to %d at %g %s", to, o.Speed, o.Unit)
	}, aiomas.KeywordStruct())
	addr, stop := serveExample(r)
	defer stop()
	ctx := context.Background()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	fmt.Println(aiomas.Call[string](ctx, conn.Remote("move"), 7, aiomas.Kwargs{"unit": "m/s", "speed": 2}))
	var remote *aiomas.RemoteError
	if errors.As(conn.Remote("move").Call(ctx, nil, 7), &remote) {
		fmt.Println(remote.Message)
	}
	// Output:
	// to 7 at 2 m/s <nil>
	// move() missing 1 required keyword-only argument: 'unit'
}

// Many calls under way without a goroutine for each.
func ExampleProxy_Go() {
	addr, stop := serveExample(exampleMath())
	defer stop()
	ctx := context.Background()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	sums := make([]int, 3)
	calls := make([]*aiomas.Pending, 3)
	for i := range calls {
		calls[i] = conn.Remote("add").Go(ctx, &sums[i], i, i)
	}
	for _, c := range calls {
		if err := c.Wait(ctx); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(sums)
	// Output: [0 2 4]
}

// Several results travel as a tuple.
func Example_tuple() {
	r := aiomas.NewRouter()
	r.Expose("divmod", func(a, b int) (int, int, error) {
		if b == 0 {
			return 0, 0, aiomas.ExceptionType("ZeroDivisionError").New("integer division or modulo by zero")
		}
		return a / b, a % b, nil
	})
	addr, stop := serveExample(r)
	defer stop()
	ctx := context.Background()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	var div, mod int
	err = conn.Remote("divmod").Call(ctx, &codec.Tuple{&div, &mod}, 17, 5)
	fmt.Println(div, mod, err)
	err = conn.Remote("divmod").Call(ctx, nil, 1, 0)
	fmt.Println(errors.Is(err, aiomas.ExceptionType("ZeroDivisionError")))
	// Output:
	// 3 2 <nil>
	// true
}

func ExampleClient_OnConnectionReset() {
	srv := aiomas.NewServer(exampleMath())
	ln, err := aiomas.Listen(context.Background(), "tcp://127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { _ = srv.Serve(context.Background(), ln) }()
	conn, err := aiomas.Dial(context.Background(), aiomas.FormatAddress(ln.Addr()))
	if err != nil {
		log.Fatal(err)
	}
	lost := make(chan error)
	conn.OnConnectionReset(func(err error) { lost <- err })
	if err := conn.Remote("add").Call(context.Background(), nil, 1, 2); err != nil {
		log.Fatal(err)
	}
	_ = srv.Close()
	fmt.Println(errors.Is(<-lost, aiomas.ErrConnection))
	// Output: true
}

// A channel carries any content, without services and paths.
func ExampleDialChannel() {
	ctx := context.Background()
	ln, err := aiomas.Listen(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	go func() { // the other end
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		ch, err := aiomas.NewChannel(conn)
		if err != nil {
			return
		}
		for {
			req, err := ch.Recv(ctx)
			if err != nil {
				return // the channel was closed
			}
			var word string
			if err := req.Decode(&word); err != nil {
				_ = req.Fail(ctx, err)
				continue
			}
			_ = req.Reply(ctx, word+" world")
		}
	}()

	ch, err := aiomas.DialChannel(ctx, aiomas.FormatAddress(ln.Addr()))
	if err != nil {
		log.Fatal(err)
	}
	defer ch.Close()
	var reply string
	err = ch.Send(ctx, "hello", &reply)
	fmt.Println(reply, err)
	// Output: hello world <nil>
}

// Command quickstart shows two Go ends in one program: a service, a caller that
// passes arguments by position and by keyword, a service passed across and
// called back, and an exception. Python programs take either part unchanged;
// see examples/client and examples/server.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Greeter is a struct whose methods are a service.
type Greeter struct {
	name   string
	router *aiomas.Router
}

// NewGreeter returns a greeter that peers may ask for its name.
func NewGreeter(name string) *Greeter {
	g := &Greeter{name: name}
	g.router = aiomas.NewObjectRouter(g)
	g.router.ExposeMethods("GetName") // callable as get_name
	return g
}

// Router makes Greeter a service.
func (g *Greeter) Router() *aiomas.Router { return g.router }

// GetName returns the name.
func (g *Greeter) GetName() string { return g.name }

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) // nothing here waits for ever
	defer cancel()

	// The server: functions, with parameter names for callers that use keywords.
	calc := aiomas.NewRouter()
	calc.Expose("add", func(a, b int) int { return a + b },
		aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 0}))
	calc.Expose("sqrt", func(x float64) (float64, error) {
		if x < 0 {
			return 0, aiomas.ValueError.Errorf("no root of %g", x)
		}
		return math.Sqrt(x), nil
	})
	calc.Expose("meet", func(ctx context.Context, who *aiomas.Proxy) (string, error) {
		name, err := aiomas.Call[string](ctx, who.Sub("get_name"))
		return "hello " + name, err
	})
	root := aiomas.NewRouter()
	check(root.Add("math", calc))

	ln, err := aiomas.Listen(ctx, "tcp://127.0.0.1:0")
	check(err)
	srv := aiomas.NewServer(root)
	go func() { _ = srv.Serve(ctx, ln) }()
	fmt.Println("serving at", aiomas.FormatAddress(ln.Addr()))

	// The client, which can be called back because it has a service.
	me := NewGreeter("Go")
	conn, err := aiomas.Dial(ctx, aiomas.FormatAddress(ln.Addr()), aiomas.WithService(me))
	check(err)

	sum, err := aiomas.Call[int](ctx, conn.Remote("math", "add"), 1, aiomas.Kwargs{"b": 2})
	check(err)
	fmt.Println("math/add(1, b=2) =", sum)

	var hello string
	check(conn.Remote("math", "meet").Call(ctx, &hello, me))
	fmt.Println("math/meet(me) =", hello)

	var remote *aiomas.RemoteError
	err = conn.Remote("math/sqrt").Call(ctx, nil, -1.0)
	if errors.Is(err, aiomas.ValueError) && errors.As(err, &remote) {
		fmt.Println("math/sqrt(-1.0) raised", remote.Type+":", remote.Message)
	}

	check(conn.Close())
	check(srv.Shutdown(ctx))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

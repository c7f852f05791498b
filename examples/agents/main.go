// Command agents is a container with the caller or the callee of aiomas's agent
// guide. The other one may live in interop/python/demo_agents.py, which has the
// same options: neither can tell which language the other is written in.
//
//	go run ./examples/agents --listen tcp://127.0.0.1:5555                   # a callee: tcp://127.0.0.1:5555/0
//	python interop/python/demo_agents.py --call tcp://127.0.0.1:5555/0      # a caller
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// Callee is an agent that others can call.
type Callee struct{ agent.Agent }

// maxSpam bounds what a caller can make the agent allocate.
const maxSpam = 1_000_000

// Spam returns a lot of spam.
func (c *Callee) Spam(times int) (string, error) {
	fmt.Printf("%v is asked for spam\n", c)
	if times < 0 || times > maxSpam {
		return "", aiomas.ValueError.Errorf("times must be 0…%d but is %d", maxSpam, times)
	}
	return strings.Repeat("spam", times), nil
}

// Caller is an agent that acts by itself.
type Caller struct{ agent.Agent }

// Run calls the callee at an address.
func (c *Caller) Run(ctx context.Context, calleeAddr string) error {
	fmt.Printf("%v connecting to %s\n", c, calleeAddr)
	callee, err := c.Container().Connect(ctx, calleeAddr)
	if err != nil {
		return err
	}
	fmt.Printf("%v connected to %v\n", c, callee)
	result, err := aiomas.Call[string](ctx, callee.Sub("spam"), 3)
	fmt.Printf("%v got %s\n", c, result)
	return err
}

func main() {
	listen := flag.String("listen", "tcp://127.0.0.1:0", "`address` of the container; port 0 is any free one")
	call := flag.String("call", "", "`address` of a callee: call it instead of being one")
	pack := flag.Bool("msgpack", false, "use the MsgPack codec instead of JSON")
	flag.Parse()
	ctx := context.Background()

	opts := []agent.Option{agent.WithCodec(json.Codec)}
	if *pack {
		opts = append(opts, agent.WithCodec(msgpack.Codec))
	}
	container, err := agent.NewContainer(ctx, *listen, opts...)
	if err != nil {
		log.Fatal(err)
	}
	if *call != "" {
		err = runCaller(ctx, container, *call)
	} else {
		err = runCallee(ctx, container)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// runCaller calls, for ten seconds at most.
func runCaller(ctx context.Context, c *agent.Container, calleeAddr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	caller := &Caller{}
	if _, err := c.Register(caller); err != nil {
		return err
	}
	return errors.Join(caller.Run(ctx, calleeAddr), c.Shutdown(ctx))
}

// runCallee waits to be called.
func runCallee(ctx context.Context, c *agent.Container) error {
	callee := &Callee{}
	if _, err := c.Register(callee, agent.Expose("Spam")); err != nil {
		return err
	}
	fmt.Println("ready", callee.Addr())
	return c.Run(ctx) // until Ctrl-C, or SIGTERM
}

package agent_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// House is an agent whose constructor has arguments.
type House struct {
	agent.Agent
	street string
}

// NewHouse can be called by a Manager.
func NewHouse(c *agent.Container, street string, number int) (*House, error) {
	h := &House{street: fmt.Sprint(street, " ", number)}
	_, err := c.Register(h, agent.Expose("Where"))
	return h, err
}

// Where returns its address.
func (h *House) Where() string { return h.street }

// The main function of a program that other processes start, in Python with
// subprocess and in Go with Container.Start, and fill with agents.
func ExampleRunManager() {
	ctx := context.Background()
	constructors := agent.NewConstructors()
	constructors.Add("town:House", NewHouse, aiomas.Params("street", "number"), aiomas.Defaults(aiomas.Kwargs{"number": 1}))
	err := agent.RunManager(ctx, os.Args[1], agent.ManagerConfig{Constructors: constructors})
	if err != nil {
		log.Fatal(err)
	}
}

// Town is a manager that can also be asked what is in it.
type Town struct{ agent.Manager }

// Streets returns the addresses of all agents but the manager.
func (t *Town) Streets() (list []string) {
	for _, a := range t.Container().Agents()[1:] {
		list = append(list, a.Addr())
	}
	return list
}

// The main function of a program whose manager has a method of its own.
func ExampleManagerConfig() {
	ctx := context.Background()
	constructors := agent.NewConstructors()
	constructors.Add("town:House", NewHouse)
	err := agent.RunManager(ctx, os.Args[1], agent.ManagerConfig{
		Constructors: constructors,
		Register: func(c *agent.Container, manages agent.RegisterOption) (*agent.Manager, error) {
			town := &Town{}
			_, err := c.Register(town, manages, agent.Expose("Streets"))
			return &town.Manager, err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
}

// The main function of a program with agents and no manager.
func ExampleContainer_Run() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:5556")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := NewHouse(c, "Main Street", 7); err != nil {
		log.Fatal(err)
	}
	if err := c.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

// Agents that the program itself spawns, by the names that others use.
func ExampleManager_Spawn() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "local://village")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)
	constructors := agent.NewConstructors()
	constructors.Add("town:House", NewHouse, aiomas.Params("street", "number"))
	m, err := agent.NewManager(c, constructors)
	if err != nil {
		log.Fatal(err)
	}
	a, err := m.Spawn(ctx, "town:House", "Main Street", aiomas.Kwargs{"number": 7})
	if err != nil {
		log.Fatal(err)
	}
	house := a.Self().(*House)
	fmt.Println(a.Addr(), house.Where())
	// Output: local://village/1 Main Street 7
}

// A program that starts another one with agents: here in Python, which is
// python container.py of the documentation of aiomas.subproc. One in Go is
// started in the same way.
func ExampleContainer_Start() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)

	cmd := exec.Command("python", "container.py", "--start-date=2016-01-01", "localhost:5556")
	cmd.Stderr = os.Stderr
	p, err := c.Start(ctx, cmd, "tcp://localhost:5556/0")
	if err != nil {
		log.Fatal(err)
	}
	house, url, err := p.Spawn(ctx, "town:House", "Main Street", aiomas.Kwargs{"number": 7})
	if err != nil {
		log.Fatal(err)
	}
	where, err := aiomas.Call[string](ctx, house.Sub("where"))
	fmt.Println(url, where, err)
	if err := p.SetTime(ctx, 60); err != nil {
		log.Fatal(err)
	}
	if err := p.Stop(ctx); err != nil {
		log.Fatal(err)
	}
}

// The manager of a container in this process: what other processes do with it.
func ExampleManager() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "local://town")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)
	constructors := agent.NewConstructors()
	constructors.Add("town:House", NewHouse, aiomas.Params("street", "number"), aiomas.Defaults(aiomas.Kwargs{"number": 1}))
	m, err := agent.NewManager(c, constructors)
	if err != nil {
		log.Fatal(err)
	}

	manager, err := c.Connect(ctx, m.Addr())
	if err != nil {
		log.Fatal(err)
	}
	var spawned []any // a proxy and an address
	if err := manager.Sub("spawn").Call(ctx, &spawned, "town:House", "Main Street"); err != nil {
		log.Fatal(err)
	}
	house := spawned[0].(*aiomas.Proxy)
	where, err := aiomas.Call[string](ctx, house.Sub("where"))
	fmt.Println(spawned[1], where, err)
	fmt.Println(manager.Sub("stop").Call(ctx, nil))
	<-m.Stopped()
	// Output:
	// local://town/1 Main Street 1 <nil>
	// <nil>
}

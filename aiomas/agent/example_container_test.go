package agent_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/codec/ndarray"
)

// Everything that a container can be given; nothing of it is needed.
func ExampleNewContainer() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "tcp://:5555", // on every interface
		agent.WithHost("plant.example.org"),       // in the addresses of its agents, instead of this machine's name
		agent.WithCodec(msgpack.Codec),            // instead of JSON; all containers must have the same
		agent.WithSerializers(ndarray.Serializer), // after dates; all containers must have the same
		agent.WithClock(clock.NewRealtime()),      // or an external one
		agent.WithTLSFiles("ca.pem", "device.pem", "device.key"),
		agent.WithConnection(aiomas.WithLimits(aiomas.Limits{Requests: 1000})), // any option of package aiomas, for all connections
		agent.WithLogger(slog.Default()),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)
}

// What can go wrong when one connects.
func ExampleContainer_Connect() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "local://errors")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)
	for _, url := range []string{"errors/0", "local://errors/7", "local://nowhere/0"} {
		_, err := c.Connect(ctx, url)
		switch {
		case errors.Is(err, aiomas.ValueError):
			fmt.Println("no address:", err)
		case errors.Is(err, agent.ErrNoAgent):
			fmt.Println("no such agent:", err)
		case aiomas.IsUnavailable(err):
			fmt.Println("nobody listens there: WithRetry would try again")
		}
	}
	// Output:
	// no address: aiomas: Cannot parse agent URL "errors/0": not enough values to unpack (expected 2, got 1); want tcp://host:port/id, ipc://[/path]/id or local://name/id
	// no such agent: aiomas: Agent "7" does not exist in Container(LocalQueue('errors'))
	// nobody listens there: WithRetry would try again
}

// Many agents at once: one of these does not exist.
func ExampleContainer_ConnectAll() {
	ctx := context.Background()
	home, err := agent.NewContainer(ctx, "local://home")
	if err != nil {
		log.Fatal(err)
	}
	defer home.Shutdown(ctx)
	for range 2 {
		if _, err := home.Register(&Guest{}, agent.Expose("Name")); err != nil {
			log.Fatal(err)
		}
	}
	urls := []string{"local://home/0", "local://home/1", "local://home/2"}
	proxies, err := home.ConnectAll(ctx, urls)
	for i, p := range proxies {
		fmt.Println(urls[i], p != nil)
	}
	var failed *agent.ConnectError
	fmt.Println(errors.As(err, &failed), failed.URL, errors.Is(err, agent.ErrNoAgent))
	// Output:
	// local://home/0 true
	// local://home/1 true
	// local://home/2 false
	// true local://home/2 true
}

// A container that tells of lost connections, and makes them anew.
func ExampleWithReconnect() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0",
		agent.WithLost(func(peer agent.Addr, err error) { log.Println("lost", peer, "because of", err) }),
		agent.WithReconnect(aiomas.ReconnectPolicy{
			First:     100 * time.Millisecond, // doubled after each attempt
			Most:      10 * time.Second,
			Connected: func(peer string) { log.Println(peer, "is back") },
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)
}

// Guest is an agent that is passed to others.
type Guest struct{ agent.Agent }

// Name is called back.
func (*Guest) Name() string { return "Gopher" }

// Host is an agent that others visit.
type Host struct{ agent.Agent }

// Visit gets a proxy of its visitor, and calls it back on the same connection.
func (*Host) Visit(ctx context.Context, guest *aiomas.Proxy) (string, error) {
	name, err := aiomas.Call[string](ctx, guest.Sub("name"))
	return "hello " + name, err
}

// Recommend gets the address of another host: a proxy could not be passed on.
func (h *Host) Recommend(ctx context.Context, address string) (string, error) {
	host, err := h.Container().Connect(ctx, address)
	if err != nil {
		return "", err
	}
	return host.String(), nil
}

// Agents are passed to peers as they are, proxies are not: their addresses are.
func ExampleAgent() {
	ctx := context.Background()
	inn, err := agent.NewContainer(ctx, "local://inn")
	if err != nil {
		log.Fatal(err)
	}
	defer inn.Shutdown(ctx)
	var host Host
	if _, err := inn.Register(&host, agent.Expose("Visit", "Recommend")); err != nil {
		log.Fatal(err)
	}
	road, err := agent.NewContainer(ctx, "local://road")
	if err != nil {
		log.Fatal(err)
	}
	defer road.Shutdown(ctx)
	var guest Guest
	if _, err := road.Register(&guest, agent.Expose("Name")); err != nil {
		log.Fatal(err)
	}

	proxy, err := road.Connect(ctx, host.Addr())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(aiomas.Call[string](ctx, proxy.Sub("visit"), &guest))

	_, err = aiomas.Call[string](ctx, proxy.Sub("visit"), proxy)
	var refused *aiomas.EncodeError
	fmt.Println("a proxy is refused:", errors.As(err, &refused))

	fmt.Println(aiomas.Call[string](ctx, proxy.Sub("recommend"), host.Addr()))
	// Output:
	// hello Gopher <nil>
	// a proxy is refused: true
	// HostProxy('local://inn/0') <nil>
}

// Point is the twin of a Python class:
//
//	@aiomas.serializable
//	class Point:
//	    def __init__(self, x, y):
//	        self.x = x
//	        self.y = y
type Point struct {
	X float64 `aiomas:"x"`
	Y float64 `aiomas:"y"`
}

// Structs travel as the Python classes that they are twins of, and time.Time as
// an arrow date.
func ExampleWithSerializers() {
	ctx := context.Background()
	c, err := agent.NewContainer(ctx, "local://shapes",
		agent.WithSerializers(codec.NewStructSerializer[Point]()))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Shutdown(ctx)
	tracker := aiomas.NewRouter()
	tracker.Expose("predict", func(p Point, seen time.Time) (Point, time.Time) {
		return Point{p.X + 1, p.Y + 2}, seen.Add(time.Hour)
	})
	a, err := c.Register(tracker, agent.Class("Tracker"))
	if err != nil {
		log.Fatal(err)
	}

	proxy, err := c.Connect(ctx, a.Addr())
	if err != nil {
		log.Fatal(err)
	}
	var where Point
	var when time.Time
	seen := time.Date(2016, 1, 1, 12, 0, 0, 250e6, time.FixedZone("", 3600))
	err = proxy.Sub("predict").Call(ctx, &codec.Tuple{&where, &when}, Point{1, 2}, seen)
	fmt.Println(where, clock.FormatDate(when), err)
	// Output: {2 4} 2016-01-01T13:00:00.250000+01:00 <nil>
}

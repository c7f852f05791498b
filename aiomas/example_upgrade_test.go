package aiomas_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// An upgrade without lost calls: the new server is started beside the old one, the
// balancer sends connections to the new one, and the old one is told to end. A call that
// runs there finishes; the next one goes to the new server by itself.
func ExampleReconnector_upgrade() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	begun, release := make(chan struct{}), make(chan struct{})
	serve := func(version string) (*aiomas.Server, string) {
		service := aiomas.NewRouter()
		service.Expose("version", func() string { return version })
		service.Expose("work", func() string {
			close(begun)
			<-release
			return "done by " + version
		})
		ln, err := aiomas.Listen(ctx, "localhost:0")
		if err != nil {
			log.Fatal(err)
		}
		srv := aiomas.NewServer(service)
		go func() { _ = srv.Serve(ctx, ln) }()
		return srv, ln.Addr().String()
	}

	old, addr := serve("1.0")
	var balancer atomic.Pointer[string] // in the place of one
	balancer.Store(&addr)
	service, err := aiomas.NewReconnector("localhost:5555", aiomas.ReconnectPolicy{
		Repeat: func(path string) bool { return path == "version" }, // may run twice
	},
		aiomas.WithDialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, *balancer.Load())
		}))
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()
	var done string
	running := service.Remote("work").Go(ctx, &done)
	<-begun
	fmt.Println(aiomas.Call[string](ctx, service.Remote("version")))

	replacement, newAddr := serve("2.0")
	balancer.Store(&newAddr)
	ended := make(chan error, 1)
	go func() { ended <- old.Shutdown(ctx) }() // what SIGTERM does in Run
	version := ""
	for version != "2.0" && err == nil { // Shutdown may not have begun
		version, err = aiomas.Call[string](ctx, service.Remote("version"))
	}
	fmt.Println(version, err)
	close(release)
	fmt.Println(running.Wait(ctx), done, <-ended)
	_ = replacement.Close()
	// Output:
	// 1.0 <nil>
	// 2.0 <nil>
	// <nil> done by 1.0 <nil>
}

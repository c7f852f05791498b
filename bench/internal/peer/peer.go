// Package peer has the common part of the programs in directory peers: each is a server or
// a client of one library, over one connection, and links no other library.
package peer

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"slices"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

// Peer is one way of making calls.
type Peer struct {
	Name string
	// Listen returns the listener for Serve; by default, one at a TCP port. Its address is
	// passed to Dial.
	Listen func() (net.Listener, error)
	// Serve serves the connections of ln until the process ends.
	Serve func(ln net.Listener, work Work) error
	Dial  func(ctx context.Context, addr string, work Work) (Caller, error)
}

// Work describes the calls.
type Work struct {
	// Name is "add", "go", "dial", "echo", "state", "floats", "bytes", "functions", "depth", "mixed",
	// "agents", "slow", "agents-state" or "agents-mixed".
	Name string
	Size int // of a message, a service or a path; or the number of agents
}

// Caller is a connection. Its methods are safe for concurrent use.
type Caller interface {
	Call(ctx context.Context, work Work, i int) error
}

// Windower is a Caller that keeps n requests in flight in one call until stop is set, and
// returns the number of replies. Its method Call is used only if there are several
// connections.
type Windower interface {
	Caller
	Window(ctx context.Context, work Work, n int, stop *atomic.Bool) (int64, error)
}

// Main is the main function of a program with the given peers.
func Main(peers ...Peer) {
	if err := run(peers); err != nil {
		fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
		os.Exit(1)
	}
}

func run(peers []Peer) error {
	var work Work
	server := flag.String("serve", "", "be the server `PEER`")
	client := flag.String("drive", "", "be the client `PEER` of -addr")
	addr := flag.String("addr", "", "address for -drive")
	profile := flag.String("cpuprofile", "", "write a CPU profile to `FILE`")
	flag.StringVar(&work.Name, "work", "add", "what is called")
	flag.IntVar(&work.Size, "size", 0, "with how much")
	flag.Parse()
	name := *server + *client
	i := slices.IndexFunc(peers, func(p Peer) bool { return p.Name == name })
	if i < 0 {
		return fmt.Errorf("there is no peer %q", name)
	}
	return proc.Profiled(*profile, func() error {
		if *server != "" {
			return serve(peers[i], work)
		}
		return drive(peers[i], *addr, work)
	})
}

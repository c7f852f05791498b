// Package peer holds the ways of calling another process that the bench
// compares: each one a server and a client over one TCP connection.
package peer

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
)

// Peer is one way of calling.
type Peer struct {
	Name string
	// Serve serves the connections of ln until the process ends.
	Serve func(ln net.Listener, work Work) error
	Dial  func(ctx context.Context, addr string, work Work) (Caller, error)
}

// Work is what is called, and with how much.
type Work struct {
	Name string // "add", "go", "echo", "state", "floats", "bytes"
	Size int    // of a message, a service or a path
}

// Caller is a connection. Its methods are called concurrently.
type Caller interface {
	Call(ctx context.Context, work Work, i int) error
}

// Windower is a Caller that keeps n requests in flight by itself until stop is
// set, and returns how many were answered: those that are measured as limits,
// which know nothing of single calls.
type Windower interface {
	Window(ctx context.Context, work Work, n int, stop *atomic.Bool) (int64, error)
}

var peers []Peer

func register(p Peer) { peers = append(peers, p) }

// ByName returns a peer.
func ByName(name string) (Peer, error) {
	i := slices.IndexFunc(peers, func(p Peer) bool { return p.Name == name })
	if i < 0 {
		return Peer{}, fmt.Errorf("there is no peer %q", name)
	}
	return peers[i], nil
}

// errWrong says that a peer answered with something else.
func errWrong(work Work, got any) error {
	return fmt.Errorf("%s: a wrong result: %.40v", work.Name, got)
}

// errNoWork says that a peer does not do this work.
func errNoWork(work Work) error { return fmt.Errorf("no work %q here", work.Name) }

// text returns the text of work, made once.
func text(size int) string {
	return strings.Repeat("a line of text, as they are.... ", size/32+1)[:size]
}

// Versions returns the modules that this program is built of.
func Versions() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var all []string
	for _, m := range info.Deps {
		all = append(all, m.Path+" "+m.Version)
	}
	return all
}

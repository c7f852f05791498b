// Package faultproxy injects faults into connections in tests: a proxy between
// two ends delays, slices, stalls, corrupts, cuts or resets the stream at a given
// byte. The faults have the names of toxiproxy.
package faultproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Kind is what goes wrong.
type Kind string

// The kinds of faults. The connection survives the first five, although Flip
// changes the data; the others end it.
const (
	Latency   Kind = "latency"   // each piece arrives later by Time
	Bandwidth Kind = "bandwidth" // Size bytes pass in each Time
	Slicer    Kind = "slicer"    // pieces of Size bytes, each with a system call of its own
	Stall     Kind = "stall"     // nothing passes for Time
	Flip      Kind = "flip"      // one bit of one byte is another: bit Size%8
	Cut       Kind = "cut"       // the connection is closed on both sides
	Reset     Kind = "reset"     // the connection is reset on both sides
	HalfOpen  Kind = "half-open" // the receiver's side is reset, and the sender is not told, nor read from any more
)

// Kinds are all kinds.
var Kinds = []Kind{Latency, Bandwidth, Slicer, Stall, Flip, Cut, Reset, HalfOpen}

// Direction is that in which the bytes pass which a fault counts and hits.
type Direction string

// Up is from the client to the server, Down the other way.
const (
	Up   Direction = "up"
	Down Direction = "down"
)

// Fault is one thing that goes wrong on a connection.
type Fault struct {
	Kind  Kind
	Dir   Direction
	After int64         // bytes that pass unharmed before it
	Time  time.Duration // see the kinds
	Size  int
}

func (f Fault) String() string {
	return fmt.Sprintf("%s %s after %d bytes (%v, %d)", f.Kind, f.Dir, f.After, f.Time, f.Size)
}

// Proxy accepts connections and passes them on to a server, with faults.
type Proxy struct {
	// Addr is where it accepts connections, "tcp://127.0.0.1:port".
	Addr string

	network, target string
	ln              net.Listener
	faults          []Fault
	fired           atomic.Int64
	ctx             context.Context
	cancel          context.CancelFunc
	links           sync.WaitGroup

	mu      sync.Mutex
	present context.Context // of the connections since the last Cut; ends with ctx
	cut     context.CancelFunc
}

// Start returns a proxy to target, "tcp://host:port" or "unix:///path", each of
// whose connections has the faults, at most one of a kind in each direction.
func Start(target string, faults ...Fault) (*Proxy, error) {
	network, addr, ok := strings.Cut(target, "://")
	if !ok || network != "tcp" && network != "unix" {
		return nil, fmt.Errorf("faultproxy: target %q", target)
	}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Addr: "tcp://" + ln.Addr().String(), network: network, target: addr, ln: ln, faults: faults}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.present, p.cut = context.WithCancel(p.ctx)
	p.links.Go(p.accept)
	return p, nil
}

// Fired returns the number of faults injected so far.
func (p *Proxy) Fired() int { return int(p.fired.Load()) }

// Cut closes the present connections; new ones are accepted.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut()
	p.present, p.cut = context.WithCancel(p.ctx)
}

// Close closes all connections and waits until everything has ended.
func (p *Proxy) Close() {
	p.cancel()
	_ = p.ln.Close()
	p.links.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.links.Go(func() { p.link(client) })
		}
	}
}

// link passes one connection on until it has ended.
func (p *Proxy) link(client net.Conn) {
	p.mu.Lock()
	present := p.present
	p.mu.Unlock()
	server, err := new(net.Dialer).DialContext(present, p.network, p.target)
	if err != nil {
		reset(client)
		return
	}
	l := &link{proxy: p, client: client, server: server}
	l.ctx, l.cancel = context.WithCancel(present)
	defer l.cancel()
	stop := context.AfterFunc(l.ctx, func() {
		_ = client.Close()
		_ = server.Close()
	})
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { newStream(l, Up, client, server).run() })
	both.Go(func() { newStream(l, Down, server, client).run() })
	both.Wait()
	_ = client.Close()
	_ = server.Close()
}

// link is one connection: two streams.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	ctx            context.Context // ends when both sides are to be closed
	cancel         context.CancelFunc
	state          atomic.Int32
}

// The states of a link.
const (
	passing int32 = iota
	cutting       // both sides were told the end; what still comes is dropped
	silent        // nothing passes any more, until the proxy closes
)

// reset closes a connection with a reset, as after a crash.
func reset(c net.Conn) {
	if tc, ok := c.(*net.TCPConn); ok {
		_ = tc.SetLinger(0)
	}
	_ = c.Close()
}

package local

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Network is a set of queues by name. It is safe for concurrent use.
type Network struct {
	*queues
	name string // of the dialling end; see As
}

// queues is the state shared by all values of a network; see As.
type queues struct {
	line *line // for all connections; nil: each listener has its own

	mu        sync.Mutex
	listeners map[string]*listener
	conns     connections // that can be cut; see Schedule
}

// Default is the network of addresses local://queue unless another one is set.
var Default = NewNetwork()

// An Option is an option of [NewNetwork].
type Option func(*Network)

// NewNetwork returns a network without queues.
func NewNetwork(opts ...Option) *Network {
	n := &Network{queues: &queues{listeners: make(map[string]*listener)}}
	for _, o := range opts {
		o(n)
	}
	return n
}

// Settle makes the network deliver one message at a time, in the order in which
// they were sent over any connection in any direction, and call settle before
// each. The function must return when all activity caused by the last message
// has ended.
func Settle(settle func()) Option {
	return func(n *Network) { n.line = &line{settle: settle} }
}

// OneByOne is [Settle] for testing/synctest bubbles: between two messages it
// sleeps for a nanosecond, which in a bubble lasts until every goroutine is
// blocked. The network must be made and used in the same bubble.
func OneByOne() Option {
	return Settle(func() { time.Sleep(instant) }) //nolint:forbidigo // see above
}

// Listen binds a server to the queue. Accept of the returned listener waits
// only for Dial. A name with a slash is an exception of type
// [aiomas.ValueError], a queue that already has a server is one of type
// [aiomas.RuntimeError].
func (n *Network) Listen(queue string) (net.Listener, error) {
	if err := checkQueue(queue); err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[queue] != nil {
		return nil, aiomas.RuntimeError.Errorf("Server is already set: local://%s", queue)
	}
	l := &listener{
		network:  n.queues,
		addr:     addr(queue),
		accepted: make(chan net.Conn, backlog),
		closed:   make(chan struct{}),
		line:     n.line,
	}
	if l.line == nil {
		l.line = &line{}
	}
	n.listeners[queue] = l
	return l, nil
}

// Dial connects to the queue's server. If there is none, the error is a
// *net.OpError that wraps syscall.ECONNREFUSED, as with a socket.
func (n *Network) Dial(ctx context.Context, queue string) (net.Conn, error) {
	if err := checkQueue(queue); err != nil {
		return nil, err
	}
	n.mu.Lock()
	l := n.listeners[queue]
	n.mu.Unlock()
	if l == nil {
		return nil, l.refused(queue)
	}
	client, server := l.pair(n.name)
	select {
	case l.accepted <- server:
		select {
		case <-l.closed: // Accept may no longer be called
			l.drop()
			if server.IsClosed() {
				_ = client.Close()
				return nil, l.refused(queue)
			}
		default:
		}
		return client, nil
	case <-l.closed:
		return nil, l.refused(queue)
	case <-ctx.Done():
		err := ctx.Err()
		if cause := context.Cause(ctx); cause != err { //nolint:errorlint // is there a cause of its own?
			err = fmt.Errorf("%w: %w", err, cause)
		}
		return nil, l.dialError(queue, err)
	}
}

// Transport returns the network as a transport whose addresses are queues:
//
//	aiomas.WithTransport("local", network.Transport())
func (n *Network) Transport() aiomas.Transport { return transport{n} }

type transport struct{ *Network }

// Listen implements [aiomas.Transport].
func (t transport) Listen(_ context.Context, queue string) (net.Listener, error) {
	return t.Network.Listen(queue)
}

func checkQueue(queue string) error {
	if strings.Contains(queue, "/") {
		return aiomas.ValueError.Errorf(`"/" not allowed in queue ID ('%s')`, queue)
	}
	return nil
}

// backlog is the number of connections that may wait for Accept before Dial blocks.
const backlog = 1024

type listener struct {
	network  *queues
	addr     addr
	line     *line
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func (l *listener) refused(queue string) error {
	return l.dialError(queue, os.NewSyscallError("connect", syscall.ECONNREFUSED))
}

func (l *listener) dialError(queue string, err error) error {
	return &net.OpError{Op: "dial", Net: "local", Addr: addr(queue), Err: err}
}

// pair returns the two ends of a new connection. Data to the server are ordered
// by the line of the listener; data to the client only by the line of a network
// that delivers one message at a time.
func (l *listener) pair(name string) (client, server *conn) {
	toServer, toClient := newPipe(l.line), newPipe(l.network.line)
	l.network.conns.add(name, string(l.addr), toServer, toClient)
	return newConn(toClient, toServer, addr(name), l.addr), newConn(toServer, toClient, l.addr, addr(name))
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, l.closedError()
	default:
	}
	select {
	case c := <-l.accepted:
		return c, nil
	case <-l.closed:
		return nil, l.closedError()
	}
}

func (l *listener) closedError() error {
	return &net.OpError{Op: "accept", Net: "local", Addr: l.addr, Err: net.ErrClosed}
}

func (l *listener) Addr() net.Addr { return l.addr }

// Close frees the queue's name. Connections that were not accepted are closed.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, string(l.addr))
		l.network.mu.Unlock()
		close(l.closed)
		l.drop()
	})
	return nil
}

// drop closes the connections that were not accepted.
func (l *listener) drop() {
	for {
		select {
		case c := <-l.accepted:
			_ = c.Close()
		default:
			return
		}
	}
}

// addr is a queue's name, or for the dialling end of a connection the name set by
// As.
type addr string

func (a addr) Network() string { return "local" }
func (a addr) String() string  { return string(a) }

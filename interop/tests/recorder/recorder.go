// Package recorder lets tests see what a Go end sends to Python.
package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// Recorder stands between two ends of which one is Go, passes every byte on, and
// reads along.
//
// Nothing that Go sends may be of the kind that costs a Python peer its
// connection, or leaves one of its callers waiting for ever. Each such thing
// fails the test.
type Recorder struct {
	// Addr is where it accepts connections, if it does.
	Addr string

	codec    codec.Codec
	ours     Side
	deadline time.Duration // a reply later than that after its request harms
	aborts   bool          // Go may end a connection in the middle
	keys     string        // the file of the secrets of TLS
	sealed   bool          // there may be TLS without them
	upstream string
	report   func(format string, args ...any)

	ln     net.Listener
	ended  sync.WaitGroup
	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

// Side is an end of a connection.
type Side int

// The two ends.
const (
	Dialler Side = iota
	Listener
)

func (s Side) other() Side { return 1 - s }

// recorded are the totals of this process.
var recorded struct{ connections, sealed, messages, bytes, violations atomic.Int64 }

// Total says how much was recorded in this process, for the end of a TestMain.
func Total() string {
	text := fmt.Sprintf("recorder: read %d messages (%d bytes) that Go sent on %d connections, %d broke a rule",
		recorded.messages.Load(), recorded.bytes.Load(), recorded.connections.Load()-recorded.sealed.Load(), recorded.violations.Load())
	if n := recorded.sealed.Load(); n > 0 {
		text += fmt.Sprintf("; %d encrypted connections were not read", n)
	}
	return text
}

// Violations is how many rules were broken in this process.
func Violations() int64 { return recorded.violations.Load() }

// Option is something special about a test.
type Option func(*Recorder)

// RepliesWithin makes it a violation to reply later than d after the request.
func RepliesWithin(d time.Duration) Option { return func(r *Recorder) { r.deadline = d } }

// MayAbort is for tests in which Go ends connections in the middle, or has to.
func MayAbort() Option { return func(r *Recorder) { r.aborts = true } }

// TLS is for connections that may be encrypted, and whose secrets then an end writes to a file in the
// format of SSLKEYLOGFILE. Both ends see each other, not the recorder.
func TLS(keys string) Option { return func(r *Recorder) { r.keys = keys } }

// MayBeSealed is for tests with encrypted connections whose secrets nobody logs: they
// are passed on, not read, and counted.
func MayBeSealed() Option { return func(r *Recorder) { r.sealed = true } }

// Start puts a recorder in front of addr, which is reached by tcp or unix, and
// returns its address. ours says which end is Go.
func Start(tb testing.TB, c codec.Codec, addr string, ours Side, opts ...Option) string {
	tb.Helper()
	r := New(tb, c, addr, ours, opts...)
	tb.Cleanup(r.Close)
	return r.Addr
}

// New is Start for whoever closes it himself, before the test ends.
func New(tb testing.TB, c codec.Codec, addr string, ours Side, opts ...Option) *Recorder {
	tb.Helper()
	network, listen := "tcp", "127.0.0.1:0"
	if strings.HasPrefix(addr, "unix:") {
		network, listen = "unix", filepath.Join(testnet.SocketDir(tb), "r")
	}
	var config net.ListenConfig
	ln, err := config.Listen(tb.Context(), network, listen)
	if err != nil {
		tb.Fatal(err)
	}
	return on(tb, ln, c, addr, ours, opts)
}

// On is Start on a listener of one's own, which it closes in the end.
func On(tb testing.TB, ln net.Listener, c codec.Codec, addr string, ours Side, opts ...Option) {
	tb.Helper()
	tb.Cleanup(on(tb, ln, c, addr, ours, opts).Close)
}

func on(tb testing.TB, ln net.Listener, c codec.Codec, addr string, ours Side, opts []Option) *Recorder {
	tb.Helper()
	r := newRecorder(tb, c, ours, opts)
	r.ln, r.upstream, r.Addr = ln, addr, ln.Addr().Network()+"://"+ln.Addr().String()
	r.ended.Go(r.accept)
	return r
}

func newRecorder(tb testing.TB, c codec.Codec, ours Side, opts []Option) *Recorder {
	tb.Helper()
	r := &Recorder{codec: c, ours: ours, report: tb.Errorf, open: map[net.Conn]struct{}{}}
	for _, o := range opts {
		o(r)
	}
	return r
}

func (r *Recorder) accept() {
	for {
		conn, err := r.ln.Accept()
		if err != nil {
			return
		}
		r.ended.Go(func() {
			network, addr, _ := strings.Cut(r.upstream, "://")
			up, err := net.Dial(network, addr) //nolint:noctx // the listener answers or is gone
			if err != nil {
				_ = conn.Close()
				return
			}
			r.relay(conn, up)
		})
	}
}

// Dialer is a recorder of all connections that a Go client dials, wherever they go:
// for aiomas.WithDialer. What it returns when nobody listens is as if it were not
// there.
func Dialer(tb testing.TB, c codec.Codec, opts ...Option) func(ctx context.Context, network, addr string) (net.Conn, error) {
	tb.Helper()
	r := newRecorder(tb, c, Dialler, opts)
	tb.Cleanup(r.Close)
	return r.dial
}

func (r *Recorder) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	up, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn, down, err := pair(ctx)
	if err != nil {
		_ = up.Close()
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		_, _, _ = up.Close(), down.Close(), conn.Close()
		return nil, net.ErrClosed
	}
	r.ended.Go(func() { r.relay(down, up) })
	return conn, nil
}

// pair returns the two ends of a new TCP connection.
func pair(ctx context.Context) (dialled, accepted net.Conn, err error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = ln.Close() }()
	dialled, err = new(net.Dialer).DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	accepted, err = ln.Accept()
	if err != nil {
		_ = dialled.Close()
	}
	return dialled, accepted, err
}

// patience is how long connections have to end by themselves at the end of a test.
const patience = 10 * time.Second

// Close waits until all connections have ended.
func (r *Recorder) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	if r.ln != nil {
		_ = r.ln.Close()
	}
	timeout := time.AfterFunc(patience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for conn := range r.open {
			_ = conn.Close()
		}
	})
	defer timeout.Stop()
	r.ended.Wait()
}

func (r *Recorder) track(conns ...net.Conn) (untrack func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		r.open[c] = struct{}{}
	}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, c := range conns {
			_ = c.Close()
			delete(r.open, c)
		}
	}
}

func (r *Recorder) relay(down, up net.Conn) {
	defer r.track(down, up)()
	recorded.connections.Add(1)
	conv := newConversation(r)
	var pumps sync.WaitGroup
	pumps.Go(func() { pump(up, down, conv, Dialler) })
	pumps.Go(func() { pump(down, up, conv, Listener) })
	pumps.Wait()
}

// pump passes on what from sends, and its end as the kind of end that it is.
func pump(to, from net.Conn, conv *conversation, sender Side) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		conv.read(sender, buf[:n]) // before the other end can react to it
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				conv.end(sender.other(), err)
				reset(from)
				return
			}
		}
		if err == nil {
			continue
		}
		conv.end(sender, err)
		if errors.Is(err, io.EOF) {
			_ = to.(interface{ CloseWrite() error }).CloseWrite()
		} else {
			reset(to)
		}
		return
	}
}

func reset(conn net.Conn) {
	if tc, ok := conn.(*net.TCPConn); ok {
		_ = tc.SetLinger(0)
	}
	_ = conn.Close()
}

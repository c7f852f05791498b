// Package recorder lets tests see what a Go end sends to Python.
package recorder

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// recorder stands between two ends of which one is Go, passes every byte on, and
// reads along.
type recorder struct {
	codec    codec.Codec
	ours     Side
	deadline time.Duration // a reply later than that after its request harms
	aborts   bool          // Go may end a connection in the middle
	upstream string
	report   func(format string, args ...any)

	ln    net.Listener
	ended sync.WaitGroup
	mu    sync.Mutex
	open  map[net.Conn]struct{}
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
var recorded struct{ connections, messages, bytes, violations atomic.Int64 }

// Total says how much was recorded in this process, for the end of a TestMain.
func Total() string {
	return fmt.Sprintf("recorder: read %d messages (%d bytes) that Go sent on %d connections, %d broke a rule",
		recorded.messages.Load(), recorded.bytes.Load(), recorded.connections.Load(), recorded.violations.Load())
}

// Violations is how many rules were broken in this process.
func Violations() int64 { return recorded.violations.Load() }

// Option is something special about a test.
type Option func(*recorder)

// RepliesWithin makes it a violation to reply later than d after the request.
func RepliesWithin(d time.Duration) Option { return func(r *recorder) { r.deadline = d } }

// MayAbort is for tests in which Go ends connections in the middle, or has to.
func MayAbort() Option { return func(r *recorder) { r.aborts = true } }

// Start puts a recorder in front of addr, which is reached by tcp or unix and not
// encrypted, and returns its address. ours says which end is Go.
//
// Nothing that Go sends may be of the kind that costs a Python peer its
// connection, or leaves one of its callers waiting for ever. Each such thing
// fails the test.
func Start(t testing.TB, c codec.Codec, addr string, ours Side, opts ...Option) string {
	t.Helper()
	network, listen := "tcp", "127.0.0.1:0"
	if strings.HasPrefix(addr, "unix:") {
		// Not t.TempDir: a socket's path may have 108 bytes.
		dir, err := os.MkdirTemp("", "aio")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		network, listen = "unix", filepath.Join(dir, "r")
	}
	var config net.ListenConfig
	ln, err := config.Listen(t.Context(), network, listen)
	if err != nil {
		t.Fatal(err)
	}
	On(t, ln, c, addr, ours, opts...)
	return network + "://" + ln.Addr().String()
}

// On is Start on a listener of one's own, which it closes in the end.
func On(t testing.TB, ln net.Listener, c codec.Codec, addr string, ours Side, opts ...Option) {
	t.Helper()
	r := &recorder{codec: c, ours: ours, upstream: addr, report: t.Errorf, ln: ln, open: map[net.Conn]struct{}{}}
	for _, o := range opts {
		o(r)
	}
	r.ended.Go(r.accept)
	t.Cleanup(r.close)
}

func (r *recorder) accept() {
	for {
		conn, err := r.ln.Accept()
		if err != nil {
			return
		}
		r.ended.Go(func() { r.relay(conn) })
	}
}

// patience is how long connections have to end by themselves at the end of a test.
const patience = 10 * time.Second

func (r *recorder) close() {
	_ = r.ln.Close()
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

func (r *recorder) track(conns ...net.Conn) (untrack func()) {
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

func (r *recorder) relay(down net.Conn) {
	network, addr, _ := strings.Cut(r.upstream, "://")
	up, err := net.Dial(network, addr) //nolint:noctx // the listener answers or is gone
	if err != nil {
		_ = down.Close()
		return
	}
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

package tests

import (
	"encoding/binary"
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

// A recorder stands between two ends of which one is Go, passes every byte on,
// and reads along: nothing that Go sends may be of the kind that costs a Python
// peer its connection, or leaves one of its callers waiting for ever. Each such
// thing fails the test. All connections of these tests go through recorders,
// but for those that are encrypted.
type recorder struct {
	codec    codec.Codec
	ours     side
	deadline time.Duration // a reply later than that after its request harms
	aborts   bool          // Go may end a connection with requests unanswered
	upstream string
	report   func(format string, args ...any)

	ln    net.Listener
	ended sync.WaitGroup
	mu    sync.Mutex
	open  map[net.Conn]struct{}
}

// side is an end of a connection.
type side int

const (
	dialler side = iota
	listener
)

func (s side) other() side { return 1 - s }

// recorded are the totals of all tests.
var recorded struct{ connections, messages, bytes, violations atomic.Int64 }

func recordedTotal() string {
	return fmt.Sprintf("recorder: read %d messages (%d bytes) that Go sent on %d connections, %d broke a rule",
		recorded.messages.Load(), recorded.bytes.Load(), recorded.connections.Load(), recorded.violations.Load())
}

// record puts a recorder in front of addr and returns its address. ours says
// which end is Go.
func (c cell) record(t testing.TB, addr string, ours side, opts ...func(*recorder)) string {
	t.Helper()
	network, listen := "tcp", "127.0.0.1:0"
	if strings.HasPrefix(addr, "unix:") {
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
	recordOn(t, ln, c.codec, addr, ours, opts...)
	return network + "://" + ln.Addr().String()
}

// recordOn is record on a listener of one's own.
func recordOn(t testing.TB, ln net.Listener, c codec.Codec, addr string, ours side, opts ...func(*recorder)) {
	t.Helper()
	r := &recorder{codec: c, ours: ours, upstream: addr, report: t.Errorf, ln: ln, open: map[net.Conn]struct{}{}}
	for _, o := range opts {
		o(r)
	}
	r.ended.Go(r.accept)
	t.Cleanup(r.close)
}

// repliesWithin makes it a violation to reply later than d after the request.
func repliesWithin(d time.Duration) func(*recorder) { return func(r *recorder) { r.deadline = d } }

// mayAbort is for tests in which Go goes away in the middle.
func mayAbort(r *recorder) { r.aborts = true }

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
	pumps.Go(func() { pump(up, down, conv, dialler) })
	pumps.Go(func() { pump(down, up, conv, listener) })
	pumps.Wait()
}

// pump passes on what from sends, and its end as the kind of end that it is.
func pump(to, from net.Conn, conv *conversation, sender side) {
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

// conversation is what both ends of one connection have said.
type conversation struct {
	r *recorder

	mu    sync.Mutex
	input [2][]byte               // begun frames
	asked [2]map[int64]*asked     // requests that a side has sent
	over  bool                    // a side has ended it: nothing is expected any more
	count func(messages, n int64) // into the totals
}

type asked struct {
	at      time.Time
	replies int
}

func newConversation(r *recorder) *conversation {
	return &conversation{r: r, asked: [2]map[int64]*asked{{}, {}}, count: func(messages, n int64) {
		recorded.messages.Add(messages)
		recorded.bytes.Add(n)
	}}
}

// violates reports that Go broke a rule.
func (c *conversation) violates(format string, args ...any) {
	recorded.violations.Add(1)
	c.r.report("Go would break a Python peer: "+format, args...)
}

// read takes what a side has sent.
func (c *conversation) read(from side, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	buf := append(c.input[from], b...)
	in := buf
	for len(in) >= 4 {
		n := int(binary.BigEndian.Uint32(in))
		if len(in)-4 < n {
			break
		}
		c.message(from, in[4:4+n])
		in = in[4+n:]
	}
	c.input[from] = buf[:copy(buf, in)]
}

func (c *conversation) message(from side, payload []byte) {
	if from != c.r.ours {
		// Whatever the other end says counts if it can be read.
		if m, err := c.r.codec.ParseMessage(payload, codec.Limits{}); err == nil || m.Type == codec.Request && isDecodeError(err) {
			c.note(from, parsed{m.Type, m.ID})
		}
		return
	}
	c.count(1, int64(len(payload)+4))
	m, err := parseMessage(c.r.codec, payload)
	if err != nil {
		c.violates("%v: %.200q", err, payload)
		return
	}
	c.note(from, m)
}

func isDecodeError(err error) bool {
	var de *codec.DecodeError
	return errors.As(err, &de)
}

// note keeps who has asked what, and checks the replies of Go.
func (c *conversation) note(from side, m parsed) {
	judged := from == c.r.ours
	if m.typ == codec.Request {
		if _, again := c.asked[from][m.id]; again && judged {
			c.violates("two requests of id %d", m.id)
		}
		c.asked[from][m.id] = &asked{at: time.Now()}
		return
	}
	q := c.asked[from.other()][m.id]
	if q == nil {
		if judged {
			c.violates("a reply to the unknown id %d", m.id)
		}
		return
	}
	if q.replies++; q.replies > 1 && judged {
		c.violates("reply %d to id %d", q.replies, m.id)
	}
	if late := time.Since(q.at); judged && c.r.deadline > 0 && late > c.r.deadline {
		c.violates("a reply to id %d after %v, its caller gave up after %v", m.id, late, c.r.deadline)
	}
}

// end takes the end of what a side has to say. When Go ends its direction, even
// if it still listens, Python takes that for the end of all: nothing may be
// left to say.
func (c *conversation) end(from side, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.over
	c.over = true
	if from != c.r.ours || !first || c.r.aborts {
		return
	}
	switch {
	case errors.Is(err, net.ErrClosed):
		c.r.report("a connection was still open long after the test's end")
		return
	case !errors.Is(err, io.EOF):
		c.violates("the end by a reset: %v", err)
	}
	if n := len(c.input[from]); n > 0 {
		c.violates("the end in the middle of a frame, after %d bytes", n)
	}
	for id, q := range c.asked[from.other()] {
		if q.replies == 0 {
			c.violates("the end before the reply to id %d", id)
		}
	}
}

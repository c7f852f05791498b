package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// bigReplies serves replies of 1000 bytes each and counts the handlers begun.
func bigReplies(begun *atomic.Int32) *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("big", func() string { begun.Add(1); return strings.Repeat("x", 1000) })
	return r
}

// pipeClient returns a client over an in-memory connection and its hand-played peer.
func pipeClient(t *testing.T, r *aiomas.Router, l aiomas.Limits, opts ...aiomas.Option) (*aiomas.Client, rawPeer) {
	t.Helper()
	x, y := net.Pipe()
	ch, err := aiomas.NewChannel(x, append(opts, limits(l))...)
	if err != nil {
		t.Fatal(err)
	}
	return aiomas.NewClient(ch, r), rawPeer{t, y}
}

// A peer that asks and does not read gets no more handlers begun than there is
// room for their replies; all are begun when it reads.
func TestNoHandlerWithoutRoomForItsReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun atomic.Int32
		c, raw := pipeClient(t, bigReplies(&begun), aiomas.Limits{PendingOut: 50_000, WriteTimeout: time.Hour})
		for i := range 500 {
			raw.send(fmt.Sprintf(`[0, %d, ["big", [], {}]]`, i))
		}
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
		if n := begun.Load(); n < 10 || n > 100 {
			t.Errorf("%d handlers were begun", n)
		}
		for range 500 {
			raw.recv()
		}
		if n := begun.Load(); n != 500 {
			t.Errorf("%d of 500 handlers were begun in the end", n)
		}
		_ = raw.conn.Close()
		<-c.Done()
	})
}

// Handlers that wait for each other are all begun, however large the replies were
// that came before.
func TestHeldHandlersAreBegunInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		var begun, here atomic.Int32
		all := make(chan struct{})
		r := bigReplies(&begun)
		r.Expose("meet", func() {
			if here.Add(1) == n {
				close(all)
			}
			<-all
		})
		c, raw := pipeClient(t, r, aiomas.Limits{PendingOut: 50_000})
		for i := range 50 { // replies that let expect more of their kind
			raw.send(fmt.Sprintf(`[0, %d, ["big", [], {}]]`, i))
			raw.recv()
		}
		start := time.Now()
		for i := range n {
			raw.send(fmt.Sprintf(`[0, %d, ["meet", [], {}]]`, i))
		}
		for range n {
			raw.recv()
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %v", took)
		}
		_ = raw.conn.Close()
		<-c.Done()
	})
}

// Refusals are answered from the read loop, which does not wait for the peer to
// read them; a peer that never does loses the connection.
func TestRefusalsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		r := aiomas.NewRouter()
		r.Expose("wait", func(ctx context.Context) { <-ctx.Done() })
		c, raw := pipeClient(t, r, aiomas.Limits{Requests: 1, PendingOut: 1000, WriteTimeout: time.Hour})
		go func() {
			defer close(block)
			for i := range 50_000 {
				m := fmt.Sprintf(`[0, %d, ["wait", [], {}]]`, i)
				if _, err := raw.conn.Write(append([]byte{0, 0, 0, byte(len(m))}, m...)); err != nil {
					return
				}
			}
		}()
		<-c.Done()
		var pe *aiomas.ProtocolError
		if !errors.As(c.Err(), &pe) || !strings.Contains(pe.Reason, "sent another request") {
			t.Error(c.Err())
		}
		<-block
		_ = raw.conn.Close()
	})
}

// The least limit slows calls down, and stops none.
func TestPendingOutOfFewBytes(t *testing.T) {
	for _, least := range []int64{1, 2, 3, 10} {
		l := limits(aiomas.Limits{PendingOut: least})
		_, addr := startServer(t, newService(t), l)
		c := dial(t, addr, l)
		var calls []*aiomas.Pending
		for range 20 {
			calls = append(calls, c.Remote("nothing").Go(t.Context(), nil))
		}
		for i, p := range calls {
			if err := p.Wait(t.Context()); err != nil {
				t.Fatalf("PendingOut %d, call %d: %v", least, i, err)
			}
		}
	}
}

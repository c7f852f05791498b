//go:build unix && !aiomas_plain

package aiomas_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// loner makes one call after another, so that they read their replies themselves.
type loner struct {
	t    *testing.T
	ch   *aiomas.Channel
	peer rawPeer
	next int // id
}

func newLoner(t *testing.T) *loner {
	t.Helper()
	ch, peer := newRawChannel(t, aiomas.WithInline())
	l := &loner{t: t, ch: ch, peer: peer}
	l.rest(t.Context())
	return l
}

// call begins a call and returns its id, and its error when it ends.
func (l *loner) call(ctx context.Context) (id int, ended <-chan error) {
	l.t.Helper()
	done := make(chan error, 1)
	id = l.next
	l.next++
	go func() {
		var n int
		err := l.ch.Send(ctx, "x", &n)
		if err == nil && n != id {
			err = fmt.Errorf("result %d of call %d", n, id)
		}
		done <- err
	}()
	l.peer.expect(fmt.Sprintf(`[0, %d, "x"]`, id))
	return id, done
}

// exchange makes a call that is answered.
func (l *loner) exchange(ctx context.Context) {
	l.t.Helper()
	id, ended := l.call(ctx)
	l.peer.send(result(id, id))
	if err := <-ended; err != nil {
		l.t.Fatal(err)
	}
}

// rest makes calls until no goroutine reads.
func (l *loner) rest(ctx context.Context) {
	l.t.Helper()
	for before, _ := l.ch.Direct(); ; {
		l.exchange(ctx)
		if after, _ := l.ch.Direct(); after > before {
			return
		}
	}
}

// reading begins a call and returns when its caller reads.
func (l *loner) reading(ctx context.Context) (id int, ended <-chan error) {
	l.t.Helper()
	for {
		id, ended = l.call(ctx)
		for range 1000 {
			if _, reads := l.ch.Direct(); reads {
				return id, ended
			}
			runtime.Gosched()
		}
		l.peer.send(result(id, id)) // the watchdog was faster
		if err := <-ended; err != nil {
			l.t.Fatal(err)
		}
		l.rest(ctx)
	}
}

func TestWhatHappensWhileACallerReads(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(l *loner, id int, cancel func())
		want error
	}{
		"the reply comes": {func(l *loner, id int, _ func()) { l.peer.send(result(id, id)) }, nil},
		"it comes in pieces": {func(l *loner, id int, _ func()) {
			m := result(id, id)
			for _, b := range append([]byte{0, 0, 0, byte(len(m))}, m...) {
				l.peer.sendBytes([]byte{b})
			}
		}, nil},
		"the reply to no call before it": {func(l *loner, id int, _ func()) {
			l.peer.send(result(12345, 0))
			l.peer.send(result(id, id))
		}, nil},
		"the context ends":     {func(_ *loner, _ int, cancel func()) { cancel() }, context.Canceled},
		"the peer closes":      {func(l *loner, _ int, _ func()) { _ = l.peer.conn.Close() }, aiomas.ErrConnection},
		"the peer sends junk":  {func(l *loner, _ int, _ func()) { l.peer.send("junk") }, aiomas.ErrConnection},
		"the channel closes":   {func(l *loner, _ int, _ func()) { go l.ch.Close() }, aiomas.ErrClosed},
		"another call is made": {func(l *loner, id int, _ func()) { l.exchange(l.t.Context()); l.peer.send(result(id, id)) }, nil},
		"a request comes": {func(l *loner, id int, _ func()) {
			l.peer.send(request(7, "x"))
			r, err := l.ch.Recv(l.t.Context())
			if err != nil {
				l.t.Error(err)
				return
			}
			if err := r.Reply(l.t.Context(), 1); err != nil {
				l.t.Error(err)
			}
			l.peer.expect(result(7, 1))
			l.peer.send(result(id, id))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoner(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l.rest(ctx)
			id, ended := l.reading(ctx)
			c.do(l, id, cancel)
			if err := <-ended; !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if c.want != nil && !errors.Is(c.want, context.Canceled) {
				<-l.ch.Done()
				return
			}
			l.exchange(t.Context())
		})
	}
}

func TestWhatHappensWhileNobodyReads(t *testing.T) {
	t.Run("the peer closes", func(t *testing.T) {
		l := newLoner(t)
		_ = l.peer.conn.Close()
		<-l.ch.Done()
	})
	t.Run("a call after the peer has closed", func(t *testing.T) {
		l := newLoner(t)
		_ = l.peer.conn.Close()
		if err := l.ch.Send(t.Context(), "x", nil); !errors.Is(err, aiomas.ErrConnection) {
			t.Errorf("error %v", err)
		}
		<-l.ch.Done()
	})
	t.Run("the channel closes", func(t *testing.T) {
		l := newLoner(t)
		go func() { _, _ = l.peer.tryRecv(); _ = l.peer.conn.Close() }()
		_ = l.ch.Close()
		<-l.ch.Done()
	})
	t.Run("a request comes", func(t *testing.T) {
		l := newLoner(t)
		l.peer.send(request(7, "x"))
		if _, err := l.ch.Recv(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("a call that makes another one while it is encoded", func(t *testing.T) {
		l := newLoner(t)
		outer, inner := l.next, l.next+1
		go func() {
			l.peer.expect(fmt.Sprintf(`[0, %d, "x"]`, inner))
			l.peer.send(result(inner, inner))
			_ = l.peer.recv()
			l.peer.send(result(outer, outer))
		}()
		var n int
		if err := l.ch.Send(t.Context(), nested{l}, &n); err != nil || n != outer {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// nested makes a call while it is encoded.
type nested struct{ l *loner }

func (n nested) MarshalJSON() ([]byte, error) {
	var result int
	if err := n.l.ch.Send(n.l.t.Context(), "x", &result); err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

// A handler of a request that comes while a caller reads may make calls, and the caller does not wait for it.
func TestAHandlerWhileACallerReads(t *testing.T) {
	gate := make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("wait", func() { <-gate })
	client, peer := newRawClient(t, r, aiomas.WithInline())
	l := &loner{t: t, ch: client.Channel(), peer: peer}
	l.rest(t.Context())
	id, ended := l.reading(t.Context())
	peer.send(request(7, "wait"))
	peer.send(result(id, id))
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	close(gate)
	peer.expect(`[1, 7, null]`)
	l.exchange(t.Context())
}

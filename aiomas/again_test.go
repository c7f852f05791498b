package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// A request whose answer the writer never had, because the context ended first,
// can be answered again; a peer that does not read for a while gets each answer
// once.
func TestRequestCanBeAnsweredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := net.Pipe()
		var m aiomas.Metrics
		ch, err := aiomas.NewChannel(x, aiomas.WithMetrics(&m),
			aiomas.WithLimits(aiomas.Limits{PendingOut: 1000, WriteTimeout: time.Hour}))
		if err != nil {
			t.Fatal(err)
		}
		raw := rawPeer{t, y}
		var list [4]*aiomas.Request
		for i := range list {
			raw.send(fmt.Sprintf(`[0, %d, "x"]`, i))
			if list[i], err = ch.Recv(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		filler, result, exception, invalid := list[0], list[1], list[2], list[3]
		if err := filler.Reply(t.Context(), strings.Repeat("x", 1000)); err != nil {
			t.Fatal(err)
		}
		for name, answer := range map[string]func(context.Context) error{
			"Reply":                        func(ctx context.Context) error { return result.Reply(ctx, 1) },
			"Fail":                         func(ctx context.Context) error { return exception.Fail(ctx, errors.New("no")) },
			"Reply that cannot be encoded": func(ctx context.Context) error { return invalid.Reply(ctx, func() {}) },
		} {
			for range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if err := answer(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s without room: %v", name, err)
				}
				cancel()
			}
		}
		if got := m.Snapshot(); got.Requests != 3 || got.RequestsFailed != 0 {
			t.Errorf("not answered: %+v", got)
		}

		down := make(chan error, 1)
		go func() { down <- ch.Shutdown(t.Context()) }()
		raw.recv()
		if err := result.Reply(t.Context(), 2); err != nil {
			t.Error(err)
		}
		raw.expect(`[1, 1, 2]`)
		if err := exception.Reply(t.Context(), 3); err != nil {
			t.Error(err)
		}
		raw.expect(`[1, 2, 3]`)
		synctest.Wait()
		select {
		case err := <-down:
			t.Fatalf("Shutdown did not wait for the last answer: %v", err)
		default:
		}
		if err := invalid.Fail(t.Context(), aiomas.ValueError.New("bad")); err != nil {
			t.Error(err)
		}
		if got := raw.recv(); !strings.HasPrefix(got, "[2, 3, ") || !strings.Contains(got, "ValueError: bad") {
			t.Error(got)
		}
		_ = y.Close()
		if err := <-down; err != nil {
			t.Error(err)
		}
		for _, r := range list {
			if err := r.Reply(t.Context(), 1); !errors.Is(err, aiomas.ErrAlreadyReplied) {
				t.Errorf("a second answer: %v", err)
			}
		}
		if got := m.Snapshot(); got.Requests != 0 || got.RequestsFailed != 1 {
			t.Errorf("in the end: %+v", got)
		}
	})
}

// Requests that nobody answers do not stay in the count of a connection that has
// ended.
func TestUnansweredRequestsEndWithTheConnection(t *testing.T) {
	var m aiomas.Metrics
	ch, raw := newRawChannel(t, aiomas.WithMetrics(&m))
	raw.send(`[0, 0, 1]`, `[0, 1, 1]`, `[0, 2, 1]`)
	r, err := ch.Recv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.Recv(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = raw.conn.Close()
	<-ch.Done()
	if got := m.Snapshot().Requests; got != 0 {
		t.Errorf("%d requests are left", got)
	}
	if err := r.Reply(t.Context(), 1); !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("an answer afterwards: %v", err)
	}
	if _, err := ch.Recv(t.Context()); err != nil { // it came before the end
		t.Error(err)
	}
	if got := m.Snapshot().Requests; got != 0 {
		t.Errorf("%d requests after an answer", got)
	}
}

package aiomas_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// pipe returns two channels over an in-memory connection, for tests of times.
func pipe(t *testing.T, optA, optB aiomas.Option) (a, b *aiomas.Channel) {
	t.Helper()
	x, y := net.Pipe()
	a, err := aiomas.NewChannel(x, optA)
	if err != nil {
		t.Fatal(err)
	}
	b, err = aiomas.NewChannel(y, optB)
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func limits(l aiomas.Limits) aiomas.Option { return aiomas.WithLimits(l) }

// An idle connection ends, one with a call under way in either direction does not.
func TestLimitIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe(t, limits(aiomas.Limits{Idle: time.Minute}), nil)
		start := time.Now()
		go func() {
			r, err := b.Recv(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			<-time.After(10 * time.Minute)
			_ = r.Reply(t.Context(), 1)
		}()
		if err := a.Send(t.Context(), 1, nil); err != nil || time.Since(start) != 10*time.Minute {
			t.Errorf("a long call: %v after %v", err, time.Since(start))
		}
		<-a.Done()
		if got := time.Since(start); got < 11*time.Minute || got > 12*time.Minute {
			t.Errorf("the idle connection ended after %v", got)
		}
		if !errors.Is(a.Err(), aiomas.ErrIdle) {
			t.Error(a.Err())
		}
		<-b.Done()
	})
}

func TestLimitCallTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe(t, limits(aiomas.Limits{CallTimeout: time.Minute}), nil)
		start := time.Now()
		if err := a.Send(context.Background(), 1, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start = time.Now()
		if err := a.Send(ctx, 1, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("with a deadline of its own: %v after %v", err, time.Since(start))
		}
		_ = a.Close()
		_ = b.Close()
	})
}

// A peer that begins a frame and stops, and one that does not read, are cut off;
// the error says which.
func TestLimitFrameTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := net.Pipe()
		a, err := aiomas.NewChannel(x)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := y.Write([]byte{0, 0}); err != nil {
			t.Fatal(err)
		}
		<-a.Done()
		var pe *aiomas.ProtocolError
		if !errors.As(a.Err(), &pe) || !strings.Contains(pe.Reason, "not continued for 1m0s") || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", a.Err(), time.Since(start))
		}
		_ = y.Close()
	})
}

func TestLimitWriteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := net.Pipe()
		a, err := aiomas.NewChannel(x)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = a.Send(context.Background(), "nobody reads this", nil)
		var pe *aiomas.ProtocolError
		if !errors.As(err, &pe) || !strings.Contains(pe.Reason, "accepted no data for 10s") || time.Since(start) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		<-a.Done()
		_ = y.Close()
	})
}

// Bytes that wait for the peer are bounded: past the limit, senders wait, and what
// they gave up is never written.
func TestLimitPendingOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := net.Pipe()
		a, err := aiomas.NewChannel(x, limits(aiomas.Limits{PendingOut: 10_000, WriteTimeout: time.Hour}))
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				err := a.Send(ctx, strings.Repeat("x", 1000), nil)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		written := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, y)
			written <- n
		}()
		synctest.Wait()
		_ = x.Close()
		if n := <-written; n < 10_000 || n > 12_000 {
			t.Errorf("%d bytes were written", n)
		}
		_ = y.Close()
		<-a.Done()
	})
}

func TestLimitConnections(t *testing.T) {
	srv, addr := startServer(t, newService(t), limits(aiomas.Limits{Connections: 2}))
	a, b := dial(t, addr), dial(t, addr)
	for _, c := range []*aiomas.Client{a, b} {
		if err := c.Remote("nothing").Call(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	third, err := aiomas.Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Remote("nothing").Call(t.Context(), nil); !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("the third connection: %v", err)
	}
	_ = third.Close()
	if n := srv.Metrics().Snapshot().Connections; n != 2 {
		t.Errorf("%d connections", n)
	}
	_ = a.Close()
	retry := func() error {
		c, err := aiomas.Dial(t.Context(), addr)
		if err != nil {
			return err
		}
		defer c.Close()
		return c.Remote("nothing").Call(t.Context(), nil)
	}
	for err = retry(); errors.Is(err, aiomas.ErrConnection); err = retry() {
	} // until the server has noticed that a is gone
	if err != nil {
		t.Error(err)
	}
}

func TestLimitErrorText(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("long", func() error { return errors.New(strings.Repeat("é", 10_000)) })
	_, raw := newRawClient(t, r, limits(aiomas.Limits{ErrorText: 1001}))
	raw.send(`[0, 0, ["long", [], {}]]`)
	if got := raw.recv(); len(got) > 4000 || !strings.Contains(got, `\u00e9\ufffd\u2026`) && !strings.Contains(got, `\u00e9\u2026`) {
		t.Errorf("%d bytes: %.100s…%s", len(got), got, got[max(0, len(got)-60):])
	}
}

// A peer that breaks things in a loop fills no log.
func TestLimitLogLines(t *testing.T) {
	var out syncBuffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, raw := newRawClient(t, nil, aiomas.WithLogger(logger))
	go func() {
		for i := range 5000 {
			raw.send(fmt.Sprintf(`[1, %d, null]`, i)) // replies to nobody
		}
		raw.send(`[0, 7, ["x", [], {}]]`)
	}()
	raw.recv()
	if n := strings.Count(out.String(), "\n"); n == 0 || n > 50 {
		t.Errorf("%d lines were logged", n)
	}
}

// syncBuffer is a buffer that several goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestInterceptors(t *testing.T) {
	var trace []string
	note := func(s string) { trace = append(trace, s) }
	handler := func(name string) aiomas.HandlerInterceptor {
		return func(ctx context.Context, in aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
			note(name + " before " + in.Path)
			v, err := next(ctx)
			note(fmt.Sprint(name, " after ", v, " ", err != nil))
			return v, err
		}
	}
	_, addr := startServer(t, newService(t), aiomas.WithHandlerInterceptors(handler("h1"), handler("h2")),
		aiomas.WithAuthorize(func(_ context.Context, c *aiomas.Client, path string) error {
			if path == "plain" || c == nil {
				return aiomas.PermissionError.New("not you")
			}
			return nil
		}))
	c := dial(t, addr, aiomas.WithCallInterceptors(func(ctx context.Context, out aiomas.Outgoing, next func(context.Context) error) error {
		note(fmt.Sprint("c before ", out.Path, out.Args))
		err := next(ctx)
		note(fmt.Sprint("c after ", err != nil))
		return err
	}))
	var sum int
	if err := c.Remote("add").Call(t.Context(), &sum, 1, 2); err != nil || sum != 3 {
		t.Fatal(sum, err)
	}
	want := "c before add[1 2], h1 before add, h2 before add, h2 after 3 false, h1 after 3 false, c after false"
	if got := strings.Join(trace, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := c.Remote("plain").Call(t.Context(), nil); !errors.Is(err, aiomas.PermissionError) {
		t.Errorf("not authorised: %v", err)
	}
	if err := c.Remote("add").Go(t.Context(), &sum, 2, 2).Wait(t.Context()); err != nil || sum != 4 {
		t.Errorf("Go: %d, %v", sum, err)
	}
}

func TestHiddenNames(t *testing.T) {
	_, raw := newRawClient(t, newService(t), aiomas.WithHiddenNames())
	raw.send(`[0, 0, ["calc/get_secret", [], {}]]`)
	if got := raw.recv(); !strings.Contains(got, `LookupError: Name \"get_secret\" not found in \"calc\"`) {
		t.Error(got)
	}
}

func TestMetrics(t *testing.T) {
	var m, s aiomas.Metrics
	_, addr := startServer(t, newService(t), aiomas.WithMetrics(&s))
	c := dial(t, addr, aiomas.WithMetrics(&m))
	_ = c.Remote("add").Call(t.Context(), nil, 1, 2)
	_ = c.Remote("plain").Call(t.Context(), nil)
	_ = c.Remote("add").Call(t.Context(), nil, make(chan int))
	got := m.Snapshot()
	want := aiomas.MetricsSnapshot{Connections: 1, ConnectionsTotal: 1, CallsTotal: 3, CallsFailed: 2}
	if got != want {
		t.Errorf("client: %+v", got)
	}
	_ = c.Close()
	<-c.Done()
	if got := s.Snapshot(); got.RequestsTotal != 2 || got.RequestsFailed != 1 || got.ConnectionsTotal != 1 {
		t.Errorf("server: %+v", got)
	}
	if !strings.Contains(m.String(), `"calls_total":3`) {
		t.Error(m.String())
	}
}

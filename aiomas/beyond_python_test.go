package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// What Python's aiomas does not do, and we must. In each of these, a Python
// server leaves its caller waiting, or takes others down with it. The bytes that
// do so are in the tests called Hostile, the times and sizes in those called Limit.

// loop is a value that contains itself.
func loop() any {
	m := map[string]any{}
	m["again"] = m
	return m
}

// incompressible is a text that Blosc makes no shorter.
var incompressible = func() string {
	b, x := make([]byte, 1<<17), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = ' ' + byte(x>>24)%64
	}
	return string(b)
}()

// encodingBomb panics when it is encoded.
type encodingBomb struct{}

func (encodingBomb) MarshalJSON() ([]byte, error)    { panic("while encoding") }
func (encodingBomb) MarshalMsgpack() ([]byte, error) { panic("while encoding") }

// encodingExit ends its goroutine when it is encoded.
type encodingExit struct{}

func (encodingExit) MarshalJSON() ([]byte, error)    { runtime.Goexit(); return nil, nil }
func (encodingExit) MarshalMsgpack() ([]byte, error) { runtime.Goexit(); return nil, nil }

// However a handler ends, its caller is told, and nothing else is touched: not
// the call beside it on the same connection, nor the other connections.
func TestEveryHandlerAnswers(t *testing.T) {
	endings := []struct {
		name   string
		handle any
		want   string
	}{
		{"cancelled", func() error { return context.Canceled }, "asyncio.exceptions.CancelledError: context canceled"},
		{"too late", func() error { return context.DeadlineExceeded }, "TimeoutError: context deadline exceeded"},
		{"cancelled itself", func(ctx context.Context) error {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(errors.New("on purpose"))
			return fmt.Errorf("stopped: %w: %w", ctx.Err(), context.Cause(ctx))
		}, "asyncio.exceptions.CancelledError: stopped: context canceled: on purpose"},
		{"error", func() error { return errors.New("broken") }, "RuntimeError: broken"},
		{"error without words", func() error { return errors.New("") }, "RuntimeError"},
		{"panic", func() { panic("oh no") }, "RuntimeError: panic: oh no"},
		{"panic with an error", func() { panic(aiomas.ValueError.New("42")) }, "panic: ValueError: 42"},
		{"panic with nil", func() { panic(nil) }, "RuntimeError: panic: panic called with nil argument"},
		{"nil map", func() { var m map[int]int; m[1] = 1 }, "RuntimeError: panic: assignment to entry in nil map"}, //nolint:staticcheck // that is the case
		{"out of range", func() int { var s []int; return s[len(s)] }, "RuntimeError: panic: runtime error: index out of range"},
		{"exit", runtime.Goexit, "RuntimeError: panic: the handler called runtime.Goexit"},
		{"panic in a deferred function", func() { defer func() { panic("two") }(); panic("one") }, "RuntimeError: panic: two"},
		{"a channel", func() any { return make(chan int) }, "aiomas.exceptions.SerializationError: "},
		{"a function", func() any { return func() {} }, "aiomas.exceptions.SerializationError: "},
		{"a value in itself", loop, "aiomas.exceptions.SerializationError: "},
		{"a dict with __type__", func() any { return map[string]int{codec.TypeKey: 1} }, "aiomas.exceptions.SerializationError: "},
		{"a service of nobody", func() any { return aiomas.NewRouter() }, "aiomas.exceptions.SerializationError: "},
		{"longer than a frame", func() any { return incompressible }, "aiomas.exceptions.SerializationError: Serialized message is too long"},
		{"a panic while encoding", func() any { return encodingBomb{} }, "while encoding"},
		{"an exit while encoding", func() any { return encodingExit{} }, "runtime.Goexit"},
		{"an error that panics", func() error { return panickingError{} }, "panic: in Error"},
	}
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		// Below, frames out are limited, so that one of them is too long.
		h := newHostileServer(t, c, aiomas.WithLimits(aiomas.Limits{FrameOut: 1 << 16}))
		for i, e := range endings {
			name := fmt.Sprintf("ending_%d", i)
			h.root.Expose(name, e.handle)
			t.Run(e.name, func(t *testing.T) { h.attack(t, h.request(t, rowID, name), fails(e.want)) })
		}
		h.checkNothingLeft(t)
	})
}

type panickingError struct{}

func (panickingError) Error() string { panic("in Error") }

// A handler that never returns holds up no other request, on this connection or
// on another.
func TestABlockedHandlerHoldsUpNobody(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c)
		raw, client := h.connect(t)
		for i := range int64(100) {
			raw.send(h.request(t, i, "hold"))
		}
		raw.send(h.request(t, fenceID, "add", 1, 2))
		if got, err := h.recv(t, raw); err != nil || got.ID != fenceID || got.text != "3" {
			t.Errorf("beside 100 that wait: %d %q, %v", got.ID, got.text, err)
		}
		if n, err := aiomas.Call[int](t.Context(), h.bystander.Remote("add"), 1, 2); err != nil || n != 3 {
			t.Errorf("on another connection: %d, %v", n, err)
		}
		_ = raw.conn.Close()
		<-client.Done()
		h.checkNothingLeft(t)
	})
}

// 10,000 requests at once are all answered; those past the limit at once, while
// the others still run: the reader never stops.
func TestTenThousandRequestsAtOnce(t *testing.T) {
	const limit, more = 10_000, 500
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c)
		raw, client := h.connect(t)
		go func() {
			for i := range int64(limit + more) {
				raw.sendBytes([]byte(withHeader(h.request(t, i, "hold"))))
			}
		}()
		answered := make(map[int64]bool, limit+more)
		for range more {
			got, err := h.recv(t, raw)
			if err != nil || got.Type != codec.Exception || !strings.Contains(got.text, "too many requests at once (limit 10000)") {
				t.Fatalf("got %v %d %q, %v; want a refusal", got.Type, got.ID, got.text, err)
			}
			answered[got.ID] = true
		}
		close(h.gate)
		for range limit {
			got, err := h.recv(t, raw)
			if err != nil || got.text != "held" || answered[got.ID] {
				t.Fatalf("got %d %q, %v", got.ID, got.text, err)
			}
			answered[got.ID] = true
		}
		if len(answered) != limit+more {
			t.Errorf("%d were answered", len(answered))
		}
		_ = raw.conn.Close()
		<-client.Done()
	})
}

// A flood of requests that cannot be read is answered, one by one, and logged in
// a few lines. (Python wrote 158,334 lines for 550 KB.)
func TestAFloodOfBadFramesFillsNoLog(t *testing.T) {
	const n = 5000
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		var out syncBuffer
		h := newHostileServer(t, c, aiomas.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		raw, client := h.connect(t)
		good := h.request(t, rowID, "add", []any{})
		bad := good + "x"
		if c.Name() == "msgpack-blosc" {
			bad = stored(mp("93 00 07 c1"))
		}
		go func() {
			for range n {
				raw.sendBytes([]byte(withHeader(bad)))
			}
		}()
		for range n {
			if got, err := h.recv(t, raw); err != nil || got.Type != codec.Exception || got.ID != rowID {
				t.Fatalf("got %v %d %q, %v", got.Type, got.ID, got.text, err)
			}
		}
		_ = raw.conn.Close()
		<-client.Done()
		if lines := strings.Count(out.String(), "\n"); lines == 0 || lines > 200 {
			t.Errorf("%d lines for %d frames", lines, n)
		}
	})
}

// A result or error whose own methods panic, or end the goroutine, is answered too
// when a program replies by itself.
func TestReplyThatPanicsIsAnswered(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply func(ctx context.Context, r *aiomas.Request) error
		want  string
	}{
		{"result panics", func(ctx context.Context, r *aiomas.Request) error { return r.Reply(ctx, encodingBomb{}) }, "panicked: while encoding"},
		{"result exits", func(ctx context.Context, r *aiomas.Request) error { return r.Reply(ctx, encodingExit{}) }, "the handler called runtime.Goexit"},
		{"error panics", func(ctx context.Context, r *aiomas.Request) error { return r.Fail(ctx, panickingError{}) }, "panic: in Error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, raw := newRawChannel(t)
			raw.send(`[0, 7, null]`)
			r, err := ch.Recv(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan any)
			go func() {
				defer func() { ended <- recover() }()
				_ = c.reply(t.Context(), r)
			}()
			if v := <-ended; (v != nil) != (c.name == "error panics") { // the codec makes errors of panics
				t.Errorf("the panic became %v", v)
			}
			if got := raw.recv(); !strings.HasPrefix(got, `[2, 7, "Traceback`) || !strings.Contains(got, c.want) {
				t.Errorf("the peer got %s", got)
			}
			if err := r.Reply(t.Context(), 1); !errors.Is(err, aiomas.ErrAlreadyReplied) {
				t.Errorf("a second reply: %v", err)
			}
			raw.send(`[0, 8, null]`)
			if r, err = ch.Recv(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := r.Reply(t.Context(), "next"); err != nil {
				t.Error(err)
			}
			raw.expect(`[1, 8, "next"]`)
		})
	}
}

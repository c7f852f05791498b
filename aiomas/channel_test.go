package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

func TestMain(m *testing.M) { verifyNoLeaks(m) }

func TestChannelSendAndReply(t *testing.T) {
	ch, raw := newRawChannel(t)
	go func() {
		raw.expect(`[0, 0, "ohai"]`)
		raw.send(`[1, 0, "cya"]`)
	}()
	var got string
	if err := ch.Send(t.Context(), "ohai", &got); err != nil || got != "cya" {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestChannelRecvAndReply(t *testing.T) {
	ch, raw := newRawChannel(t)
	raw.send(`[0, 0, "a"]`, `[0, 1, "b"]`, `[0, 2, "c"]`)
	var reqs []*aiomas.Request
	for _, want := range []string{"a", "b", "c"} {
		r, err := ch.Recv(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := r.Decode(&got); err != nil || got != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
		reqs = append(reqs, r)
	}
	// Replies may come in any order, and only once.
	if err := reqs[2].Reply(t.Context(), map[string]any{"x": 1.0}); err != nil {
		t.Fatal(err)
	}
	raw.expect(`[1, 2, {"x": 1.0}]`)
	if err := reqs[0].Fail(t.Context(), aiomas.ValueError.New("42")); err != nil {
		t.Fatal(err)
	}
	raw.expect(`[2, 0, "Traceback (most recent call last):\nValueError: 42\n"]`)
	if err := reqs[0].Reply(t.Context(), 1); !errors.Is(err, aiomas.ErrAlreadyReplied) {
		t.Errorf("second reply: %v", err)
	}
	// A result that cannot be sent becomes an exception for the peer.
	var enc *aiomas.EncodeError
	if err := reqs[1].Reply(t.Context(), make(chan int)); !errors.As(err, &enc) {
		t.Errorf("unserializable: %v", err)
	}
	if got := raw.recv(); !strings.HasPrefix(got, `[2, 1, "Traceback`) || !strings.Contains(got, "aiomas.exceptions.SerializationError: ") {
		t.Errorf("unserializable arrived as %s", got)
	}
}

// Both sides count their requests from 0; neither takes the other's reply.
func TestChannelBothSidesAsk(t *testing.T) {
	a, b := tcpPair(t)
	chA, _ := aiomas.NewChannel(a)
	chB, _ := aiomas.NewChannel(b)
	defer chA.Close()
	defer chB.Close()
	const n = 500
	answer := func(ch *aiomas.Channel, name string) {
		for range n {
			r, err := ch.Recv(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			go func() {
				var i int
				if err := r.Decode(&i); err != nil {
					t.Error(err)
				}
				if err := r.Reply(context.Background(), fmt.Sprint(name, i)); err != nil {
					t.Error(err)
				}
			}()
		}
	}
	go answer(chA, "a")
	go answer(chB, "b")
	var wg sync.WaitGroup
	for ch, name := range map[*aiomas.Channel]string{chA: "b", chB: "a"} {
		for i := range n {
			wg.Go(func() {
				var got string
				if err := ch.Send(t.Context(), i, &got); err != nil || got != fmt.Sprint(name, i) {
					t.Errorf("%d: got %q, %v", i, got, err)
				}
			})
		}
	}
	wg.Wait()
}

func TestChannelLateReplyIsDropped(t *testing.T) {
	ch, raw := newRawChannel(t)
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() { gaveUp <- ch.Send(ctx, "slow", nil) }()
	raw.expect(`[0, 0, "slow"]`)
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	raw.send(`[1, 0, "late"]`, `[1, 99, "to nobody"]`, `[2, 98, "nor this"]`)
	go func() {
		raw.expect(`[0, 1, "next"]`)
		raw.send(`[1, 1, "in time"]`)
	}()
	var got string
	if err := ch.Send(t.Context(), "next", &got); err != nil || got != "in time" {
		t.Fatalf("after a late reply: %q, %v", got, err)
	}
}

func TestChannelCloseFailsPendingCalls(t *testing.T) {
	ch, raw := newRawChannel(t)
	failed := make(chan error)
	go func() { failed <- ch.Send(context.Background(), 1, nil) }()
	raw.expect(`[0, 0, 1]`)
	closed := make(chan error)
	go func() { closed <- ch.Close() }()
	err := <-failed
	var ce *aiomas.ConnectionError
	if !errors.Is(err, aiomas.ErrClosed) || !errors.Is(err, aiomas.ErrConnection) || !errors.As(err, &ce) || ce.Unsent {
		t.Errorf("pending call: %v", err)
	}
	raw.expectClosed()
	raw.conn.Close()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := ch.Send(t.Context(), 2, nil); !errors.As(err, &ce) || !ce.Unsent || !errors.Is(err, aiomas.ErrClosed) {
		t.Errorf("later call: %v", err)
	}
	if _, err := ch.Recv(t.Context()); !errors.Is(err, aiomas.ErrClosed) {
		t.Errorf("Recv: %v", err)
	}
	if err := ch.Close(); err != nil {
		t.Error("closing twice:", err)
	}
	<-ch.Done()
}

func TestChannelPeerCloses(t *testing.T) {
	ch, raw := newRawChannel(t)
	failed := make(chan error)
	go func() { failed <- ch.Send(context.Background(), 1, nil) }()
	raw.expect(`[0, 0, 1]`)
	raw.send(`[0, 0, "one more"]`)
	raw.conn.Close()
	if err := <-failed; !errors.Is(err, aiomas.ErrConnection) || !errors.Is(err, io.EOF) || errors.Is(err, aiomas.ErrClosed) {
		t.Errorf("pending call: %v", err)
	}
	// What had arrived is still handed out, then the end.
	if r, err := ch.Recv(t.Context()); err != nil {
		t.Error(err)
	} else if err := r.Reply(t.Context(), 1); !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("a reply to nobody: %v", err)
	}
	if _, err := ch.Recv(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("Recv: %v", err)
	}
}

// The peer's fault ends the connection with an error that names it.
func TestChannelProtocolErrors(t *testing.T) {
	frame := func(s string) string { return "\x00\x00\x00" + string(rune(len(s))) + s }
	for _, c := range []struct{ name, sent, want string }{
		{"http", "GET / HTTP/1.1\r\n\r\n", "look like HTTP"},
		{"tls", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "look like TLS"},
		{"too large", "\x7f\xff\xff\xff", "sent a frame of 2147483647 bytes, the limit here is 67108864"},
		{"msgpack", frame("\x93\x00\x00\xa2hi"), "looks like codec msgpack"},
		{"empty frame", frame(""), "an empty frame"},
		{"no list", frame(`{"a": 1}`), "not a json message"},
		{"type 3", frame(`[3, 0, null]`), "not a json message"},
		{"float id", frame(`[0, 1.0, null]`), "not a json message"},
		{"cut", "\x00\x00\x00\x09[0, 1", "ended within a frame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, raw := newRawChannel(t)
			raw.sendBytes([]byte(c.sent))
			if c.name == "cut" {
				raw.conn.Close()
			}
			_, err := ch.Recv(t.Context())
			var pe *aiomas.ProtocolError
			if !errors.As(err, &pe) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A content that cannot be read fails its own call and nothing else.
func TestChannelBadContent(t *testing.T) {
	ch, raw := newRawChannel(t)
	raw.send(`[0, 5, [1, 2]`)
	if got := raw.recv(); !strings.HasPrefix(got, `[2, 5, "Traceback`) || !strings.Contains(got, "ValueError: the request cannot be read") {
		t.Errorf("bad request: %s", got)
	}
	go func() {
		raw.expect(`[0, 0, "x"]`)
		raw.send(`[1, 0, {"open": ]`)
	}()
	var got any
	var de *aiomas.DecodeError
	if err := ch.Send(t.Context(), "x", &got); !errors.As(err, &de) {
		t.Errorf("bad reply: %v", err)
	}
	go func() {
		raw.expect(`[0, 1, "x"]`)
		raw.send(`[1, 1, 1.5]`)
	}()
	var n int
	if err := ch.Send(t.Context(), "x", &n); !errors.As(err, &de) {
		t.Errorf("unfit reply: %v", err)
	}
	if ch.Err() != nil {
		t.Error("the connection ended:", ch.Err())
	}
}

func TestChannelEncodeErrorWritesNothing(t *testing.T) {
	ch, raw := newRawChannel(t, aiomas.WithLimits(aiomas.Limits{FrameOut: 1024}))
	var ee *aiomas.EncodeError
	if err := ch.Send(t.Context(), []any{1, make(chan int)}, nil); !errors.As(err, &ee) || ee.Where != "[1]" {
		t.Errorf("a chan: %v", err)
	}
	if err := ch.Send(t.Context(), strings.Repeat("x", 2000), nil); !errors.As(err, &ee) {
		t.Errorf("too long: %v", err)
	}
	go func() {
		raw.expect(`[0, 2, 1]`)
		raw.send(`[1, 2, 2]`)
	}()
	var n int
	if err := ch.Send(t.Context(), 1, &n); err != nil || n != 2 {
		t.Errorf("the next request: %d, %v", n, err)
	}
}

func TestChannelRefusesPastTheLimit(t *testing.T) {
	ch, raw := newRawChannel(t, aiomas.WithLimits(aiomas.Limits{Requests: 2}))
	raw.send(`[0, 0, 0]`, `[0, 1, 1]`, `[0, 2, 2]`)
	if got := raw.recv(); !strings.HasPrefix(got, `[2, 2, `) || !strings.Contains(got, "too many requests at once") {
		t.Errorf("third request: %s", got)
	}
	r, err := ch.Recv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Reply(t.Context(), "done"); err != nil {
		t.Fatal(err)
	}
	raw.expect(`[1, 0, "done"]`)
	raw.send(`[0, 3, 3]`)
	for range 2 {
		if r, err = ch.Recv(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Reply(t.Context(), "done"); err != nil {
		t.Fatal(err)
	}
	raw.expect(`[1, 3, "done"]`)
}

// A cancelled Recv takes no request away.
func TestChannelRecvContext(t *testing.T) {
	ch, raw := newRawChannel(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ch.Recv(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	raw.send(`[0, 0, 1]`, `[0, 1, 2]`)
	var wg sync.WaitGroup
	for range 2 { // several receivers share
		wg.Go(func() {
			if _, err := ch.Recv(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestRemoteErrorForms(t *testing.T) {
	for _, c := range []struct {
		name, content, typ, msg, text string
	}{
		{"python", `"Traceback (most recent call last):\n  File \"x.py\", line 1, in f\n    raise E\nmypkg.Bad: no\n"`, "mypkg.Bad", "no", "Traceback"},
		{"mosaik", `["ValueError", "no step", "Traceback:\n", "line\n"]`, "ValueError", "no step", "Traceback:\nline\n"},
		{"plain", `"something broke"`, "", "something broke", "something broke"},
		{"odd", `{"code": 7}`, "", "map[code:7]", "map[code:7]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, raw := newRawChannel(t)
			go func() {
				raw.recv()
				raw.send(`[2, 0, ` + c.content + `]`)
			}()
			err := ch.Send(t.Context(), nil, nil)
			var re *aiomas.RemoteError
			if !errors.As(err, &re) || re.Type != c.typ || re.Message != c.msg || !strings.HasPrefix(re.Traceback, c.text) {
				t.Fatalf("got %#v", err)
			}
			if !strings.Contains(re.Origin, "tcp://127.0.0.1:") {
				t.Errorf("origin %q", re.Origin)
			}
			if c.typ == "mypkg.Bad" && (!errors.Is(err, aiomas.ExceptionType("Bad")) || errors.Is(err, aiomas.ValueError)) {
				t.Error("errors.Is")
			}
		})
	}
}

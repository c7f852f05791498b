package aiomas_test

import (
	"context"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// hookedCodec calls hook for each message before it is parsed.
type hookedCodec struct {
	codec.Codec
	hook func(payload []byte)
}

func (c *hookedCodec) ParseMessage(payload []byte, l codec.Limits) (codec.Message, error) {
	c.hook(payload)
	return c.Codec.ParseMessage(payload, l)
}

// The watchdog finds everything that holds up the reader goroutine, but it comes late. In a
// bubble it comes only when nothing else goes on: what it is not needed for takes no
// time.
func TestInlineTimes(t *testing.T) {
	t.Run("without turns", func(t *testing.T) { testInlineTimes(t, false) })
	t.Run("turns", func(t *testing.T) { testInlineTimes(t, true) })
}

func testInlineTimes(t *testing.T, turns bool) {
	t.Helper()
	longNaps := 12 * time.Millisecond
	if turns {
		longNaps = 20 * time.Millisecond // one after the other
	}
	for _, c := range []struct {
		name    string
		inlined bool
		want    time.Duration
		play    func(t *testing.T, s *inlineService, p rawPeer)
	}{
		{"order", true, 0, func(_ *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "add", 1, 2), request(1, "add", 3, 4), request(2, "add", 5, 6))
			for id, sum := range []int{3, 7, 11} { // one after the other
				p.expect(result(id, sum))
			}
		}},
		{"exit", true, 0, func(_ *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "exit"), request(1, "add", 1, 0))
			p.replies(2)
			p.send(request(2, "add", 2, 0))
			p.expect(result(2, 2))
		}},
		{"close", true, 0, func(_ *testing.T, s *inlineService, p rawPeer) {
			p.batch(request(0, "close"), request(1, "add", 1, 0))
			p.expectClosed()
			<-s.client.Done()
		}},
		{"the peer is asked", true, 0, func(_ *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "add", 1, 0), request(1, "ask"))
			for range 2 { // the question, and the reply of add
				if m := p.recv(); strings.Contains(m, `"answer"`) {
					p.send(result(0, 77))
				}
			}
			p.expect(result(1, 77))
		}},
		{"while a call waits", false, 0, func(t *testing.T, s *inlineService, p rawPeer) {
			asked := s.client.Remote("answer").Go(t.Context(), nil)
			p.recv()
			p.batch(request(0, "wait", 1), request(1, "add", 1, 0))
			p.expect(result(1, 1))
			p.send(result(0, 77))
			if err := asked.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			close(s.gate(1))
			p.expect(result(0, 1))
		}},
		{"a call begins after requests have come", false, 0, func(t *testing.T, s *inlineService, p rawPeer) {
			var asked *aiomas.Pending
			last := "[1, 99, null]"
			s.parsing = func(payload []byte) {
				if string(payload) == last {
					asked = s.client.Remote("answer").Go(context.Background(), nil)
				}
			}
			p.batch(request(0, "wait", 1), "[1, 98, null]", last)
			p.recv()
			p.send(result(0, 77))
			if err := asked.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			close(s.gate(1))
			p.expect(result(0, 1))
		}},
		{"one after the other", true, 0, func(t *testing.T, s *inlineService, p rawPeer) {
			var active, most atomic.Int32
			s.router.Expose("yield", func() {
				n := active.Add(1)
				for most.Load() < n {
					most.Store(n)
				}
				for range 20 {
					runtime.Gosched()
				}
				active.Add(-1)
			})
			var batch []string
			for id := range 20 {
				batch = append(batch, request(id, "yield"))
			}
			p.batch(batch...)
			p.replies(20)
			if n := most.Load(); n != 1 {
				t.Errorf("%d handlers at once", n)
			}
		}},
		// The watchdog looks each millisecond, and leaves alone what has begun since.
		{"naps", true, 3 * time.Millisecond, func(_ *testing.T, s *inlineService, p rawPeer) {
			s.router.Expose("nap", func() { <-time.After(1500 * time.Microsecond) })
			p.batch(request(0, "nap"), request(1, "nap"))
			p.replies(2)
		}},
		{"long naps", true, longNaps, func(_ *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "sleep", 10), request(1, "sleep", 10))
			p.replies(2)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newInlineService()
				if turns {
					s.router.TakeTurns()
				}
				x, y := net.Pipe()
				parsed := &hookedCodec{json.Codec, func(payload []byte) {
					if s.parsing != nil {
						s.parsing(payload)
					}
				}}
				ch, err := aiomas.NewChannel(x, aiomas.WithInline(), aiomas.WithCodec(parsed))
				if err != nil {
					t.Fatal(err)
				}
				s.client = aiomas.NewClient(ch, s.router)
				start := time.Now()
				c.play(t, s, rawPeer{t, y})
				if took := time.Since(start); took != c.want {
					t.Errorf("it took %v, want %v", took, c.want)
				}
				if times, _ := ch.Inlined(); (times > 0) != c.inlined {
					t.Errorf("requests were handled inline %d times", times)
				}
				_ = y.Close()
				_ = ch.Close()
			})
		})
	}
}

// Handlers that fail are judged by their time, too.
func TestSlowFailuresAreNotInline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newInlineService()
		s.router.Expose("lapse", func() error { <-time.After(400 * time.Microsecond); return aiomas.ErrBusy })
		client, p := pipeClient(t, s.router, aiomas.Limits{}, aiomas.WithInlineLearned())
		defer client.Close()
		defer p.conn.Close()
		id := 0
		run := func(n int, name string, args ...int) {
			for range n {
				p.batch(request(id, name, args...), request(id+1, name, args...))
				p.replies(2)
				id += 2
			}
			synctest.Wait()
		}
		run(4*20, "add", 1, 2)
		if _, will := client.Channel().Inlined(); !will {
			t.Fatal("quick handlers are not handled inline")
		}
		run(2*4, "lapse") // one alone is forgiven
		if _, will := client.Channel().Inlined(); will {
			t.Error("slow ones would be handled inline")
		}
	})
}

// Where what one goroutine sends keeps its order over all connections, no reply may
// wait for others.
func TestNotInlineInMemory(t *testing.T) {
	network := local.NewNetwork()
	ln, err := network.Listen("queue")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	x, err := network.Dial(t.Context(), "queue")
	if err != nil {
		t.Fatal(err)
	}
	y, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	ch, err := aiomas.NewChannel(x, aiomas.WithInline())
	if err != nil {
		t.Fatal(err)
	}
	aiomas.NewClient(ch, newInlineService().router)
	p := rawPeer{t, y}
	p.batch(request(0, "add", 1, 0), request(1, "add", 2, 0))
	p.expectAll(result(0, 1), result(1, 2))
	if times, _ := ch.Inlined(); times != 0 {
		t.Errorf("requests were handled inline %d times", times)
	}
	_ = y.Close()
	_ = ch.Close()
}

package aiomas_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// batch sends all messages in one write, so that they come in one read.
func (p rawPeer) batch(messages ...string) {
	p.t.Helper()
	var b []byte
	for _, m := range messages {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(m))), m...)
	}
	p.sendBytes(b)
}

// replies receives n messages and returns them sorted.
func (p rawPeer) replies(n int) []string {
	p.t.Helper()
	var list []string
	for range n {
		list = append(list, p.recv())
	}
	slices.Sort(list)
	return list
}

func (p rawPeer) expectAll(want ...string) {
	p.t.Helper()
	slices.Sort(want)
	if got := p.replies(len(want)); !slices.Equal(got, want) {
		p.t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// inlineService has functions that a goroutine that reads had better not call.
type inlineService struct {
	router  *aiomas.Router
	gates   sync.Map // number → chan struct{}
	client  *aiomas.Client
	parsing func(payload []byte) // is called for each message that comes, unless it is nil
}

func (s *inlineService) gate(n int) chan struct{} {
	g, _ := s.gates.LoadOrStore(n, make(chan struct{}))
	return g.(chan struct{})
}

func newInlineService() *inlineService {
	s := &inlineService{router: aiomas.NewRouter()}
	s.router.Expose("add", func(a, b int) int { return a + b })
	s.router.Expose("wait", func(n int) int { <-s.gate(n); return n }, aiomas.Concurrent())
	s.router.Expose("open", func(n int) int { close(s.gate(n)); return -n }, aiomas.Concurrent())
	s.router.Expose("exit", func() { runtime.Goexit() })
	s.router.Expose("panic", func() { panic("no") })
	s.router.Expose("close", func() error { return s.client.Close() })
	s.router.Expose("long", func(n int) string { return strings.Repeat("x", n) })
	s.router.Expose("ask", func(ctx context.Context) (int, error) {
		return aiomas.Call[int](ctx, s.client.Remote("answer"))
	})
	s.router.Expose("busy", func(us int) int {
		for start := time.Now(); time.Since(start) < time.Duration(us)*time.Microsecond; {
			runtime.Gosched()
		}
		return us
	})
	s.router.Expose("gone", func(ctx context.Context) { <-ctx.Done() }, aiomas.Concurrent())
	s.router.Expose("sleep", func(ms int) int { <-time.After(time.Duration(ms) * time.Millisecond); return ms })
	return s
}

func request(id int, name string, args ...int) string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = fmt.Sprint(a)
	}
	return fmt.Sprintf(`[0, %d, ["%s", [%s], {}]]`, id, name, strings.Join(list, ", "))
}

func result(id, value int) string { return fmt.Sprintf(`[1, %d, %d]`, id, value) }

// Whatever a handler does, the others of its batch are answered, and so is what
// comes later: also where connections are read by one goroutine, and where functions
// take turns, but for those that wait for each other.
func TestInline(t *testing.T) {
	for name, turns := range map[string]bool{"": false, "turns": true} {
		for in, opts := range map[string][]aiomas.Option{
			"its own goroutine":                nil,
			"a goroutine for many connections": {aiomas.WithArrivals(new(aiomas.Arrivals))},
		} {
			t.Run(strings.TrimSpace(name+" read by "+in), func(t *testing.T) { testInline(t, turns, opts) })
		}
	}
}

func testInline(t *testing.T, turns bool, opts []aiomas.Option) {
	t.Helper()
	for _, c := range []struct {
		name string
		play func(t *testing.T, s *inlineService, p rawPeer)
	}{
		{"batch", func(_ *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "add", 1, 2), request(1, "add", 3, 4), request(2, "add", 5, 6))
			p.expectAll(result(0, 3), result(1, 7), result(2, 11)) // in order unless the watchdog comes: see TestInlineTimes
		}},
		{"one waits", func(_ *testing.T, s *inlineService, p rawPeer) {
			p.batch(request(0, "add", 0, 0), request(1, "wait", 1), request(2, "add", 2, 0), request(3, "add", 3, 0))
			p.expectAll(result(0, 0), result(2, 2), result(3, 3))
			p.batch(request(4, "add", 4, 0), request(5, "add", 5, 0))
			p.expectAll(result(4, 4), result(5, 5))
			close(s.gate(1))
			p.expect(result(1, 1))
		}},
		{"for each other", func(_ *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "wait", 1), request(1, "wait", 2), request(2, "open", 2), request(3, "open", 1))
			p.expectAll(result(0, 1), result(1, 2), result(2, -2), result(3, -1))
		}},
		{"for what is to come", func(_ *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "wait", 1), request(1, "wait", 1))
			p.send(request(2, "open", 1))
			p.expectAll(result(0, 1), result(1, 1), result(2, -1))
		}},
		{"until others are handled inline", func(_ *testing.T, _ *inlineService, p rawPeer) {
			// The goroutine that waited was the one that reads. When it goes on,
			// another one is, and handles requests inline as well.
			for n := range 100 {
				p.batch(request(0, "wait", n), request(1, "add", n, 0))
				p.expect(result(1, n))
				p.batch(request(2, "open", n), request(3, "busy", 300), request(4, "add", n, 1))
				p.batch(request(5, "add", n, 2), request(6, "add", n, 3))
				p.expectAll(result(0, n), result(2, -n), result(3, 300), result(4, n+1), result(5, n+2), result(6, n+3))
			}
		}},
		{"for the peer", func(t *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "add", 1, 0), request(1, "ask"), request(2, "ask"), request(3, "add", 4, 0))
			var results []string
			for own := 0; len(results) < 4; {
				m := p.recv()
				if !strings.Contains(m, `"answer"`) {
					results = append(results, m)
					continue
				}
				p.send(fmt.Sprintf(`[1, %d, 77]`, own))
				own++
			}
			slices.Sort(results)
			if want := []string{result(0, 1), result(1, 77), result(2, 77), result(3, 4)}; !slices.Equal(results, want) {
				t.Errorf("got %s", results)
			}
		}},
		{"exit", func(t *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "exit"), request(1, "add", 1, 0), request(2, "exit"), request(3, "add", 3, 0))
			answers := p.replies(4)
			if answers[0] != result(1, 1) || answers[1] != result(3, 3) || !strings.HasPrefix(answers[2], "[2, 0, ") || !strings.HasPrefix(answers[3], "[2, 2, ") {
				t.Errorf("got %s", answers)
			}
			p.send(request(4, "add", 4, 0))
			p.expect(result(4, 4))
		}},
		{"panic", func(t *testing.T, _ *inlineService, p rawPeer) {
			p.batch(request(0, "panic"), request(1, "add", 1, 0))
			if answers := p.replies(2); answers[0] != result(1, 1) || !strings.HasPrefix(answers[1], "[2, 0, ") {
				t.Errorf("got %s", answers)
			}
		}},
		{"close", func(t *testing.T, s *inlineService, p rawPeer) {
			p.batch(request(0, "add", 1, 0), request(1, "close"), request(2, "wait", 1))
			p.expect(result(0, 1))
			p.expectClosed()
			_ = p.conn.Close()
			<-s.client.Done()
			close(s.gate(1))
		}},
		{"gone", func(_ *testing.T, s *inlineService, p rawPeer) {
			p.batch(request(0, "gone"), request(1, "gone"), request(2, "add", 2, 0))
			p.expect(result(2, 2))
			_ = p.conn.Close()
			<-s.client.Done()
		}},
		{"long replies", func(t *testing.T, _ *inlineService, p rawPeer) {
			var batch []string
			for id := range 100 {
				batch = append(batch, request(id, "long", 20<<10))
			}
			p.batch(batch...)
			var want []string
			for id := range 100 {
				want = append(want, fmt.Sprintf("[1, %d, %q]", id, strings.Repeat("x", 20<<10)))
			}
			slices.Sort(want)
			if !slices.Equal(p.replies(100), want) { // the watchdog may have come in between
				t.Error("other replies than 100 long ones")
			}
		}},
		{"shutdown", func(t *testing.T, s *inlineService, p rawPeer) {
			p.batch(request(0, "add", 1, 0), request(1, "wait", 1), request(2, "add", 3, 0))
			p.expectAll(result(0, 1), result(2, 3))
			done := make(chan error, 1)
			go func() { done <- s.client.Shutdown(t.Context()) }()
			for p.send(request(3, "add", 0, 0)); ; p.send(request(3, "add", 0, 0)) {
				if m := p.recv(); strings.HasPrefix(m, "[2, 3, ") { // it is refused: Shutdown has begun
					break
				}
			}
			close(s.gate(1))
			p.expect(result(1, 1))
			p.expectClosed()
			_ = p.conn.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newInlineService()
			if turns {
				s.router.TakeTurns()
			}
			client, p := newRawClient(t, s.router, append(opts, aiomas.WithInline())...)
			s.client = client
			c.play(t, s, p)
			if times, _ := s.client.Channel().Inlined(); times == 0 {
				t.Error("nothing was handled inline")
			}
		})
	}
}

// Handlers are called inline when many of them have been quick, and no more when
// they are not.
func TestInlineIsLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newInlineService()
		client, p := pipeClient(t, s.router, aiomas.Limits{}, aiomas.WithInlineLearned())
		s.client = client
		defer client.Close()
		defer p.conn.Close()
		id := 0
		run := func(n int, name string, args ...int) (inlined int) {
			t.Helper()
			before, _ := s.client.Channel().Inlined()
			for range n {
				p.batch(request(id, name, args...), request(id+1, name, args...))
				p.replies(2)
				id += 2
			}
			synctest.Wait()
			after, _ := s.client.Channel().Inlined()
			return after - before
		}
		if n := run(7, "add", 1, 2); n != 0 {
			t.Errorf("%d batches were handled inline before anything was known", n)
		}
		run(10, "add", 1, 2)
		if n := run(100, "add", 1, 2); n != 100 {
			t.Errorf("%d of 100 batches were handled inline", n)
		}
		start := time.Now()
		run(1, "sleep", 100)
		if took := time.Since(start); took < 100*time.Millisecond || took > 100*time.Millisecond+2*time.Millisecond {
			t.Errorf("two that sleep 100 ms took %v", took)
		}
		run(4, "sleep", 1)
		if n := run(500, "add", 1, 2); n != 0 {
			t.Errorf("%d batches were handled inline soon after slow ones", n)
		}
		run(4*1024, "add", 1, 2)
		if n := run(10, "add", 1, 2); n != 10 {
			t.Errorf("%d of 10 batches were handled inline long after the slow ones", n)
		}
	})
}

package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// withBadServer runs a test in a bubble, with a client whose server plays play
// and is then honest until the client is gone.
func withBadServer(t *testing.T, service aiomas.Service, play func(s *badServer), test func(t *testing.T, c *aiomas.Client), opts ...aiomas.Option) {
	t.Helper()
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		synctest.Test(t, func(t *testing.T) {
			client, server := net.Pipe()
			ch, err := aiomas.NewChannel(client, append(opts, aiomas.WithCodec(c))...)
			if err != nil {
				t.Fatal(err)
			}
			cl := aiomas.NewClient(ch, service)
			s := &badServer{t, server, c}
			var played sync.WaitGroup
			played.Go(func() {
				defer server.Close()
				play(s)
				s.serve()
			})
			test(t, cl)
			_ = cl.Close()
			played.Wait()
			<-cl.Done()
		})
	})
}

func mustRequest(s *badServer) int64 {
	m, err := s.request()
	if err != nil || m.Type != codec.Request {
		s.t.Errorf("want a request, got %v, %v", m, err)
	}
	return m.ID
}

func after(t *testing.T, start time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(start); got != want {
		t.Errorf("after %v, want %v", got, want)
	}
}

// Half a frame and then silence: the connection ends after the progress time-out.
func TestHostileServerStalls(t *testing.T) {
	for _, n := range []int{1, 3, 4, 5, 12} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			withBadServer(t, nil, func(s *badServer) {
				id := mustRequest(s)
				s.write(withHeader(s.result(id, "a long enough reply"))[:n])
			}, func(t *testing.T, c *aiomas.Client) {
				start := time.Now()
				err := c.Remote("f").Call(context.Background(), nil)
				if !isProtocolError(err) || !strings.Contains(err.Error(), "not continued for 1m0s") {
					t.Error(err)
				}
				after(t, start, time.Minute)
			})
		})
	}
}

// A reply that drips in is slow, not dead.
func TestHostileServerDrips(t *testing.T) {
	const pause = 59 * time.Second
	var n int
	withBadServer(t, nil, func(s *badServer) {
		id := mustRequest(s)
		frame := withHeader(s.result(id, "drop by drop"))
		n = len(frame)
		for i := range n {
			time.Sleep(pause) //nolint:forbidigo // fake time
			s.write(frame[i : i+1])
		}
	}, func(t *testing.T, c *aiomas.Client) {
		start := time.Now()
		if got, err := aiomas.Call[string](context.Background(), c.Remote("f")); err != nil || got != "drop by drop" {
			t.Errorf("%q, %v", got, err)
		}
		after(t, start, time.Duration(n)*pause)
	})
}

// A server that says nothing costs the caller its own deadline only, and its
// late reply is dropped.
func TestHostileServerIsSilent(t *testing.T) {
	withBadServer(t, nil, func(s *badServer) {
		id := mustRequest(s)
		time.Sleep(time.Hour) //nolint:forbidigo // fake time
		s.send(s.result(id, "late"), s.result(id, "later"), s.exception(id, "latest"))
	}, func(t *testing.T, c *aiomas.Client) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		start := time.Now()
		if err := c.Remote("f").Call(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		after(t, start, time.Minute)
		time.Sleep(time.Hour) //nolint:forbidigo // fake time: until the late replies have come
		if got, err := aiomas.Call[string](context.Background(), c.Remote("f")); err != nil || got != "honest" {
			t.Errorf("the next call: %q, %v", got, err)
		}
	})
}

// A server that does not read ends after the write time-out, and each of its
// callers has an error that says so.
func TestHostileServerDoesNotRead(t *testing.T) {
	withBadServer(t, nil, func(s *badServer) {
		_, _ = io.CopyN(io.Discard, s.conn, 10)
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
	}, func(t *testing.T, c *aiomas.Client) {
		start := time.Now()
		var calls sync.WaitGroup
		for range 100 {
			calls.Go(func() {
				err := c.Remote("f").Call(context.Background(), nil, strings.Repeat("x", 1000))
				if !isProtocolError(err) || !strings.Contains(err.Error(), "accepted no data for 10s") {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		after(t, start, 10*time.Second)
	})
}

// Replies in the reverse order find their calls.
func TestHostileServerTurnsReplies(t *testing.T) {
	const n = 100
	withBadServer(t, nil, func(s *badServer) {
		ids := make([]int64, n)
		for i := range ids {
			ids[i] = mustRequest(s)
		}
		for i := range ids {
			s.send(s.result(ids[n-1-i], fmt.Sprint(ids[n-1-i])))
		}
	}, func(t *testing.T, c *aiomas.Client) {
		var calls [n]*aiomas.Pending
		var got [n]string
		for i := range calls {
			calls[i] = c.Remote("f").Go(t.Context(), &got[i])
		}
		for i, p := range calls {
			if err := p.Wait(t.Context()); err != nil || got[i] != fmt.Sprint(i) {
				t.Errorf("call %d got %q, %v", i, got[i], err)
			}
		}
	})
}

// All replies for one of two calls: it gets the first, the other one waits.
func TestHostileServerAnswersOneTwice(t *testing.T) {
	withBadServer(t, nil, func(s *badServer) {
		id := mustRequest(s)
		mustRequest(s)
		s.send(s.result(id, "first"), s.result(id, "second"))
	}, func(t *testing.T, c *aiomas.Client) {
		var one, two string
		a := c.Remote("f").Go(t.Context(), &one)
		b := c.Remote("f").Go(t.Context(), &two)
		if err := a.Wait(t.Context()); err != nil || one != "first" {
			t.Errorf("%q, %v", one, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := b.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q, %v", two, err)
		}
	})
}

// A server that closes after some of the replies: those are kept.
func TestHostileServerClosesHalfWay(t *testing.T) {
	for answered := range 5 {
		t.Run(fmt.Sprint(answered), func(t *testing.T) {
			withBadServer(t, nil, func(s *badServer) {
				for i := range 5 {
					if id := mustRequest(s); i < answered {
						s.send(s.result(id, "yes"))
					}
				}
				_ = s.conn.Close()
			}, func(t *testing.T, c *aiomas.Client) {
				var calls [5]*aiomas.Pending
				for i := range calls {
					calls[i] = c.Remote("f").Go(t.Context(), nil)
				}
				for i, p := range calls {
					err := p.Wait(t.Context())
					if ce := (*aiomas.ConnectionError)(nil); i < answered && err != nil ||
						i >= answered && (!errors.As(err, &ce) || ce.Unsent || !errors.Is(err, io.EOF)) {
						t.Errorf("call %d: %v", i, err)
					}
				}
			})
		})
	}
}

// oddProxy is a proxy as a server that is not aiomas may make it.
type oddProxy string

var oddProxies, _ = codec.NewRegistry(codec.NewSerializer(
	func(p oddProxy) (string, error) { return string(p), nil },
	func(s string) (oddProxy, error) { return oddProxy(s), nil }))

// Proxies with odd paths are values like others: they can be held, compared,
// printed and called, and the server gets its path back as it was.
func TestHostileServerSendsOddProxies(t *testing.T) {
	paths := []string{"", "/", "//", "a//b", "../x", "__class__/__init__", "a\x00b", "a b", "é☃😀", "%s%n", strings.Repeat("p/", 50_000)}
	withBadServer(t, nil, func(s *badServer) {
		for _, p := range paths {
			id := mustRequest(s)
			b, err := s.codec.AppendMessage(nil, codec.Result, id, oddProxy(p), oddProxies)
			if err != nil {
				s.t.Error(err)
			}
			s.send(string(b))
			if p == "" {
				continue // the root is no function
			}
			m, err := s.request()
			d := s.codec.NewDecoder()
			d.Reset(m.Content, nil)
			var path string
			if err == nil {
				err = d.Decode(&codec.Tuple{&path, new([]any), new(map[string]any)})
			}
			if err != nil || path != p {
				s.t.Errorf("the proxy calls %.100q, %v, want %.100q", path, err, p)
			}
			s.send(s.result(m.ID, "called"))
		}
	}, func(t *testing.T, c *aiomas.Client) {
		for _, path := range paths {
			p, err := aiomas.Call[*aiomas.Proxy](t.Context(), c.Remote("f"))
			if err != nil || p.Path() != path || p.Client() != c || p.String() == "" {
				t.Fatalf("%.100v, %v", p, err)
			}
			got, err := aiomas.Call[string](t.Context(), p)
			if path == "" {
				if err == nil {
					t.Error("the root was called")
				}
			} else if err != nil || got != "called" {
				t.Errorf("%.100q: %q, %v", path, got, err)
			}
			var refused *aiomas.EncodeError
			if err := c.Remote("f").Call(t.Context(), nil, p); !errors.As(err, &refused) {
				t.Errorf("%.100q sent back: %v", path, err)
			}
		}
	})
}

// A storm of the server's own requests, past the limit, while a call is under
// way: each is answered or refused, and the call gets its reply.
func TestHostileServerStorms(t *testing.T) {
	const n, limit = 5000, 100
	service := aiomas.NewRouter()
	service.Expose("block", func(ctx context.Context) { <-ctx.Done() })
	withBadServer(t, service, func(s *badServer) {
		id := mustRequest(s)
		var reader sync.WaitGroup
		reader.Go(func() { // the client refuses as fast as it reads
			for range n - limit {
				if m, err := s.request(); err != nil || m.Type != codec.Exception {
					s.t.Errorf("%v, %v", m.Type, err)
				}
			}
		})
		for i := range int64(n) {
			s.send(s.message(codec.Request, i, &codec.Call{Path: "block"}))
		}
		reader.Wait()
		s.send(s.result(id, "yes"))
	}, func(t *testing.T, c *aiomas.Client) {
		if got, err := aiomas.Call[string](t.Context(), c.Remote("f")); err != nil || got != "yes" {
			t.Errorf("%q, %v", got, err)
		}
	}, aiomas.WithLimits(aiomas.Limits{Requests: limit}))
}

// An endless stream of replies to nobody keeps nobody from a reply.
func TestHostileServerFloods(t *testing.T) {
	withBadServer(t, nil, func(s *badServer) {
		id := mustRequest(s)
		for i := range int64(20_000) {
			s.send(s.result(id+1+i, nil))
		}
		s.send(s.result(id, "yes"))
	}, func(t *testing.T, c *aiomas.Client) {
		if got, err := aiomas.Call[string](t.Context(), c.Remote("f")); err != nil || got != "yes" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

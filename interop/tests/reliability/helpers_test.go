package reliability

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

var codecs = []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec}

var languages = []string{"python", "go"}

// eachPeer runs test for each language of the peer and each codec.
func eachPeer(t *testing.T, test func(t *testing.T, language string, c codec.Codec)) {
	t.Helper()
	for _, language := range languages {
		for _, c := range codecs {
			t.Run(language+"/"+c.Name(), func(t *testing.T) { test(t, language, c) })
		}
	}
}

func listenArgs(c codec.Codec) []string {
	return []string{"--listen", "tcp://127.0.0.1:0", "--codec", c.Name()}
}

// python returns an interpreter with aiomas and all its codecs.
func python(tb testing.TB) pyenv.Python {
	tb.Helper()
	newest.Do(func() { newest.py = pyenv.RequireBlosc(tb, pyenv.RequireOne(tb)) })
	if newest.py.Path == "" {
		tb.Skip("LEFT OUT, because there is no Python with blosc")
	}
	return newest.py
}

var newest struct {
	sync.Once
	py pyenv.Python
}

// startPeer starts a conformance peer in a process of its own.
func startPeer(tb testing.TB, language string, args ...string) *pyenv.Peer {
	tb.Helper()
	if language == "python" {
		return python(tb).StartPeer(&terse{TB: tb}, args...)
	}
	return pyenv.Start(tb, suite.GoPeer(tb, args...))
}

// terse logs no more than some lines: Python peers whose connections break have a
// lot to say.
type terse struct {
	testing.TB
	lines atomic.Int32
}

func (t *terse) Logf(format string, args ...any) {
	t.Helper()
	if t.lines.Add(1) <= 20 {
		t.TB.Logf(format, args...)
	}
}

// conformance is the part of the conformance service that is used here.
func conformance() *aiomas.Router {
	r := callbacks()
	r.Expose("add", func(a, b any) (any, error) {
		switch a := a.(type) {
		case int64:
			if b, ok := b.(int64); ok {
				return a + b, nil
			}
		case string:
			if b, ok := b.(string); ok {
				return a + b, nil
			}
		}
		return nil, aiomas.TypeError.Errorf("cannot add %T and %T", a, b)
	}, aiomas.Params("a", "b"))
	r.Expose("fail", func(typ, message string) error { return aiomas.ExceptionType(typ).New(message) })
	r.Expose("identity", func(x any) any { return x })
	r.Expose("payload", func(n int) string { return strings.Repeat("x", n) })
	r.Expose("sleep", func(ctx context.Context, seconds float64, result any) (any, error) {
		t := time.NewTimer(time.Duration(seconds * float64(time.Second)))
		defer t.Stop()
		select {
		case <-t.C:
			return result, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	})
	r.Expose("call_back", func(ctx context.Context, proxy *aiomas.Proxy, n int) ([]any, error) {
		results := make([]any, n)
		calls := make([]*aiomas.Pending, n)
		for i := range n {
			calls[i] = proxy.Sub("notify").Go(ctx, &results[i], i)
		}
		for _, c := range calls {
			if err := c.Wait(ctx); err != nil {
				return nil, err
			}
		}
		return results, nil
	})
	return r
}

// callbacks is what a client serves.
func callbacks() *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("notify", func(i int) int { return 2 * i })
	return r
}

// startServer serves a Go service in this process and returns its address.
func startServer(tb testing.TB, service aiomas.Service, opts ...aiomas.ServerOption) (*aiomas.Server, string) {
	tb.Helper()
	return suite.Serve(tb, "tcp://127.0.0.1:0", service, opts...)
}

func dial(tb testing.TB, addr string, opts ...aiomas.DialOption) *aiomas.Client {
	tb.Helper()
	c, err := aiomas.Dial(tb.Context(), addr, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// recorded makes a Go client's connections go by a recorder, if they go to Python.
func recorded(tb testing.TB, language string, c codec.Codec, opts ...recorder.Option) aiomas.DialOption {
	tb.Helper()
	if language != "python" {
		return nil
	}
	return aiomas.WithDialer(recorder.Dialer(tb, c, opts...))
}

// recordedAt returns the address of a recorder before a Go server, if its client is
// Python.
func recordedAt(tb testing.TB, language string, c codec.Codec, addr string, opts ...recorder.Option) string {
	tb.Helper()
	if language != "python" {
		return addr
	}
	return recorder.Start(tb, c, addr, recorder.Listener, opts...)
}

// bystander calls a server all the time, whose other connections go wrong.
type bystander struct {
	client *aiomas.Client
	stop   chan struct{}
	ended  chan error
	calls  atomic.Int64
	before int // goroutines
}

// startBystander connects to a server. What is to go on longer than the bystander
// calls is started before.
func startBystander(tb testing.TB, addr string, c codec.Codec, ofPython bool) *bystander {
	tb.Helper()
	opts := []aiomas.DialOption{aiomas.WithCodec(c)}
	if ofPython {
		opts = append(opts, recorded(tb, "python", c))
	}
	b := &bystander{client: dial(tb, addr, opts...), stop: make(chan struct{}), ended: make(chan error, 1)}
	if err := b.client.Remote("add").Call(tb.Context(), nil, 1, 2); err != nil {
		tb.Fatal(err)
	}
	b.before = goroutines(tb)
	go func() { b.ended <- b.run() }()
	return b
}

func (b *bystander) run() error {
	for i := 0; ; i++ {
		select {
		case <-b.stop:
			return nil
		default:
		}
		sum, err := aiomas.Call[int](context.Background(), b.client.Remote("add"), i, 1)
		if err != nil {
			return err
		}
		if sum != i+1 {
			return fmt.Errorf("%d + 1 is %d", i, sum)
		}
		b.calls.Add(1)
	}
}

// finish stops the bystander, whose calls must all have succeeded. Of what was
// started since it was, no goroutine may be left.
func (b *bystander) finish(tb testing.TB) {
	tb.Helper()
	close(b.stop)
	err := within(tb, time.Minute, "the bystander's last call", b.ended)
	ledger.count(func(l *faultLedger) {
		l.others += b.calls.Load()
		if err != nil {
			l.harmed++
		}
	})
	if err != nil {
		tb.Errorf("another connection was affected after %d calls: %v", b.calls.Load(), err)
	}
	checkLeaks(tb, b.before)
}

// Package ours has the peers of this library, with any codec.
package ours

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Peer returns the peer of this library with a codec, over TCP.
func Peer(c codec.Codec) peer.Peer {
	return Over(c.Name(), c, nil, func(_ context.Context, addr string) (string, []aiomas.DialOption, error) {
		return "tcp://" + addr, nil, nil
	})
}

// Over returns the peer of this library with a codec, over any transport: listen is as in
// [peer.Peer], and to returns the address to dial for that of the server, and the options
// for it.
func Over(
	name string, c codec.Codec, listen func() (net.Listener, error),
	to func(ctx context.Context, addr string) (string, []aiomas.DialOption, error),
) peer.Peer {
	// The largest message of the growth plots is 64 MiB of text in an envelope.
	options := aiomas.WithOptions(aiomas.WithCodec(c), aiomas.WithLimits(aiomas.Limits{FrameIn: 65 << 20}))
	return peer.Peer{
		Name: name, Listen: listen,
		Serve: func(ln net.Listener, work peer.Work) error {
			r, err := service(work)
			if err != nil {
				return err
			}
			return aiomas.NewServer(r, options).Serve(context.Background(), ln)
		},
		Dial: func(ctx context.Context, addr string, work peer.Work) (peer.Caller, error) {
			url, opts, err := to(ctx, addr)
			if err != nil {
				return nil, err
			}
			dial := func(ctx context.Context) (*aiomas.Client, error) {
				return aiomas.Dial(ctx, url, append(opts, options)...)
			}
			if work.Name == "dial" {
				return dialler{dial}, nil
			}
			conn, err := dial(ctx)
			if err != nil {
				return nil, err
			}
			c := newCaller(conn, work)
			if work.Name == "go" {
				return &windower{c}, nil
			}
			return c, nil
		},
	}
}

func add(a, b int) int { return a + b }

func slow(a, b int) int {
	peer.WaitSlow()
	return a + b
}

// service returns the service. For the works "functions" and "depth", size is the number of
// functions at one level, or the length of the path to the function.
func service(work peer.Work) (*aiomas.Router, error) {
	if work.Name == "agents" || work.Name == "slow" {
		return likeAgents(work.Size)
	}
	r := aiomas.NewRouter()
	r.Expose("add", add)
	r.Expose("slow", slow)
	r.Expose("echo", func(s string) string { return s })
	exposeLent(r)
	r.Expose("state", func(s state.Typed) state.Typed { return s })
	r.Expose("floats", func(list []float64) []float64 { return list })
	r.Expose("bytes", func(b []byte) []byte { return b })
	switch work.Name {
	case "functions":
		for i := range work.Size {
			r.Expose(functionName(i), add)
		}
	case "depth":
		at := r
		for range work.Size - 1 {
			sub := aiomas.NewRouter()
			if err := at.Add("sub", sub); err != nil {
				return nil, err
			}
			at = sub
		}
		at.Expose("deep", add)
	}
	return r, nil
}

func functionName(i int) string { return fmt.Sprintf("function_%05d", i) }

type caller struct {
	add, slow, echo, lent, state, floats, bytes *aiomas.Proxy

	deep      *aiomas.Proxy
	functions []*aiomas.Proxy

	text  string
	list  []float64
	raw   []byte
	units state.Typed
}

func newCaller(conn *aiomas.Client, work peer.Work) *caller {
	c := &caller{
		add: conn.Remote("add"), slow: conn.Remote("slow"), echo: conn.Remote("echo"), lent: conn.Remote("lent"), state: conn.Remote("state"),
		floats: conn.Remote("floats"), bytes: conn.Remote("bytes"),
	}
	switch work.Name {
	case "state":
		c.units = state.New()
	case "agents-state":
		c.state, c.units = agentMethods(conn, 1, "state")[0], state.New()
	case "agents-mixed":
		c.add, c.slow = agentMethods(conn, 1, "add")[0], agentMethods(conn, 1, "slow")[0]
	case "echo", "lent":
		c.text = peer.Text(work.Size)
	case "floats":
		c.list = state.Floats(work.Size)
	case "bytes":
		c.raw = state.FloatBytes(work.Size)
	case "depth":
		c.deep = conn.Remote(strings.Repeat("sub/", work.Size-1) + "deep")
	case "agents":
		c.functions = agentMethods(conn, work.Size, "add")
	case "slow":
		c.functions = agentMethods(conn, work.Size, "slow")
	case "functions":
		for i := range work.Size {
			c.functions = append(c.functions, conn.Remote(functionName(i)))
		}
	}
	return c
}

func (c *caller) Call(ctx context.Context, work peer.Work, i int) error {
	switch work.Name {
	case "add":
		return callAdd(ctx, c.add, i)
	case "mixed", "agents-mixed":
		if peer.Slow(work, i) {
			return callAdd(ctx, c.slow, i)
		}
		return callAdd(ctx, c.add, i)
	case "depth":
		return callAdd(ctx, c.deep, i)
	case "agents", "slow":
		// The numbers of the driver's goroutines are 1,000 apart.
		return callAdd(ctx, c.functions[(i+i/1000*37)*7919%len(c.functions)], i)
	case "functions":
		// Steps of a prime reach all functions in an order that caches cannot predict.
		return callAdd(ctx, c.functions[i*7919%len(c.functions)], i)
	case "lent":
		return callLent(ctx, c.lent, work, c.text)
	case "echo":
		s, err := aiomas.Call[string](ctx, c.echo, c.text)
		if err == nil && len(s) != len(c.text) {
			return peer.Wrong(nil, work, len(s))
		}
		return err
	case "state", "agents-state":
		s, err := aiomas.Call[state.Typed](ctx, c.state, c.units)
		if err == nil && len(s) != len(c.units) {
			return peer.Wrong(nil, work, len(s))
		}
		return err
	case "floats":
		list, err := aiomas.Call[[]float64](ctx, c.floats, c.list)
		if err == nil && len(list) != len(c.list) {
			return peer.Wrong(nil, work, len(list))
		}
		return err
	case "bytes":
		b, err := aiomas.Call[[]byte](ctx, c.bytes, c.raw)
		if err == nil && len(b) != len(c.raw) {
			return peer.Wrong(nil, work, len(b))
		}
		return err
	}
	return peer.NoWork(work)
}

func callAdd(ctx context.Context, p *aiomas.Proxy, i int) error {
	sum, err := aiomas.Call[int](ctx, p, i, 2)
	if err == nil && sum != i+2 {
		return peer.Wrong(nil, peer.Work{Name: "add"}, sum)
	}
	return err
}

// windower does the work "go": one goroutine starts calls and waits for the oldest one,
// with n in flight.
type windower struct{ *caller }

func (c *windower) Window(ctx context.Context, _ peer.Work, n int, stop *atomic.Bool) (calls int64, err error) {
	type slot struct {
		pending *aiomas.Pending
		sum     int
	}
	slots := make([]slot, n)
	for i := range slots {
		slots[i].pending = c.add.Go(ctx, &slots[i].sum, i, 2)
	}
	for i := 0; ; i++ {
		s := &slots[i%n]
		if s.pending == nil {
			return calls, nil
		}
		if err := s.pending.Wait(ctx); err != nil {
			return calls, err
		}
		if s.sum != i+2 {
			return calls, peer.Wrong(nil, peer.Work{Name: "go"}, s.sum)
		}
		calls++
		if s.pending = nil; !stop.Load() {
			s.pending = c.add.Go(ctx, &s.sum, i+n, 2)
		}
	}
}

//go:build unix

package reliability

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

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

// A server that is stopped for a while (SIGSTOP) answers everything afterwards.
func TestStoppedServer(t *testing.T) {
	times := number(t, "AIOMAS_STOPS", 3)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		peer := startPeer(t, language, listenArgs(c)...)
		me := callbacks()
		client := dial(t, peer.Addr, aiomas.WithCodec(c), aiomas.WithService(me))
		for range times {
			if err := peer.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			resume := time.AfterFunc(100*time.Millisecond, func() {
				if err := peer.Signal(syscall.SIGCONT); err != nil {
					t.Error(err)
				}
			})
			var o outcomes
			run(client, me, harmless, &o)
			resume.Stop()
			if !o.only("ok") {
				t.Errorf("%v\n%v", o, o.notes)
			}
		}
	})
}

// A Python client that is stopped for a while gets its replies afterwards, and
// others theirs meanwhile.
func TestStoppedClient(t *testing.T) {
	for _, c := range codecs {
		t.Run(c.Name(), func(t *testing.T) {
			asked := make(chan struct{}, 1000)
			opts := append(faultyOptions(c), aiomas.WithHandlerInterceptors(func(ctx context.Context, in aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
				if in.Path == "payload" { // the mixture's last call
					asked <- struct{}{}
				}
				return next(ctx)
			}))
			_, addr := startServer(t, conformance(), opts...)
			other := startBystander(t, addr, c)
			client := startFaultyClient(t, c)
			ended := make(chan *outcomes, 1)
			go func() { ended <- client.send(addr, harmless) }()
			<-asked
			if err := client.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			calls := atomic.LoadInt64(&other.calls)
			for atomic.LoadInt64(&other.calls) < calls+200 {
				// the others go on meanwhile
				if err := other.client.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
					t.Fatal(err)
				}
			}
			if err := client.cmd.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			if o := within(t, harmless, "the end of Python's calls", ended); !o.only("ok") {
				t.Errorf("%v\n%v", o, o.notes)
			}
			other.finish(t)
		})
	}
}

// A server that is killed fails the calls that it has not answered, each with a
// ConnectionError, and leaves nothing behind; other servers are not affected.
func TestKilledServer(t *testing.T) {
	times := number(t, "AIOMAS_KILLS", 2)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		_, living := startServer(t, conformance(), faultyOptions(c)...)
		other := startBystander(t, living, c)
		before := goleak.IgnoreCurrent()
		for range times {
			peer := startPeer(t, language, listenArgs(c)...)
			client, err := aiomas.Dial(t.Context(), peer.Addr, aiomas.WithCodec(c))
			if err != nil {
				t.Fatal(err)
			}
			lost := make(chan error, 1)
			client.OnConnectionReset(func(err error) { lost <- err })
			var calls []*aiomas.Pending
			for range 100 {
				calls = append(calls, client.Remote("sleep").Go(t.Context(), nil, 3600))
			}
			if err := client.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, len(calls))
			for _, call := range calls {
				go func() { ended <- call.Wait(context.Background()) }()
			}
			peer.Kill()
			for range calls {
				if err := within(t, harmless, "the end of a call", ended); outcome(err) != "lost" {
					t.Errorf("a lost call ended with %v", err)
				}
			}
			if err := within(t, harmless, "OnConnectionReset", lost); !errors.Is(err, aiomas.ErrConnection) {
				t.Error(err)
			}
			_ = client.Close()
		}
		other.finish(t)
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
	})
}

// A client that is killed leaves nothing behind in a Go server: its handlers'
// contexts end, and its connections.
func TestKilledClient(t *testing.T) {
	times := number(t, "AIOMAS_KILLS", 1)
	for _, c := range codecs {
		t.Run(c.Name(), func(t *testing.T) {
			var connections sync.WaitGroup
			var bystanders atomic.Bool
			bystanders.Store(true)
			started := make(chan struct{}, 1000)
			opts := append(faultyOptions(c), aiomas.WithConnected(func(cl *aiomas.Client) {
				if !bystanders.CompareAndSwap(true, false) { // it comes first and goes on
					connections.Add(1)
					go func() { <-cl.Done(); connections.Done() }()
				}
			}), aiomas.WithHandlerInterceptors(func(ctx context.Context, in aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
				if in.Path == "sleep" { // the mixture waits for this
					started <- struct{}{}
					<-ctx.Done()
				}
				return next(ctx)
			}))
			_, addr := startServer(t, conformance(), opts...)
			other := startBystander(t, addr, c)
			before := goleak.IgnoreCurrent()
			for range times {
				client := startFaultyClient(t, c)
				for range 20 {
					go client.send(addr, harmless)
				}
				for range 20 {
					within(t, harmless, "a call of Python's", started)
				}
				client.kill(t)
				ended := make(chan struct{})
				go func() { connections.Wait(); close(ended) }()
				within(t, harmless, "the end of the connections", ended)
			}
			other.finish(t)
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}

// Calls given up at any moment, thousands of them, hurt neither their neighbours
// on the same connection nor the peer.
func TestStormOfCancellations(t *testing.T) {
	n := number(t, "AIOMAS_CANCELLATIONS", 2000)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		peer := startPeer(t, language, listenArgs(c)...)
		me := callbacks()
		metrics := new(aiomas.Metrics)
		client := dial(t, peer.Addr, aiomas.WithCodec(c), aiomas.WithService(me), aiomas.WithMetrics(metrics))
		before := goleak.IgnoreCurrent()
		var gaveUp, answered atomic.Int64
		limit := make(chan struct{}, 200)
		var calls sync.WaitGroup
		for i := range n {
			limit <- struct{}{}
			calls.Go(func() {
				defer func() { <-limit }()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				doomed := i%2 == 0
				if doomed {
					time.AfterFunc(time.Duration(i%5000)*time.Microsecond, cancel)
				}
				err := one(ctx, client, me, i)
				switch {
				case err == nil:
					answered.Add(1)
				case doomed && errors.Is(err, context.Canceled):
					gaveUp.Add(1)
				default:
					t.Errorf("call %d (to be given up: %v): %v", i, doomed, err)
				}
			})
		}
		calls.Wait()
		if err := client.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
			t.Errorf("the connection afterwards: %v", err)
		}
		t.Logf("%d given up, %d answered, %d late replies dropped", gaveUp.Load(), answered.Load(), metrics.Snapshot().RepliesDropped)
		if gaveUp.Load() == 0 {
			t.Error("no call was given up")
		}
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
	})
}

// one makes one of several kinds of calls and checks its result.
func one(ctx context.Context, client *aiomas.Client, me aiomas.Service, i int) error {
	switch i / 2 % 3 {
	case 0:
		got, err := aiomas.Call[int](ctx, client.Remote("add"), i, 1)
		if err == nil && got != i+1 {
			err = fmt.Errorf("%d + 1 is %d", i, got)
		}
		return err
	case 1:
		got, err := aiomas.Call[int](ctx, client.Remote("sleep"), 0.003, i)
		if err == nil && got != i {
			err = fmt.Errorf("slept %d, got %d", i, got)
		}
		return err
	}
	got, err := aiomas.Call[[]int](ctx, client.Remote("call_back"), me, 3)
	if err == nil && (len(got) != 3 || got[2] != 4) {
		err = fmt.Errorf("called back: %v", got)
	}
	return err
}

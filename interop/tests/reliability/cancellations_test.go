package reliability

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

// Calls given up at any moment, thousands of them, hurt neither their neighbours
// on the same connection nor the peer.
func TestStormOfCancellations(t *testing.T) {
	n := pick(2000, 20_000)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		t.Helper()
		peer := startPeer(t, language, listenArgs(c)...)
		me := callbacks()
		metrics := new(aiomas.Metrics)
		// At its end the peer may still be calling back what was given up.
		client := dial(t, peer.Addr, aiomas.WithCodec(c), aiomas.WithService(me), aiomas.WithMetrics(metrics), recorded(t, language, c, recorder.MayAbort()))
		if err := client.Remote("add").Call(t.Context(), nil, 1, 2); err != nil { // now all that serves the connection runs
			t.Fatal(err)
		}
		before := goroutines(t)
		var mu sync.Mutex
		var given, kept outcomes
		limit := make(chan struct{}, 200)
		var calls sync.WaitGroup
		for i := range n {
			limit <- struct{}{}
			calls.Go(func() {
				defer func() { <-limit }()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				o := &kept
				if i%2 == 0 {
					o = &given
					time.AfterFunc(time.Duration(i%5000)*time.Microsecond, cancel)
				}
				err := one(ctx, client, me, i)
				mu.Lock()
				defer mu.Unlock()
				o.add(outcome(err), err)
			})
		}
		calls.Wait()
		if err := client.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
			t.Errorf("the connection afterwards: %v", err)
		}
		t.Logf("%d given up, %d late replies dropped", given.counts["given up"], metrics.Snapshot().RepliesDropped)
		ledger.inject("call given up", given.counts["given up"])
		ledger.judge(t, "calls to be given up", &given, "given up")
		ledger.judge(t, "their neighbours", &kept)
		if given.counts["given up"] == 0 {
			t.Error("no call was given up")
		}
		checkLeaks(t, before)
	})
}

// one makes one of several kinds of calls and checks its result.
func one(ctx context.Context, client *aiomas.Client, me aiomas.Service, i int) error {
	switch i / 2 % 3 {
	case 0:
		got, err := aiomas.Call[int](ctx, client.Remote("add"), i, 1)
		if err == nil && got != i+1 {
			err = wrongResult(fmt.Sprintf("%d + 1 is %d", i, got))
		}
		return err
	case 1:
		got, err := aiomas.Call[int](ctx, client.Remote("sleep"), 0.003, i)
		if err == nil && got != i {
			err = wrongResult(fmt.Sprintf("slept %d, got %d", i, got))
		}
		return err
	}
	got, err := aiomas.Call[[]int](ctx, client.Remote("call_back"), me, 3)
	if err == nil && (len(got) != 3 || got[2] != 4) {
		err = wrongResult(fmt.Sprintf("called back: %v", got))
	}
	return err
}

// Clients that give up thousands of calls to a Go server, at any moment. Python
// itself drops a connection on which the reply to such a call comes; nobody else is
// harmed, and nothing is left of them.
func TestStormOfClientsThatGiveUp(t *testing.T) {
	n := pick(60, 600)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		t.Helper()
		_, addr := startServer(t, conformance(), faultyOptions(c))
		client := startFaultyClient(t, language, c)
		at := recordedAt(t, language, c, addr)
		other := startBystander(t, addr, c, false)
		var connections atomic.Int64
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				for i := connections.Add(1); int(i) <= n; i = connections.Add(1) {
					o := client.send(at, time.Duration(1+i%20)*time.Millisecond)
					ledger.inject("call given up", o.counts["timeout"])
					ledger.judge(t, "a client that gives up", o, "timeout", "lost")
				}
			})
		}
		workers.Wait()
		other.finish(t)
	})
}

package aiomas_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// counted is a server and a client in a bubble, with counts of either.
func counted(t *testing.T, f func(t *testing.T, client *aiomas.Client, ours, theirs *aiomas.Activity, goOn chan<- bool)) {
	synctest.Test(t, func(t *testing.T) {
		network := aiomas.WithTransport("local", local.NewNetwork().Transport())
		goOn := make(chan bool)
		r := aiomas.NewRouter()
		r.Expose("wait", func() { <-goOn })
		r.Expose("add", func(a, b int) int { return a + b })
		var ours, both, theirs aiomas.Activity
		server := aiomas.NewServer(r, aiomas.WithActivity(&theirs), aiomas.WithActivity(&both))
		ln, err := aiomas.Listen(t.Context(), "local://s", network)
		if err != nil {
			t.Fatal(err)
		}
		go server.Serve(t.Context(), ln)
		client, err := aiomas.Dial(t.Context(), "local://s", network, aiomas.WithActivity(&ours), aiomas.WithActivity(&both))
		if err != nil {
			t.Fatal(err)
		}
		f(t, client, &ours, &theirs, goOn)
		_ = client.Close()
		_ = server.Close()
		synctest.Wait()
		b, e := both.Counts()
		if b1, b2 := begun(&ours), begun(&theirs); b != b1+b2 || b != e || e != ended(&ours)+ended(&theirs) {
			t.Errorf("both have %d, %d in the end, each %d and %d", b, e, b1, b2)
		}
	})
}

func begun(a *aiomas.Activity) int64 { b, _ := a.Counts(); return b }
func ended(a *aiomas.Activity) int64 { _, e := a.Counts(); return e }

func wantCounts(t *testing.T, what string, a *aiomas.Activity, begun, ended int64) {
	t.Helper()
	synctest.Wait()
	if b, e := a.Counts(); b != begun || e != ended {
		t.Errorf("%s: %d have begun, %d ended, want %d, %d", what, b, e, begun, ended)
	}
}

func TestActivity(t *testing.T) {
	counted(t, func(t *testing.T, c *aiomas.Client, ours, theirs *aiomas.Activity, goOn chan<- bool) {
		if err := c.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, "a call", ours, 1, 1)
		wantCounts(t, "a call, there", theirs, 1, 1)
		if err := c.Remote("nothing").Call(t.Context(), nil); err == nil {
			t.Error("nothing could be called")
		}
		wantCounts(t, "an exception", ours, 2, 2)
		wantCounts(t, "an exception, there", theirs, 2, 2)
		if err := c.Remote("add").Call(t.Context(), nil, make(chan int)); err == nil {
			t.Error("a channel was sent")
		}
		wantCounts(t, "a call that cannot be sent", ours, 3, 3)
		wantCounts(t, "a call that cannot be sent, there", theirs, 2, 2)
		p := c.Remote("wait").Go(t.Context(), nil)
		wantCounts(t, "a call under way", ours, 4, 3)
		wantCounts(t, "a call under way, there", theirs, 3, 2)
		goOn <- true
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		wantCounts(t, "its end", ours, 4, 4)
		wantCounts(t, "its end, there", theirs, 3, 3)
	})
}

// A call that was given up is under way until its reply comes, however it was given up.
func TestActivityOfCallsGivenUp(t *testing.T) {
	counted(t, func(t *testing.T, c *aiomas.Client, ours, theirs *aiomas.Activity, goOn chan<- bool) {
		ctx, cancel := context.WithCancel(t.Context())
		var calls []*aiomas.Pending
		for range 3 { // the second and third are watched together
			calls = append(calls, c.Remote("wait").Go(ctx, nil))
		}
		calls = append(calls, c.Remote("wait").Go(t.Context(), nil))
		called := make(chan error)
		go func() { called <- c.Remote("wait").Call(ctx, nil) }()
		wantCounts(t, "five calls", ours, 5, 0)
		cancel()
		calls[3].Cancel()
		if err := <-called; err == nil {
			t.Error("a call has not been given up")
		}
		for _, p := range calls {
			if p.Wait(t.Context()) == nil {
				t.Error("a call has not been given up")
			}
		}
		wantCounts(t, "given up", ours, 5, 0)
		wantCounts(t, "given up, there", theirs, 5, 0)
		for i := range int64(3) {
			goOn <- true
			wantCounts(t, "late replies", ours, 5, i+1)
		}
		_ = c.Close()
		wantCounts(t, "closed", ours, 5, 5)
		wantCounts(t, "closed, there", theirs, 5, 3) // the functions run on
		goOn <- true
		goOn <- true
		wantCounts(t, "all over", theirs, 5, 5)
	})
}

package aiomas_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Callbacks that end their goroutine (t.FailNow does) cost their connection at
// most: the server counts it no more, and can be shut down.
func TestCallbacksThatCallGoexit(t *testing.T) {
	refuse := true
	srv, addr := startServer(t, newService(t),
		aiomas.WithLimits(aiomas.Limits{Connections: 1}),
		aiomas.WithConnected(func(c *aiomas.Client) {
			if refuse {
				refuse = false
				runtime.Goexit()
			}
			c.OnConnectionReset(func(error) { runtime.Goexit() })
		}))
	c := dial(t, addr)
	if err := c.Remote("nothing").Call(t.Context(), nil); !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("after Goexit in WithConnected: %v", err)
	}
	for range 3 {
		for open := 1; open > 0; open = len(srv.Clients()) {
			runtime.Gosched()
		}
		for { // until the server has noticed that the one before is gone
			c := dial(t, addr)
			err := c.Remote("nothing").Call(t.Context(), nil)
			_ = c.Channel().NetConn().Close()
			if err == nil {
				break
			}
			if !errors.Is(err, aiomas.ErrConnection) {
				t.Fatal(err)
			}
		}
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

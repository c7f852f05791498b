package local_test

import (
	"context"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
)

// A connection that waits has no read buffer, of 72 KiB at each end.
func TestIdleConnectionsHaveNoBuffer(t *testing.T) {
	const conns, most = 100, 16 << 10
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	queues := aiomas.WithTransport("queue", local.NewNetwork().Transport())
	ln, err := aiomas.Listen(t.Context(), "queue://q", queues)
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(service)
	served := make(chan error)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	before := testcost.LiveHeap()
	for range conns {
		client, err := aiomas.Dial(t.Context(), "queue://q", queues)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if sum, err := aiomas.Call[int](t.Context(), client.Remote("add"), 1, 2); sum != 3 || err != nil {
			t.Fatal(sum, err)
		}
	}
	if got := (int64(testcost.LiveHeap()) - int64(before)) / conns; got > most {
		t.Errorf("the two ends of an idle connection hold %d bytes, more than %d", got, most)
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-served
}

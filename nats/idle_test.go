package nats_test

import (
	"context"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
	"github.com/aiomas-go/aiomas-go/nats"
)

// The two ends of a connection that waits hold less than 16 KiB each, of which a stream
// is the smaller part.
func TestIdleConnections(t *testing.T) {
	const conns, most = 200, 16 << 10
	a, b := two(t, nats.Options{})
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	ln := listen(t, a, "idle")
	srv := aiomas.NewServer(service)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	dial := func() {
		c, err := aiomas.Dial(t.Context(), "nats://idle", aiomas.WithTransport("nats", b))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		add(t, c)
	}
	dial() // what is made once
	before := testcost.LiveHeap()
	for range conns {
		dial()
	}
	got := (int64(testcost.LiveHeap()) - int64(before)) / conns / 2
	t.Logf("%d bytes a connection and end", got)
	if got > most {
		t.Errorf("an idle connection holds %d bytes at each end, more than %d", got, most)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	<-served
}

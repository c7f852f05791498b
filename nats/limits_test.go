package nats_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/nats"
)

// Limits of aiomas apply as over TCP: on the size of a message, and on the time in which a
// peer that does not read must accept more.
func TestLimits(t *testing.T) {
	a, b := two(t, nats.Options{Window: 8 << 10})
	dial := func(limits aiomas.Limits) *aiomas.Client {
		t.Helper()
		c, err := aiomas.Dial(t.Context(), "nats://limits", aiomas.WithTransport("nats", b), aiomas.WithLimits(limits))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	long := strings.Repeat("x", 1<<20)

	ln := listen(t, a, "limits")
	service := aiomas.NewRouter()
	service.Expose("echo", func(s string) string { return s })
	srv := aiomas.NewServer(service, aiomas.WithLimits(aiomas.Limits{FrameIn: 64 << 10}))
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	c := dial(aiomas.Limits{})
	if got, err := aiomas.Call[string](t.Context(), c.Remote("echo"), long[:1000]); err != nil || len(got) != 1000 {
		t.Errorf("a short text: %d bytes, %v", len(got), err)
	}
	if _, err := aiomas.Call[string](t.Context(), c.Remote("echo"), long); !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("a text longer than the server's limit: %v", err)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	<-served

	ln = listen(t, a, "limits") // accepts, and reads nothing
	c = dial(aiomas.Limits{WriteTimeout: 200 * time.Millisecond})
	if _, err := ln.Accept(); err != nil {
		t.Fatal(err)
	}
	if _, err := aiomas.Call[string](t.Context(), c.Remote("echo"), long); !errors.Is(err, aiomas.ErrConnection) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a call to who does not read: %v", err)
	}
}

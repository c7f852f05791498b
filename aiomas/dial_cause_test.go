package aiomas_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// A context that was cancelled with a cause is a cancelled context all the same,
// wherever somebody waits with it.
func TestCauseDoesNotHideCanceled(t *testing.T) {
	cause := errors.New("my cause")
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	full := local.NewNetwork()
	if _, err := full.Listen("full"); err != nil {
		t.Fatal(err)
	}
	for err := error(nil); err == nil; {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		_, err = full.Dial(ctx, "full")
		if err != nil && (!errors.Is(err, context.Canceled) || !errors.Is(err, cause)) {
			t.Errorf("local.Dial: %v", err)
		}
	}
	ch, _ := newRawChannel(t)
	for name, f := range map[string]func(context.Context) error{
		"Dial that tries again": func(ctx context.Context) error {
			_, err := aiomas.Dial(ctx, "unix://"+filepath.Join(t.TempDir(), "none"), aiomas.WithRetry(-1))
			return err
		},
		"TLS handshake": func(ctx context.Context) error {
			_, err := aiomas.Dial(ctx, "tcp+tls://"+silent.Addr().String(), aiomas.WithTLS(&tls.Config{InsecureSkipVerify: true})) //nolint:gosec // there is none
			return err
		},
		"Send": func(ctx context.Context) error { return ch.Send(ctx, 1, nil) },
		"Recv": func(ctx context.Context) error { _, err := ch.Recv(ctx); return err },
		"Wait": func(ctx context.Context) error { return ch.Go(t.Context(), 1, nil).Wait(ctx) },
		"Go":   func(ctx context.Context) error { return ch.Go(ctx, 1, nil).Wait(t.Context()) },
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- f(ctx) }()
		cancel(cause)
		if err := <-ended; !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

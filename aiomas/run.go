package aiomas

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/signals"
)

// runEnd bounds how long Run waits after the contexts of handlers have ended.
const runEnd = 10 * time.Second

// Run runs the server as a program: it listens on addr, as ListenAndServe does, calls ready
// with the address, in which port 0 has been replaced, and serves until ctx ends, a signal
// requests termination (SIGINT, SIGTERM, SIGHUP, or Ctrl-C), or Shutdown or Close is called.
// It then shuts the server down, within [Limits].ShutdownGrace and ten seconds, and returns
// nil. Connections wait while ready runs; ready may be nil. Handlers get a context derived
// from ctx that ends with their connection, not with ctx.
//
//	err := aiomas.NewServer(service).Run(ctx, "tcp://127.0.0.1:0", func(addr string) { fmt.Println("ready", addr) })
func (s *Server) Run(ctx context.Context, addr string, ready func(addr string)) error {
	if s.err != nil {
		return s.err
	}
	ctx, stop := signals.Until(ctx)
	defer stop() // only now: a second signal must not end the program before the shutdown
	ln, err := s.cfg.transport.Listen(ctx, addr)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	if ready != nil {
		ended := true
		defer func() {
			if ended { // ready panicked
				_ = ln.Close()
			}
		}()
		ready(listeningAt(addr, FormatAddress(ln.Addr())))
		ended = false
	}
	served := make(chan error, 1)
	go func() { served <- s.serve(context.WithoutCancel(ctx), ln) }()
	select {
	case err = <-served:
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.limits.ShutdownGrace+runEnd)
		defer cancel()
		_ = s.Shutdown(grace) // after a timeout, the contexts of handlers have ended
		err = <-served
	}
	if errors.Is(err, ErrServerClosed) {
		return nil
	}
	return err
}

// listeningAt returns the address of a listener with the scheme of the requested one.
func listeningAt(asked, actual string) string {
	scheme, _, _ := strings.Cut(asked, "://")
	if name, secure := strings.CutSuffix(scheme, "+tls"); secure {
		if rest, ok := strings.CutPrefix(actual, name+"://"); ok {
			return scheme + "://" + rest
		}
	}
	return actual
}

package aiomas

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/signals"
)

// runEnd bounds how long Run takes to end, after the contexts of handlers have.
const runEnd = 10 * time.Second

// Run is a server's whole life in a program: it listens on addr, as ListenAndServe
// does, calls ready with the address, in which a port 0 has become the one that was
// free, and serves until ctx ends, a signal asks the program to end (SIGINT,
// SIGTERM or SIGHUP, or a Ctrl-C), or somebody calls Shutdown or Close. It then
// shuts the server down, within [Limits].ShutdownGrace and ten seconds, and returns
// nil: all of these are an orderly end. Connections wait while ready runs; it may be nil. Handlers get a
// context derived from ctx, which does not end with it but with their connection.
//
//	err := aiomas.NewServer(service).Run(ctx, "tcp://127.0.0.1:0", func(addr string) { fmt.Println("ready", addr) })
func (s *Server) Run(ctx context.Context, addr string, ready func(addr string)) error {
	if s.err != nil {
		return s.err
	}
	ctx, stop := signals.Until(ctx)
	defer stop() // not before: who asks once more has still to wait for the end
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
			if ended { // ready has panicked
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
		_ = s.Shutdown(grace) // past its time, the contexts of its handlers have ended
		err = <-served
	}
	if errors.Is(err, ErrServerClosed) {
		return nil
	}
	return err
}

// listeningAt is the address of a listener in the scheme that was asked for.
func listeningAt(asked, actual string) string {
	scheme, _, _ := strings.Cut(asked, "://")
	if name, secure := strings.CutSuffix(scheme, "+tls"); secure {
		if rest, ok := strings.CutPrefix(actual, name+"://"); ok {
			return scheme + "://" + rest
		}
	}
	return actual
}

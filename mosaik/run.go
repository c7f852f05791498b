package mosaik

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"
)

// Option sets up [Run], [Serve], [Main] or [Command].
type Option func(*config)

type config struct {
	logger  *slog.Logger
	grace   time.Duration
	timeout time.Duration
	trace   io.Writer
	about   string
	flags   flagSetup
}

// defaultGrace is less than people wait before they kill.
const defaultGrace = 5 * time.Second

func newConfig(opts []Option) *config {
	cfg := &config{grace: defaultGrace}
	for _, o := range opts {
		o(cfg)
	}
	if cfg.logger == nil {
		cfg.logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// WithLogger sets where the package logs what mosaik is not told. The default of
// [Main] is the standard error, at the level of --log-level; else nothing is
// logged.
func WithLogger(l *slog.Logger) Option { return func(cfg *config) { cfg.logger = l } }

// WithGrace sets how long Finalize waits for a call that does not return although
// its context has ended; the default is 5 s. Finalize is then called while that
// call still runs.
func WithGrace(d time.Duration) Option { return func(cfg *config) { cfg.grace = d } }

// WithTimeout sets how long [Serve] waits for mosaik to connect; the default 0 is
// for ever. [Main] has --timeout for it.
func WithTimeout(d time.Duration) Option { return func(cfg *config) { cfg.timeout = d } }

// WithTrace writes a line for each call in either direction to w, as a [Record] in
// JSON. [Main] has --trace for it.
func WithTrace(w io.Writer) Option { return func(cfg *config) { cfg.trace = w } }

// ErrNotConnected says that mosaik did not connect to [Serve] in time.
var ErrNotConnected = errors.New("mosaik: connection from mosaik not received in time")

// Run connects to mosaik at addr ("host:port"), as a simulator started by "cmd"
// does, and serves sim until mosaik stops it. The error is nil after that, an
// *[aiomas.ConnectionError] when the connection ended without a stop, that of ctx
// when it ended, a *[FinalizeError], or why there is no connection.
func Run(ctx context.Context, addr string, sim Simulator, opts ...Option) error {
	cfg := newConfig(opts)
	s, err := newSession(sim, cfg)
	if err != nil {
		return err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("mosaik: cannot connect to mosaik: %w", err)
	}
	return s.serve(ctx, conn)
}

// Serve waits for mosaik to connect, as it does to simulators with "connect", and
// serves sim on that connection. It accepts one connection and closes ln. Its
// errors are those of [Run], and [ErrNotConnected].
func Serve(ctx context.Context, ln net.Listener, sim Simulator, opts ...Option) error {
	cfg := newConfig(opts)
	s, err := newSession(sim, cfg)
	if err != nil {
		_ = ln.Close()
		return err
	}
	conn, err := accept(ctx, ln, cfg.timeout)
	if err != nil {
		return err
	}
	return s.serve(ctx, conn)
}

// accept returns the first connection and closes ln.
func accept(ctx context.Context, ln net.Listener, timeout time.Duration) (net.Conn, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, ErrNotConnected)
		defer cancel()
	}
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	defer ln.Close() //nolint:errcheck // closed twice when ctx has ended
	conn, err := ln.Accept()
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("mosaik: %w", err)
}

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

// Option is an option of [Run], [Serve], [Main] or [Command].
type Option func(*config)

type config struct {
	logger  *slog.Logger
	grace   time.Duration
	timeout time.Duration
	trace   io.Writer
	about   string
	flags   flagSetup
}

// defaultGrace is shorter than most users wait before they kill a process.
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

// WithLogger sets the logger for events that are not reported to mosaik. The default of
// [Main] logs to the standard error, at the level of --log-level; other functions log
// nothing by default.
func WithLogger(l *slog.Logger) Option { return func(cfg *config) { cfg.logger = l } }

// WithGrace sets how long the package waits for a call that does not return after its
// context has ended; the default is 5 s. After that time, Finalize is called while the call
// is still running.
func WithGrace(d time.Duration) Option { return func(cfg *config) { cfg.grace = d } }

// WithTimeout sets how long [Serve] waits for mosaik to connect; the default, 0, means no
// limit. For [Main], use --timeout.
func WithTimeout(d time.Duration) Option { return func(cfg *config) { cfg.timeout = d } }

// WithTrace writes a line for each call in either direction to w, as a [Record] in JSON.
// For [Main], use --trace.
func WithTrace(w io.Writer) Option { return func(cfg *config) { cfg.trace = w } }

// ErrNotConnected means that mosaik did not connect to [Serve] in time.
var ErrNotConnected = errors.New("mosaik: connection from mosaik not received in time")

// Run connects to mosaik at addr ("host:port"), as a simulator started by "cmd" does, and
// serves sim until mosaik stops it. It then returns nil. Other results are the error of
// connecting, an *[aiomas.ConnectionError] if the connection ended without a stop, the
// error of ctx if ctx ended, and a *[FinalizeError].
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

// Serve waits for mosaik to connect, as it does to simulators with "connect", and serves
// sim on that connection. It accepts one connection and closes ln. It returns the errors of
// [Run] and [ErrNotConnected].
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

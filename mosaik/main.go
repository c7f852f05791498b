package mosaik

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

type flagSetup func(*flag.FlagSet)

// WithFlags adds options to the command line of [Main], as extra_options and configure do
// in Python. The flags are parsed before Init.
func WithFlags(add func(*flag.FlagSet)) Option { return func(cfg *config) { cfg.flags = add } }

// WithAbout sets the text at the beginning of the help of [Main].
func WithAbout(text string) Option { return func(cfg *config) { cfg.about = text } }

// The levels of mosaik's command line without a name in package slog.
const (
	LevelTrace    = slog.Level(-8)
	LevelCritical = slog.Level(12)
)

var levels = []struct {
	name  string
	level slog.Level
}{
	{"trace", LevelTrace}, {"debug", slog.LevelDebug}, {"info", slog.LevelInfo},
	{"warning", slog.LevelWarn}, {"error", slog.LevelError}, {"critical", LevelCritical},
}

// Main runs a simulator as a program, with the command line of all mosaik simulators:
//
//	PROG [options] HOST:PORT
//
//	-l, --log-level LEVEL   trace, debug, info, warning, error or critical [info]
//	-r, --remote            wait for mosaik's connection at HOST:PORT
//	-t, --timeout SECONDS   how long --remote waits [60]
//	    --trace FILE        append a line for each call to FILE
//
// It handles SIGTERM and SIGINT, always calls Finalize, and ends the process. The exit
// status is 0 if mosaik stopped the simulator, if the connection was refused or lost, or
// after a signal. It is 1 for invalid arguments, if mosaik did not connect in time, or if
// Finalize failed. slog's default logger writes to the standard error with the level of the
// command line. Main mirrors mosaik_api_v3.start_simulation.
func Main(sim Simulator, opts ...Option) {
	os.Exit(Command(context.Background(), os.Args[1:], sim, opts...))
}

// Command is [Main] with the given arguments. It returns the exit status.
func Command(ctx context.Context, args []string, sim Simulator, opts ...Option) int {
	cfg := newConfig(opts)
	c, err := parseCommand(args, cfg, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "Invalid command-line argument: %v\n", err)
		return 1
	}
	handler := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.level, ReplaceAttr: levelName})
	slog.SetDefault(slog.New(handler))
	if c.trace != "" {
		f, err := os.OpenFile(c.trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			fmt.Fprintf(os.Stderr, "Invalid command-line argument: %v\n", err)
			return 1
		}
		defer f.Close() //nolint:errcheck // each line was written
		opts = append(opts, WithTrace(f))
	}
	ctx, stop := notify(ctx)
	defer stop()
	opts = append([]Option{WithLogger(slog.Default())}, opts...)
	if c.remote {
		err = c.serve(ctx, sim, opts)
	} else {
		err = Run(ctx, c.addr, sim, opts...)
	}
	return status(err)
}

// errSignal is the cause of the end of Command's context after a signal.
var errSignal = errors.New("mosaik: ended by a signal")

// notify returns a context that ends with the first SIGTERM or SIGINT. Later signals are
// ignored, since mosaik sends one while Finalize runs; only the third SIGINT, from an
// impatient user, ends the process at once.
func notify(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	done := make(chan struct{})
	go func() {
		for interrupts := 0; ; {
			select {
			case s := <-signals:
				cancel(errSignal)
				if s == os.Interrupt {
					interrupts++
				}
				if interrupts == 3 {
					os.Exit(1)
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

func (c command) serve(ctx context.Context, sim Simulator, opts []Option) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.addr)
	if err != nil {
		return &argumentError{err}
	}
	return Serve(ctx, ln, sim, append([]Option{WithTimeout(c.timeout)}, opts...)...)
}

// argumentError is an error in a command line that was parsed.
type argumentError struct{ err error }

func (e *argumentError) Error() string { return e.err.Error() }
func (e *argumentError) Unwrap() error { return e.err }

// status logs err and returns the exit status.
func status(err error) int {
	var final *FinalizeError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &final):
		slog.Error(err.Error())
		return 1
	case errors.Is(err, errSignal), errors.Is(err, context.Canceled):
		slog.Debug(err.Error())
		return 0
	case errors.Is(err, aiomas.ErrConnection):
		slog.Info("mosaik closed its connection without a stop", "err", err)
		return 0
	case aiomas.IsUnavailable(err):
		slog.Error("could not connect to mosaik", "err", err)
		return 0
	}
	slog.Error(err.Error())
	return 1
}

// levelName replaces the names of levels with mosaik's.
func levelName(_ []string, a slog.Attr) slog.Attr {
	if l, ok := a.Value.Any().(slog.Level); ok && a.Key == slog.LevelKey {
		for _, known := range levels {
			if known.level == l {
				return slog.String(a.Key, strings.ToUpper(known.name))
			}
		}
	}
	return a
}

type command struct {
	addr    string
	remote  bool
	timeout time.Duration
	level   slog.Level
	trace   string
}

// parseCommand parses the command line. The options may be before and after HOST:PORT.
func parseCommand(args []string, cfg *config, stderr io.Writer) (command, error) {
	c := command{level: slog.LevelInfo}
	fs := flag.NewFlagSet(filepath.Base(os.Args[0]), flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	level, timeout := "info", "60"
	for _, name := range []string{"l", "log-level"} {
		fs.StringVar(&level, name, level, "log `LEVEL`: trace, debug, info, warning, error or critical")
	}
	for _, name := range []string{"r", "remote"} {
		fs.BoolVar(&c.remote, name, false, "wait for mosaik's connection at HOST:PORT")
	}
	for _, name := range []string{"t", "timeout"} {
		fs.StringVar(&timeout, name, timeout, "`SECONDS` that --remote waits")
	}
	fs.StringVar(&c.trace, "trace", "", "append a line for each call to `FILE`")
	if cfg.flags != nil {
		cfg.flags(fs)
	}
	rest, err := parseAround(fs, Unquote(args))
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stderr, "%s\n\nUsage:\n    %s [options] HOST:PORT\n\nOptions:\n", firstOf(cfg.about, "Start the simulation service."), fs.Name())
		fs.SetOutput(stderr)
		fs.PrintDefaults()
		return c, err
	}
	if err != nil {
		return c, err
	}
	if len(rest) != 1 {
		return c, fmt.Errorf("want HOST:PORT, not %q", rest)
	}
	return c, c.settle(rest[0], level, timeout)
}

func (c *command) settle(addr, level, timeout string) error {
	c.addr = strings.TrimSpace(addr)
	_, port, err := net.SplitHostPort(c.addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("address '%s' does not match expected format HOST:PORT", addr)
	}
	seconds, err := strconv.ParseFloat(timeout, 64)
	if err != nil || !(seconds > 0 && seconds < 1e9) {
		return fmt.Errorf("timeout %q is not a number of seconds", timeout)
	}
	c.timeout = time.Duration(seconds * float64(time.Second))
	for _, l := range levels {
		if strings.EqualFold(l.name, level) {
			c.level = l.level
			return nil
		}
	}
	return fmt.Errorf("there is no log level %q", level)
}

// parseAround parses options before and after the other arguments, and returns those
// arguments.
func parseAround(fs *flag.FlagSet, args []string) ([]string, error) {
	args = spaced(fs, args)
	var rest []string
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		args = fs.Args()
		if len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	return rest, nil
}

// spaced separates short options from values that are attached to them, as in -ldebug.
func spaced(fs *flag.FlagSet, args []string) []string {
	var out []string
	for _, a := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(a, "-"), "=")
		if len(a) > 2 && (strings.HasPrefix(a, "-l") || strings.HasPrefix(a, "-t")) && fs.Lookup(name) == nil {
			out = append(out, a[:2])
			a = a[2:]
		}
		out = append(out, a)
	}
	return out
}

// Unquote removes a matching pair of quotes from each argument: mosaik 3.6 on Linux leaves
// them when it splits the string of "cmd". [Main] calls it.
func Unquote(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if n := len(a); n >= 2 && (a[0] == '\'' || a[0] == '"') && a[n-1] == a[0] {
			a = a[1 : n-1]
		}
		out[i] = a
	}
	return out
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

func newTap() *cobra.Command {
	var f connFlags
	var v view
	var w webFlags
	var listen, to, ports, file string
	var shift int
	cmd := &cobra.Command{
		Use:   "tap",
		Short: "Stand between programs and print what they say to each other",
		Long: `tap listens on an address, passes all connections on to another one, byte by byte, and prints each message of both
directions: time, connection, direction, id, path, arguments or result, latency of the reply, size. What no known codec
can read passes, too. "ready ADDRESS" goes to stderr; at the end, and on SIGUSR1, a summary of all paths is printed.

--ports 5555-5560 taps a range: ports of the host of --listen, each to the same port of the host of --to, or
--shift further. The files of --tls-… are used on the sides whose address is tcp+tls://, those of --to-tls-… on that of --to.

--web :8600 also serves a page to look at in a browser; "page ADDRESS" goes to stderr.`,
		Example: `  aiomas tap --listen 127.0.0.1:5556 --to 127.0.0.1:5555
  aiomas tap --listen 127.0.0.1 --to 127.0.0.2 --ports 5555-5560 --slow 100ms
  aiomas tap --listen :5556 --to 127.0.0.1:5555 --record today.rec --quiet
  aiomas tap --listen :5556 --to 127.0.0.1:5555 --web :8600 --quiet`,
		Args: wants(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := v.check(); err != nil {
				return err
			}
			routes, err := tapRoutes(cmd, &f, listen, to, ports, shift)
			if err != nil {
				return err
			}
			return f.tap(cmd, &v, &w, routes, file)
		},
	}
	f.add(cmd, 0)
	f.addToSide(cmd)
	v.add(cmd)
	w.add(cmd, "web", "")
	flags := cmd.Flags()
	flags.StringVarP(&listen, "listen", "l", "tcp://127.0.0.1:0", "`address` to listen on; with --ports a host")
	flags.StringVar(&to, "to", "", "`address` to pass connections on to; with --ports a host")
	flags.StringVar(&ports, "ports", "", "`range` of ports to tap, 5555-5560")
	flags.IntVar(&shift, "shift", 0, "with --ports: `number` that is added to each port to get the one to pass on to")
	flags.StringVar(&file, "record", "", "`file` to record everything to, whatever is printed")
	return cmd
}

// route is an address to listen on, and the address to which its connections are passed on.
type route struct{ listen, to string }

func tapRoutes(cmd *cobra.Command, f *connFlags, listen, to, ports string, shift int) ([]route, error) {
	if to == "" {
		return nil, usagef("--to ADDRESS is missing")
	}
	if ports == "" {
		if err := f.resolve(cmd, to); err != nil {
			return nil, err
		}
		from, _, err := parseAddress(listen)
		return []route{{from, f.address}}, err
	}
	first, last, err := portRange(ports)
	if err != nil {
		return nil, err
	}
	if !cmd.Flags().Changed("listen") {
		listen = "127.0.0.1"
	}
	var routes []route
	for p := first; p <= last; p++ {
		if err := f.resolve(cmd, withPort(to, p+shift)); err != nil {
			return nil, err
		}
		from, _, err := parseAddress(withPort(listen, p))
		if err != nil {
			return nil, err
		}
		if from == f.address {
			return nil, usagef("%s would be passed on to itself: --to another host, or --shift", from)
		}
		routes = append(routes, route{from, f.address})
	}
	return routes, nil
}

func withPort(host string, port int) string {
	scheme, h, ok := strings.Cut(host, "://")
	if !ok {
		scheme, h = "tcp", host
	}
	return scheme + "://" + net.JoinHostPort(strings.Trim(h, "[]"), strconv.Itoa(port))
}

func portRange(s string) (first, last int, err error) {
	a, b, ok := strings.Cut(s, "-")
	if !ok {
		b = a
	}
	first, err1 := strconv.Atoi(a)
	last, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil || first < 1 || last < first || last > 65535 || last-first >= 1000 {
		return 0, 0, usagef("--ports %s: want FIRST-LAST, 1000 ports at most", s)
	}
	return first, last, nil
}

func (f *connFlags) tap(cmd *cobra.Command, v *view, w *webFlags, routes []route, file string) error {
	listeners, err := f.listenAll(cmd, routes)
	if err != nil {
		return err
	}
	defer func() {
		for _, ln := range listeners {
			_ = ln.Close()
		}
	}()
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	look, endPage, err := w.while(ctx, cmd, routes)
	if err != nil {
		return err
	}
	defer endPage()
	save, closeFile, err := saver(file)
	if err != nil {
		return err
	}
	p := v.printer(cmd)
	tracker := record.Tracker{Codec: record.CodecByName(f.codecName), Limits: codec.Limits{Size: int64(f.maxFrame)}}
	relay := record.NewRelay(int64(f.maxFrame), func(e record.Event) {
		m := tracker.Add(e)
		look(&m)
		if err := errors.Join(save(e), p.print(m)); err != nil {
			cancel(err)
		}
	})
	relay.Names = new(programs).find
	stop := onUSR1(func() { p.summary() })
	var all sync.WaitGroup
	for i, ln := range listeners {
		fmt.Fprintln(cmd.ErrOrStderr(), "ready", aiomas.FormatAddress(ln.Addr()))
		all.Go(func() {
			if err := acceptAll(ctx, ln, func(ctx context.Context, conn net.Conn) { f.passOn(ctx, cmd, relay, conn, routes[i].to) }); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	relay.Close()
	stop()
	p.summary()
	err = closeFile()
	if cause := context.Cause(ctx); cmd.Context().Err() == nil && cause != nil {
		err = cause
	}
	return err
}

func (f *connFlags) listenAll(cmd *cobra.Command, routes []route) (all []net.Listener, err error) {
	for _, r := range routes {
		opts := []aiomas.ListenOption{f.transport()}
		if strings.HasPrefix(r.listen, "tcp+tls:") {
			opts = append(opts, f.listenOptions()...)
		}
		ln, err := aiomas.Listen(cmd.Context(), r.listen, opts...)
		if err != nil {
			for _, ln := range all {
				_ = ln.Close()
			}
			return nil, err
		}
		all = append(all, ln)
	}
	return all, nil
}

// passOn relays one connection to another address.
func (f *connFlags) passOn(ctx context.Context, cmd *cobra.Command, relay *record.Relay, conn net.Conn, to string) {
	server, err := f.dialConn(ctx, to)
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "aiomas:", printable(withoutPrefix(err), false))
		if c, ok := conn.(*net.TCPConn); ok {
			_ = c.SetLinger(0) // the nearest equivalent of a refusal
		}
		_ = conn.Close()
		return
	}
	relay.Pass(ctx, conn, server)
}

// dialConn connects to an address, with TLS if the address requests it.
func (f *connFlags) dialConn(ctx context.Context, to string) (net.Conn, error) {
	opts := []aiomas.DialOption{aiomas.WithRetry(f.retry), f.transport()}
	if strings.HasPrefix(to, "tcp+tls:") {
		to := f.toSide()
		opts = append(opts, aiomas.WithTLSFiles(to.ca, to.cert, to.key))
	}
	ctx, cancel := f.deadline(ctx)
	defer cancel()
	return aiomas.DialConn(ctx, to, opts...)
}

// saver returns a function that records events to a file, and one that closes the file. Without a name they do
// nothing.
func saver(name string) (save func(record.Event) error, end func() error, err error) {
	if name == "" {
		return func(record.Event) error { return nil }, func() error { return nil }, nil
	}
	if err := mayReplace(name); err != nil {
		return nil, nil, err
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, nil, err
	}
	buffer := bufio.NewWriterSize(file, 64<<10)
	w := record.NewWriter(buffer)
	last := time.Now()
	save = func(e record.Event) error {
		err := w.Write(e)
		if err == nil && e.Time.Sub(last) > time.Second { // so that the recording can be read while it is written
			last, err = e.Time, buffer.Flush()
		}
		return err
	}
	return save, func() error { return errors.Join(buffer.Flush(), file.Close()) }, nil
}

// mayReplace returns an error if the file exists and is not a recording, since it may be needed.
func mayReplace(name string) error {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil // os.Create reports the error
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if guessFormat(bufio.NewReader(file)) != "recording" {
		return fmt.Errorf("%s is no recording, and is not replaced by one", name)
	}
	return nil
}

// view has the settings for the printed messages.
type view struct {
	asJSON, raw, quiet, errors bool
	paths                      []string
	slow                       time.Duration
	width                      int
	color                      string
}

func (v *view) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&v.asJSON, "json", false, "print lines of JSON")
	flags.BoolVar(&v.raw, "raw", false, "print the bytes of each message, too")
	flags.BoolVarP(&v.quiet, "quiet", "q", false, "print the summary only")
	flags.BoolVar(&v.errors, "errors", false, "print only exceptions and what cannot be decoded")
	flags.StringArrayVar(&v.paths, "path", nil, "print only calls of paths that match a `pattern`: add, math/*; can be repeated")
	flags.DurationVar(&v.slow, "slow", 0, "print only replies that took at least that `time`")
	flags.IntVar(&v.width, "width", -1, "cut lines of text to that `number` of characters; 0 cuts none (default that of the terminal)")
	flags.StringVar(&v.color, "color", "auto", "`when` to use colours: auto, which is on a terminal and without NO_COLOR, always, never")
}

func (v *view) check() error {
	if err := checkPatterns("path", v.paths); err != nil {
		return err
	}
	if v.color != "auto" && v.color != "always" && v.color != "never" {
		return usagef("--color %s: want auto, always or never", v.color)
	}
	return nil
}

// shows reports whether a message passes the filters.
func (v *view) shows(m *record.Message) bool {
	if v.quiet {
		return false
	}
	filtered := len(v.paths) > 0 || v.errors || v.slow > 0
	if m.Kind != record.Frame {
		return !filtered || v.errors && m.Kind == record.Rest
	}
	if v.errors && m.Err == nil && m.Type != codec.Exception || v.slow > 0 && m.Latency < v.slow {
		return false
	}
	return len(v.paths) == 0 || matches(v.paths, m.Path)
}

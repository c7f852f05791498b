package aiomas

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// Limits bound what one connection may cost. The zero value of a field means
// its default; Python aiomas has no limits at all. docs/limits.md explains each.
type Limits struct {
	FrameIn  int64 // payload of one frame in, also after decompression; default 64 MiB
	FrameOut int64 // payload of one frame out; default and maximum 2³²−1
	Depth    int   // nesting of an incoming message; default 512
	Elements int   // values in an incoming message; default 8 Mi

	Requests   int   // requests of the peer being handled or queued; more are refused at once; default 10,000
	PendingIn  int64 // bytes of these, one request of any size apart; more are refused at once; default 256 MiB, or 4 × FrameIn if that is more
	PendingOut int64 // bytes that wait for the peer to read; past it senders wait; default 64 MiB

	WriteTimeout     time.Duration // time in which the peer must take the next 64 KiB of what waits, or all; default 10 s
	FrameTimeout     time.Duration // time in which a begun frame must go on; default 60 s
	HandshakeTimeout time.Duration // TLS handshake; default 10 s
	ShutdownGrace    time.Duration // time that handlers have when Shutdown begins, before their contexts end; default 1 s
	KeepAlive        time.Duration // TCP keep-alive probes; default 15 s

	Path      int // bytes of a path; default 4 KiB
	ErrorText int // bytes of an exception's message sent to the peer; default 64 KiB
	LogLines  int // lines a connection may log in a second, and all of a server together ten times as many; default 10

	// These are off by default.

	Idle        time.Duration // a connection without a call either way for so long is closed
	CallTimeout time.Duration // deadline, from their start, of calls whose context has none
	Connections int           // open connections of a server; further ones are closed at once
}

// leastFrame is the least limit of a payload.
const leastFrame = 1 << 10

var defaultLimits = Limits{
	FrameIn: codec.DefaultSize, FrameOut: frame.MaxPayload, Depth: codec.DefaultDepth, Elements: codec.DefaultElements,
	Requests: 10_000, PendingIn: 256 << 20, PendingOut: 64 << 20,
	WriteTimeout: 10 * time.Second, FrameTimeout: 60 * time.Second,
	HandshakeTimeout: 10 * time.Second, ShutdownGrace: time.Second, KeepAlive: 15 * time.Second,
	Path: 4 << 10, ErrorText: 64 << 10, LogLines: 10,
}

// settle fills in the defaults and checks every field.
func (l Limits) settle() (Limits, error) {
	var errs []error
	check := func(name string, v, least, most int64) {
		if v < least || v > most {
			errs = append(errs, fmt.Errorf("aiomas: limit %s is %d, must be %d…%d", name, v, least, most))
		}
	}
	or(&l.FrameIn, defaultLimits.FrameIn)
	or(&l.FrameOut, defaultLimits.FrameOut)
	or(&l.Depth, defaultLimits.Depth)
	or(&l.Elements, defaultLimits.Elements)
	or(&l.Requests, defaultLimits.Requests)
	or(&l.PendingIn, max(defaultLimits.PendingIn, 4*l.FrameIn))
	or(&l.PendingOut, defaultLimits.PendingOut)
	or(&l.WriteTimeout, defaultLimits.WriteTimeout)
	or(&l.FrameTimeout, defaultLimits.FrameTimeout)
	or(&l.HandshakeTimeout, defaultLimits.HandshakeTimeout)
	or(&l.ShutdownGrace, defaultLimits.ShutdownGrace)
	or(&l.KeepAlive, defaultLimits.KeepAlive)
	or(&l.Path, defaultLimits.Path)
	or(&l.ErrorText, defaultLimits.ErrorText)
	or(&l.LogLines, defaultLimits.LogLines)

	const maxInt = int64(^uint(0) >> 1)
	check("FrameIn", l.FrameIn, leastFrame, min(frame.MaxPayload, maxInt))
	check("FrameOut", l.FrameOut, leastFrame, frame.MaxPayload)
	check("Depth", int64(l.Depth), 3, 10_000)
	check("Elements", int64(l.Elements), 3, maxInt)
	check("Requests", int64(l.Requests), 1, maxInt)
	check("PendingIn", l.PendingIn, 1, 1<<62)
	check("PendingOut", l.PendingOut, 1, 1<<62)
	for name, d := range map[string]time.Duration{
		"WriteTimeout": l.WriteTimeout, "FrameTimeout": l.FrameTimeout,
		"HandshakeTimeout": l.HandshakeTimeout, "KeepAlive": l.KeepAlive,
	} {
		check(name, int64(d), int64(time.Millisecond), 1<<62)
	}
	check("Path", int64(l.Path), 1, maxInt)
	check("ErrorText", int64(l.ErrorText), 1, maxInt)
	check("LogLines", int64(l.LogLines), 1, maxInt/allConnections)
	check("ShutdownGrace", int64(l.ShutdownGrace), 1, 1<<62)
	check("Idle", int64(l.Idle), 0, 1<<62)
	check("CallTimeout", int64(l.CallTimeout), 0, 1<<62)
	check("Connections", int64(l.Connections), 0, maxInt)
	return l, errors.Join(errs...)
}

func or[T int | int64 | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

// A DialOption sets up a connection that is made here: it fits [Dial],
// [DialChannel] and [NewReconnector].
type DialOption interface{ applyDial(cfg *config) }

// A ServerOption sets up a server: it fits [NewServer].
type ServerOption interface{ applyServer(cfg *config) }

// A ListenOption sets up a listener: it fits [Listen].
type ListenOption interface{ applyListen(cfg *config) }

// An Option sets up any connection: it is a [DialOption] and a [ServerOption], and
// fits [NewChannel]. What fits one side only does not compile for the other.
type Option interface {
	DialOption
	ServerOption
	applyChannel(cfg *config)
}

// A TLSOption is about connections made by address: it fits [Dial],
// [DialChannel], [NewReconnector], [NewServer] and [Listen].
type TLSOption interface {
	DialOption
	ServerOption
	ListenOption
}

// setting is each of these; what a function returns it as says what it fits.
type setting func(*config)

func (s setting) applyDial(cfg *config)    { s(cfg) }
func (s setting) applyServer(cfg *config)  { s(cfg) }
func (s setting) applyListen(cfg *config)  { s(cfg) }
func (s setting) applyChannel(cfg *config) { s(cfg) }

// WithOptions makes one option of many, for a program that keeps its options in a
// list and gives them to both sides.
func WithOptions(opts ...Option) Option {
	return setting(func(cfg *config) { apply(cfg, opts, Option.applyChannel) })
}

func apply[O any](cfg *config, opts []O, one func(O, *config)) {
	for _, o := range opts {
		if any(o) != nil {
			one(o, cfg)
		}
	}
}

// CheckDial returns what is wrong with options of [Dial], as Dial itself does;
// for a program that is to say so before it dials.
func CheckDial(opts ...DialOption) error {
	_, err := dialConfig(opts)
	return err
}

// CheckServer returns what is wrong with a service and options of [NewServer],
// unreadable files of [WithTLSFiles] included; for options that are not written
// in the program, since NewServer panics.
func CheckServer(service Service, opts ...ServerOption) error {
	cfg, err := serverConfig(service, opts)
	return errors.Join(err, cfg.filesErr)
}

type config struct {
	// What each call needs, together: each connection that is dialled has its own.
	codec        codec.Codec
	decoders     *sync.Pool    // of codec.Decoder
	codecLimits  codec.Limits  // those of limits that the codec enforces
	callTimeout  time.Duration // of limits
	intercepting bool          // there are calls
	calls        []CallInterceptor
	limits       Limits
	pendings     sync.Pool // of *call

	serializers   []codec.Serializer
	decoding      codec.Decoding
	registry      *codec.Registry // made of serializers
	objects       *codec.Registry // the same with that of remote calls
	tls           *tls.Config
	files         *tlsFiles // of WithTLSFiles; nil: there are none
	filesErr      error     // what is wrong with the files of WithTLSFiles
	mistakes      []error   // what is wrong with other options
	dialled       bool      // the connection was made here
	commonNames   bool      // a server's common name counts
	logger        *slog.Logger
	log           *limitedLog // to logger
	service       Service
	connected     func(*Client)
	concurrency   int
	replyDeadline time.Duration
	retry         time.Duration
	stacks        bool
	failures      Failures // nil: those of aiomas
	handlers      []HandlerInterceptor
	authorize     func(ctx context.Context, client *Client, path string) error
	hideNames     bool
	metrics       *Metrics
	dialer        func(ctx context.Context, network, address string) (net.Conn, error)
	watchdog      watchdog
	quickTime     time.Duration // see judge
	inlineAll     bool          // for tests
}

// dialConfig, channelConfig, serverConfig and listenConfig make and check what
// options say. The mistakes of a server's are apart from filesErr, which is
// nobody's mistake.
func dialConfig(opts []DialOption) (*config, error) {
	cfg := newConfig()
	apply(cfg, opts, DialOption.applyDial)
	return cfg, errors.Join(cfg.settle(), cfg.filesErr)
}

func channelConfig(opts []Option) (*config, error) {
	cfg := newConfig()
	apply(cfg, opts, Option.applyChannel)
	return cfg, cfg.settle()
}

func serverConfig(service Service, opts []ServerOption) (*config, error) {
	cfg := newConfig()
	apply(cfg, opts, ServerOption.applyServer)
	cfg.checkServerTLS()
	if err := checkService(service); err != nil {
		cfg.mistake("NewServer: %w", err)
	}
	return cfg, cfg.settle()
}

func listenConfig(opts []ListenOption) (*config, error) {
	cfg := newConfig()
	apply(cfg, opts, ListenOption.applyListen)
	cfg.checkServerTLS()
	return cfg, errors.Join(cfg.settle(), cfg.filesErr)
}

func newConfig() *config {
	return &config{codec: json.Codec, quickTime: quickTime}
}

func (cfg *config) mistake(format string, args ...any) {
	cfg.mistakes = append(cfg.mistakes, fmt.Errorf("aiomas: "+format, args...))
}

// checkServerTLS wants a certificate: without one no handshake succeeds.
func (cfg *config) checkServerTLS() {
	if c := cfg.tls; c != nil && len(c.Certificates) == 0 && c.GetCertificate == nil && c.GetConfigForClient == nil {
		cfg.mistake("WithTLS: a server needs a certificate")
	}
}

// settle fills in the defaults and returns all mistakes.
func (cfg *config) settle() error {
	errs := cfg.mistakes
	if cfg.codec == nil {
		return errors.Join(append(errs, errors.New("aiomas: WithCodec(nil)"))...)
	}
	if cfg.logger == nil {
		cfg.logger = slog.New(slog.DiscardHandler)
	}
	if cfg.metrics == nil {
		cfg.metrics = new(Metrics)
	}
	if cfg.dialer == nil {
		cfg.dialer = new(net.Dialer).DialContext
	}
	var err error
	if cfg.limits, err = cfg.limits.settle(); err != nil {
		errs = append(errs, err)
	}
	cfg.codecLimits = codec.Limits{Depth: cfg.limits.Depth, Elements: cfg.limits.Elements, Size: cfg.limits.FrameIn}
	cfg.callTimeout = cfg.limits.CallTimeout
	cfg.intercepting = len(cfg.calls) > 0
	cfg.decoders = decodersOf(cfg.codec)
	cfg.log = &limitedLog{logger: cfg.logger, rate: cfg.limits.LogLines}
	if cfg.registry, err = codec.NewRegistry(cfg.serializers...); err != nil {
		errs = append(errs, err)
	}
	cfg.registry = cfg.registry.WithDecoding(cfg.decoding)
	cfg.objects = cfg.registry.WithObject(objects)
	if cfg.concurrency < 0 {
		errs = append(errs, fmt.Errorf("aiomas: WithConcurrency(%d): must not be negative", cfg.concurrency))
	}
	if cfg.replyDeadline < 0 {
		errs = append(errs, fmt.Errorf("aiomas: WithReplyDeadline(%v): must not be negative", cfg.replyDeadline))
	}
	return errors.Join(errs...)
}

// WithCodec sets the codec; both ends must use the same one. The default is
// JSON, as in Python (keyword argument codec).
func WithCodec(c codec.Codec) Option { return setting(func(cfg *config) { cfg.codec = c }) }

// WithSerializers adds custom types, with the ids 0, 1, … in their order; the
// peer must add its own in the same order (keyword argument
// extra_serializers).
func WithSerializers(s ...codec.Serializer) Option {
	return setting(func(cfg *config) { cfg.serializers = append(cfg.serializers, s...) })
}

// WithDecoding sets what becomes of values that arrive where an any is wanted: dicts
// that keep their order, custom types that are passed on without being known.
// Gateways and tools use it.
func WithDecoding(d codec.Decoding) Option { return setting(func(cfg *config) { cfg.decoding = d }) }

// WithLimits replaces the limits; zero fields keep their defaults.
func WithLimits(l Limits) Option { return setting(func(cfg *config) { cfg.limits = l }) }

// WithTLS encrypts connections. It is required by tcp+tls:// addresses and
// turns tcp:// ones into them (keyword argument ssl).
func WithTLS(c *tls.Config) TLSOption {
	return setting(func(cfg *config) {
		if c == nil {
			cfg.mistake("WithTLS(nil)")
		}
		cfg.tls, cfg.files, cfg.filesErr, cfg.commonNames = c, nil, nil, false
	})
}

// WithLogger sets where connections log what no caller is told: connections that
// end and replies to nobody at level Debug; broken peers, panics, and replies
// past their deadline at Warn. The default logs nothing. Lines are written by the
// goroutines that read and write: the logger's handler must not wait for its
// connection.
func WithLogger(l *slog.Logger) Option { return setting(func(cfg *config) { cfg.logger = l }) }

// WithService lets the peer of a dialled connection call back (keyword argument
// rpc_service).
func WithService(s Service) DialOption {
	return setting(func(cfg *config) {
		if err := checkService(s); err != nil {
			cfg.mistake("WithService: %w", err)
		}
		cfg.service = s
	})
}

// checkService says what keeps service from being served.
func checkService(service Service) error {
	switch {
	case service == nil:
		return errors.New("there is no service")
	case service.Router() == nil:
		return fmt.Errorf("the service of type %T has no router", service)
	}
	return nil
}

// WithConnected sets a function that a server calls for each new connection
// before it reads the first request (argument client_connected_cb). Nothing waits
// for f, which may close or shut down the server, but nothing is read before it
// returns: it must not wait for a reply of the peer. Start a goroutine for that.
func WithConnected(f func(*Client)) ServerOption {
	return setting(func(cfg *config) { cfg.connected = f })
}

// WithConcurrency limits the number of handlers that run at once for one
// connection; further requests wait in order of arrival. With 1, requests are
// handled one after another in that order, and a handler that calls the peer
// back must not depend on the peer calling it in turn. The default 0 is no
// limit, as in Python.
func WithConcurrency(n int) Option { return setting(func(cfg *config) { cfg.concurrency = n }) }

// WithReplyDeadline drops replies that are ready only d after their request
// arrived. A Python peer that gave up on a call (asyncio.wait_for around it)
// loses its whole connection when the late reply arrives: set d just below
// the time-out that it uses.
func WithReplyDeadline(d time.Duration) Option {
	return setting(func(cfg *config) { cfg.replyDeadline = d })
}

// WithRetry makes Dial try again for d when nobody listens yet, or, if d is
// negative, until its context ends (keyword argument timeout; there None means
// for ever). The default is one attempt.
func WithRetry(d time.Duration) DialOption { return setting(func(cfg *config) { cfg.retry = d }) }

// WithStacks sets whether a panic's Go stack is part of the traceback that the
// peer gets, false by default: it tells how this program is built. The stack names
// functions, and files without their directories. The log has it in any case.
func WithStacks(on bool) Option { return setting(func(cfg *config) { cfg.stacks = on }) }

// WithDialer replaces the net.Dialer of Dial and DialChannel. dial must return when
// its context ends: Dial, and Close of a [Reconnector], wait for it.
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) DialOption {
	return setting(func(cfg *config) { cfg.dialer = dial })
}

package aiomas

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/ratelog"
	"github.com/aiomas-go/aiomas-go/internal/transport"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

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

// An AddressOption is about connections made by address: it fits [Dial],
// [DialChannel], [NewReconnector], [NewServer] and [Listen].
type AddressOption interface {
	DialOption
	ServerOption
	ListenOption
}

// A TLSOption is an [AddressOption].
type TLSOption = AddressOption

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
	intercepting bool // there are calls
	calls        []CallInterceptor
	limits       Limits

	serializers   []codec.Serializer
	decoding      codec.Decoding
	registry      *codec.Registry // made of serializers
	objects       *codec.Registry // the same with that of remote calls
	transport     transport.Settings
	filesErr      error   // what is wrong with the files of WithTLSFiles
	mistakes      []error // what is wrong with other options
	dialled       bool    // the connection was made here
	logger        *slog.Logger
	log           *ratelog.Log // to logger
	conversation  conversation.Settings
	arrivals      *Arrivals   // nil: goroutines read
	turns         *turn.Queue // of functions whose routers have none; nil: they take none
	service       Service
	connected     func(*Client)
	concurrency   int
	replyDeadline time.Duration
	stacks        bool
	failures      Failures // nil: those of aiomas
	handlers      []HandlerInterceptor
	authorize     func(ctx context.Context, client *Client, path string) error
	hideNames     bool
	metrics       *Metrics
	inline        conversation.Inline
}

// dialConfig, channelConfig, serverConfig and listenConfig make and check what
// options say. The mistakes of a server's are apart from filesErr, which is
// nobody's mistake.
func dialConfig(opts []DialOption) (*config, error) {
	cfg := newConfig()
	apply(cfg, opts, DialOption.applyDial)
	return cfg, errors.Join(cfg.complete(), cfg.filesErr)
}

func channelConfig(opts []Option) (*config, error) {
	cfg := newConfig()
	apply(cfg, opts, Option.applyChannel)
	return cfg, cfg.complete()
}

func serverConfig(service Service, opts []ServerOption) (*config, error) {
	cfg := newConfig()
	apply(cfg, opts, ServerOption.applyServer)
	cfg.checkServerTLS()
	if err := checkService(service); err != nil {
		cfg.mistake("NewServer: %w", err)
	}
	return cfg, cfg.complete()
}

func listenConfig(opts []ListenOption) (*config, error) {
	cfg := newConfig()
	apply(cfg, opts, ListenOption.applyListen)
	cfg.checkServerTLS()
	return cfg, errors.Join(cfg.complete(), cfg.filesErr)
}

func newConfig() *config {
	return &config{codec: json.Codec}
}

func (cfg *config) mistake(format string, args ...any) {
	cfg.mistakes = append(cfg.mistakes, fmt.Errorf("aiomas: "+format, args...))
}

// complete fills in the defaults and returns all mistakes.
func (cfg *config) complete() error {
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
	var err error
	if cfg.limits, err = cfg.limits.complete(); err != nil {
		errs = append(errs, err)
	}
	cfg.intercepting = len(cfg.calls) > 0
	cfg.log = ratelog.New(cfg.logger, cfg.limits.LogLines)
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
	cfg.connect()
	cfg.converse()
	return errors.Join(errs...)
}

// connect fills in what making connections needs to know.
func (cfg *config) connect() {
	s := &cfg.transport
	if s.Dialer == nil {
		s.Dialer = new(net.Dialer).DialContext
	}
	if s.TLS != nil {
		s.TLS.Warn = cfg.log.Warn
	}
	s.HandshakeTimeout, s.TLSError = cfg.limits.HandshakeTimeout, newTLSError
}

// converse fills in what conversations need to know.
func (cfg *config) converse() {
	l, s := &cfg.limits, &cfg.conversation
	s.Codec, s.Registry, s.Errors, s.Counters, s.Log = cfg.codec, cfg.registry, connErrors{cfg}, &cfg.metrics.c, cfg.log
	s.CodecLimits = codec.Limits{Depth: l.Depth, Elements: l.Elements, Size: l.FrameIn}
	s.CallTimeout, s.FrameIn, s.FrameOut, s.Requests = l.CallTimeout, l.FrameIn, l.FrameOut, l.Requests
	s.PendingIn, s.PendingOut, s.WriteTimeout, s.FrameTimeout = l.PendingIn, l.PendingOut, l.WriteTimeout, l.FrameTimeout
	s.Idle, s.ShutdownGrace, s.Concurrency, s.ReplyDeadline = l.Idle, l.ShutdownGrace, cfg.concurrency, cfg.replyDeadline
	s.Inline = cfg.inline
	if cfg.arrivals != nil {
		s.Loop = &cfg.arrivals.loop
	}
	s.Prepare()
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
func WithRetry(d time.Duration) DialOption {
	return setting(func(cfg *config) { cfg.transport.Retry = d })
}

// WithStacks sets whether a panic's Go stack is part of the traceback that the
// peer gets, false by default: it tells how this program is built. The stack names
// functions, and files without their directories. The log has it in any case.
func WithStacks(on bool) Option { return setting(func(cfg *config) { cfg.stacks = on }) }

// WithDialer replaces the net.Dialer of Dial and DialChannel. dial must return when
// its context ends: Dial, and Close of a [Reconnector], wait for it.
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) DialOption {
	return setting(func(cfg *config) { cfg.transport.Dialer = dial })
}

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

// A DialOption configures a connection made by this end. It is an option of [Dial],
// [DialChannel] and [NewReconnector].
type DialOption interface{ applyDial(cfg *config) }

// A ServerOption is an option of [NewServer].
type ServerOption interface{ applyServer(cfg *config) }

// A ListenOption is an option of [Listen].
type ListenOption interface{ applyListen(cfg *config) }

// An Option configures any connection: it is a [DialOption], a [ServerOption] and an
// option of [NewChannel]. Options for one side only do not compile for the other.
type Option interface {
	DialOption
	ServerOption
	applyChannel(cfg *config)
}

// An AddressOption configures connections made by address. It is an option of [Dial],
// [DialChannel], [NewReconnector], [NewServer] and [Listen].
type AddressOption interface {
	DialOption
	ServerOption
	ListenOption
}

// A TLSOption is an [AddressOption].
type TLSOption = AddressOption

// setting implements all option types; the return type of an option function says to
// which connections it applies.
type setting func(*config)

func (s setting) applyDial(cfg *config)    { s(cfg) }
func (s setting) applyServer(cfg *config)  { s(cfg) }
func (s setting) applyListen(cfg *config)  { s(cfg) }
func (s setting) applyChannel(cfg *config) { s(cfg) }

// WithOptions combines options, for programs that keep a list of options for both sides:
// a list of type []Option cannot be passed to [Dial] or [NewServer] as it is.
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

// CheckDial returns the error that [Dial] would return for these options, so that a
// program can report it before it dials.
func CheckDial(opts ...DialOption) error {
	_, err := dialConfig(opts)
	return err
}

// CheckServer returns an error if the service or options cannot work, including files of
// [WithTLSFiles] that cannot be read. Since NewServer panics, it is for options that are
// not constants of the program.
func CheckServer(service Service, opts ...ServerOption) error {
	cfg, err := serverConfig(service, opts)
	return errors.Join(err, cfg.filesErr)
}

type config struct {
	// The fields that each call uses are together: each dialled connection has its own
	// config.
	codec        codec.Codec
	intercepting bool // len(calls) > 0
	calls        []CallInterceptor
	limits       Limits

	serializers   []codec.Serializer
	decoding      codec.Decoding
	registry      *codec.Registry // made of serializers
	objects       *codec.Registry // registry with the object serializer
	transport     transport.Settings
	filesErr      error   // error of the files of WithTLSFiles
	mistakes      []error // errors of other options
	dialled       bool    // the connection was made by this end
	logger        *slog.Logger
	log           *ratelog.Log // writes to logger
	conversation  conversation.Settings
	arrivals      *Arrivals   // nil: each connection has a reader goroutine
	turns         *turn.Queue // for functions whose routers have no queue; nil: they take no turns
	service       Service
	connected     func(*Client)
	concurrency   int
	replyDeadline time.Duration
	stacks        bool
	failures      Failures // nil: the format of aiomas
	handlers      []HandlerInterceptor
	authorize     func(ctx context.Context, client *Client, path string) error
	hideNames     bool
	metrics       *Metrics
	inline        conversation.Inline
}

// dialConfig, channelConfig, serverConfig and listenConfig apply and check options.
// serverConfig does not return filesErr, because NewServer panics with the error, and an
// unreadable file is not a programming error.
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

// complete sets the defaults and returns the errors of all options.
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

// connect sets the settings for making connections.
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

// converse sets the settings of conversations.
func (cfg *config) converse() {
	l, s := &cfg.limits, &cfg.conversation
	s.PeerName = peerName
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

// WithCodec sets the codec (keyword argument codec). Both ends must use the same one. The
// default is JSON, as in Python.
func WithCodec(c codec.Codec) Option { return setting(func(cfg *config) { cfg.codec = c }) }

// WithSerializers adds custom types, which have the ids 0, 1, … in this order (keyword
// argument extra_serializers). The peer must add the corresponding types in the same
// order.
func WithSerializers(s ...codec.Serializer) Option {
	return setting(func(cfg *config) { cfg.serializers = append(cfg.serializers, s...) })
}

// WithDecoding configures how values are decoded into targets of type any, for gateways
// and tools: whether dicts keep their order, and whether unknown custom types are
// preserved.
func WithDecoding(d codec.Decoding) Option { return setting(func(cfg *config) { cfg.decoding = d }) }

// WithLogger sets the logger for events that no caller learns of. Ended connections and
// replies without a call are logged at level Debug; broken peers, panics, and replies
// after their deadline at level Warn. By default nothing is logged. The logger is called
// by the goroutines that read and write, so its handler must not wait for the connection.
func WithLogger(l *slog.Logger) Option { return setting(func(cfg *config) { cfg.logger = l }) }

// WithService offers a service to the peer of a dialled connection (keyword argument
// rpc_service).
func WithService(s Service) DialOption {
	return setting(func(cfg *config) {
		if err := checkService(s); err != nil {
			cfg.mistake("WithService: %w", err)
		}
		cfg.service = s
	})
}

// checkService returns an error if service cannot be served.
func checkService(service Service) error {
	switch {
	case service == nil:
		return errors.New("the service is nil")
	case service.Router() == nil:
		return fmt.Errorf("the service of type %T has no router", service)
	}
	return nil
}

// WithConnected sets a function that a server calls for each new connection before it
// reads the first request (argument client_connected_cb). No other connection waits for
// f, which may close or shut down the server. But this one is not read from until f
// returns, so f must not wait for a reply from the peer; start a goroutine for that.
func WithConnected(f func(*Client)) ServerOption {
	return setting(func(cfg *config) { cfg.connected = f })
}

// WithConcurrency limits the number of handlers that run at the same time for one
// connection; further requests wait in the order of arrival. With 1, requests are handled
// one after another, so a handler that calls the peer deadlocks if the peer calls back
// before it answers. The default 0 is no limit, as in Python.
func WithConcurrency(n int) Option { return setting(func(cfg *config) { cfg.concurrency = n }) }

// WithReplyDeadline drops replies that are not ready within d after the arrival of their
// request. A Python peer that has given up on a call (asyncio.wait_for) loses its whole
// connection when the late reply arrives; choose d slightly shorter than its timeout.
func WithReplyDeadline(d time.Duration) Option {
	return setting(func(cfg *config) { cfg.replyDeadline = d })
}

// WithRetry makes Dial try again for d while no server listens at the address, or, if d
// is negative, until the context ends (keyword argument timeout; its None is for ever).
// The default is one attempt.
func WithRetry(d time.Duration) DialOption {
	return setting(func(cfg *config) { cfg.transport.Retry = d })
}

// WithStacks sets whether the Go stack of a panic is part of the traceback sent to the
// peer. The default is false, because a stack reveals how the program is built: it has
// the names of functions, and of files without their directories. The log always has it.
func WithStacks(on bool) Option { return setting(func(cfg *config) { cfg.stacks = on }) }

// WithDialer replaces the net.Dialer of Dial and DialChannel. dial must return when its
// context ends, because Dial, and Close of a [Reconnector], wait for it.
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) DialOption {
	return setting(func(cfg *config) { cfg.transport.Dialer = dial })
}

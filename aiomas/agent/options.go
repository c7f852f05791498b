package agent

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// An Option sets up a container. The options are checked by [NewContainer].
type Option func(*settings)

type settings struct {
	clock       clock.Clock
	serializers []codec.Serializer
	shared      []aiomas.Option       // of all connections
	server      []aiomas.ServerOption // of incoming ones
	client      []aiomas.DialOption   // of outgoing ones
	tls         sides                 // of all connections but those within the process
	host        string
	listener    net.Listener
	transports  transports
	logger      *slog.Logger
	lost        func(peer Addr, err error)
	reconnect   *aiomas.ReconnectPolicy
	turns       Turns
	activity    aiomas.Activity
	agents      []func(*Container) error // called before the first connection is accepted
	err         error
}

// sides are options of the two directions; nil: none.
type sides struct {
	server aiomas.ServerOption
	client aiomas.DialOption
}

// need notes that an option was given nothing.
func (s *settings) need(given bool, option string) {
	if !given {
		s.err = errors.Join(s.err, fmt.Errorf("aiomas: %s(nil)", option))
	}
}

func newSettings(opts []Option) (*settings, error) {
	s := &settings{transports: transports{"local": local.Default.Transport()}, logger: slog.New(slog.DiscardHandler)}
	for _, o := range opts {
		if o != nil {
			o(s)
		}
	}
	if s.clock == nil {
		s.clock = clock.NewRealtime()
	}
	if r := s.reconnect; r != nil {
		if err := transport.CheckWaits(&r.First, &r.Most); err != nil {
			s.err = errors.Join(s.err, fmt.Errorf("aiomas: WithReconnect: %w", err))
		}
		if r.Repeat != nil {
			s.err = errors.Join(s.err, errors.New("aiomas: WithReconnect: Repeat is for a Reconnector; a container makes no calls"))
		}
	}
	serializers := append([]codec.Serializer{Dates}, s.serializers...)
	s.shared = append(s.shared, aiomas.WithSerializers(serializers...), aiomas.WithActivity(&s.activity))
	if s.turns > NoTurns {
		s.err = errors.Join(s.err, fmt.Errorf("aiomas: WithTurns(%d)", s.turns))
	}
	if s.turns != NoTurns {
		s.shared = append(s.shared, aiomas.WithArrivals(new(aiomas.Arrivals)))
	}
	return s, errors.Join(s.err, aiomas.CheckServer(aiomas.NewRouter(), s.serving("tcp")...), aiomas.CheckDial(s.dialling("tcp")...))
}

// serving and dialling return the options of connections that come in, and of
// those that the container makes, in that network.
func (s *settings) serving(network string) []aiomas.ServerOption {
	opts := []aiomas.ServerOption{aiomas.WithOptions(s.shared...)}
	if network != "local" {
		opts = append(opts, s.tls.server)
	}
	return append(opts, s.server...)
}

func (s *settings) dialling(network string) []aiomas.DialOption {
	opts := []aiomas.DialOption{aiomas.WithOptions(s.shared...)}
	if network != "local" {
		opts = append(opts, s.tls.client)
	}
	if t := s.transports[network]; t != nil {
		opts = append(opts, aiomas.WithTransport(network, t))
	}
	return append(opts, s.client...)
}

// closeListener is for a container that does not come about.
func (s *settings) closeListener() {
	if s.listener != nil {
		_ = s.listener.Close()
	}
}

// WithClock sets the container's clock (keyword argument clock). The default is a
// real-time clock.
func WithClock(c clock.Clock) Option {
	return func(s *settings) {
		s.need(c != nil, "WithClock")
		s.clock = c
	}
}

// WithCodec sets the codec (keyword argument codec). The default is JSON. All
// containers that talk to each other must have the same one.
func WithCodec(c codec.Codec) Option { return WithConnection(aiomas.WithCodec(c)) }

// WithSerializers adds custom types (keyword argument extra_serializers). They
// come after [Dates], which has the id 0, and so have the ids 1, 2, … in their
// order. All containers that talk to each other must have the same ones.
func WithSerializers(list ...codec.Serializer) Option {
	return func(s *settings) { s.serializers = append(s.serializers, list...) }
}

// WithTLSFiles encrypts all connections but those by Unix socket and those within the
// process (package local) with three PEM files: the
// certificate of a private CA, and the certificate and key of this container
// (keyword argument ssl with SSLCerts). See [aiomas.WithTLSFiles].
func WithTLSFiles(ca, cert, key string) Option {
	files := aiomas.WithTLSFiles(ca, cert, key)
	return func(s *settings) { s.tls = sides{files, files} }
}

// WithTLS encrypts all connections but those by Unix socket and those within the
// process (package local), incoming ones with server and outgoing ones with client (keyword argument ssl with two contexts).
func WithTLS(server, client *tls.Config) Option {
	return func(s *settings) {
		if server == nil || client == nil {
			s.err = errors.Join(s.err, errors.New("aiomas: WithTLS needs a configuration for the server and one for the client"))
			return
		}
		s.tls = sides{aiomas.WithTLS(server), aiomas.WithTLS(client)}
	}
}

// WithHost sets the host in the addresses of the container's agents, where it is
// another than the container listens on: behind a port forwarding, say. The
// default for a container that listens on every interface is the machine's
// fully qualified name, which must be resolvable, as in Python. It is for tcp://
// addresses only.
func WithHost(host string) Option { return func(s *settings) { s.host = host } }

// WithListener lets the container accept connections from l, which it closes in
// the end, instead of listening itself; the address that [NewContainer] is given
// is then the one in the addresses of its agents. Its port may be 0 if l listens on
// a TCP port.
func WithListener(l net.Listener) Option {
	return func(s *settings) {
		s.need(l != nil, "WithListener")
		s.listener = l
	}
}

// WithNetwork sets the network of the container's local:// addresses. The
// default is [local.Default].
func WithNetwork(n *local.Network) Option {
	return func(s *settings) {
		if s.need(n != nil, "WithNetwork"); n != nil {
			s.transports["local"] = n.Transport()
		}
	}
}

// WithTransport sets what makes connections to the addresses "scheme://address", of
// containers, and "scheme://address/id", of their agents; see [aiomas.WithTransport].
// An address has no slash. Python knows tcp, ipc and local only: a container that is to
// be reached from there, or whose addresses go there, needs one of those.
func WithTransport(scheme string, t aiomas.Transport) Option {
	return func(s *settings) {
		if err := aiomas.CheckDial(aiomas.WithTransport(scheme, t)); err != nil {
			s.err = errors.Join(s.err, err)
			return
		}
		s.transports[scheme] = t
	}
}

// WithConnection sets further options of all connections of the container, in
// both directions: limits, interceptors, metrics. See [WithIncoming] and
// [WithOutgoing] for one direction.
func WithConnection(opts ...aiomas.Option) Option {
	return func(s *settings) { s.shared = append(s.shared, opts...) }
}

// WithIncoming sets further options of the connections that come in:
// [aiomas.WithConnected], say.
func WithIncoming(opts ...aiomas.ServerOption) Option {
	return func(s *settings) { s.server = append(s.server, opts...) }
}

// WithOutgoing sets further options of the connections that the container makes:
// [aiomas.WithDialer], say.
func WithOutgoing(opts ...aiomas.DialOption) Option {
	return func(s *settings) { s.client = append(s.client, opts...) }
}

// WithLogger sets where the container and its connections log; see
// [aiomas.WithLogger].
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) {
		s.need(l != nil, "WithLogger")
		s.logger = l
		s.shared = append(s.shared, aiomas.WithLogger(l))
	}
}

// WithLost sets a function that is called when a connection that the container
// made has ended otherwise than by Shutdown or Close, with the address of the
// container at its other end. The proxies of that connection are then of no
// more use; the next Connect makes a new one. The function may take its time.
func WithLost(f func(peer Addr, err error)) Option {
	return func(s *settings) {
		s.need(f != nil, "WithLost")
		s.lost = f
	}
}

// WithReconnect lets the container itself make a new connection when one that it
// made is lost, and try until it succeeds or the container is shut down. Without
// it, the next Connect does; WithLost alone tells of the loss. Either way, what wants to outlive a connection calls
// Connect for each use: that costs next to nothing while the connection lives.
func WithReconnect(policy aiomas.ReconnectPolicy) Option {
	return func(s *settings) {
		own := policy // the option may be given to many containers
		s.reconnect = &own
	}
}

// WithAgents calls register before the container accepts its first connection, so
// that no peer can ask for an agent that is not registered yet. In Python this
// needs no option: what runs between Container.create and the next await comes
// before every message. When register returns an error, NewContainer returns it.
// Peers that connect meanwhile wait, so register must not call the container's
// own agents.
func WithAgents(register func(c *Container) error) Option {
	return func(s *settings) {
		s.need(register != nil, "WithAgents")
		s.agents = append(s.agents, register)
	}
}

// A ConnectOption changes one [Container.Connect].
type ConnectOption func(*connectSettings)

type connectSettings struct {
	retry time.Duration
}

// WithRetry makes Connect try again for d when nobody listens at the address yet,
// or, if d is negative, until its context ends (argument timeout of
// Container.connect; there None means for ever). The default is one attempt.
func WithRetry(d time.Duration) ConnectOption {
	return func(s *connectSettings) { s.retry = d }
}

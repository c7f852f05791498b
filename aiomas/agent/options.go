package agent

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// An Option configures a container. Options are checked by [NewContainer].
type Option func(*settings)

type settings struct {
	clock       clock.Clock
	serializers []codec.Serializer
	shared      []aiomas.Option       // for all connections
	server      []aiomas.ServerOption // for incoming ones
	client      []aiomas.DialOption   // for outgoing ones
	tls         sides                 // for all connections except local ones
	host        string
	listener    net.Listener
	transports  transports
	logger      *slog.Logger
	lost        func(peer Addr, err error)
	reconnect   *aiomas.ReconnectPolicy
	turns       Turns
	share       bool // see ShareConnections
	activity    aiomas.Activity
	agents      []func(*Container) error // called before the first connection is accepted
	err         error
}

// sides are options for the two directions; nil: none.
type sides struct {
	server aiomas.ServerOption
	client aiomas.DialOption
}

// need records an error if the argument of an option is missing.
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
	if s.turns != NoTurns { // in front: [WithConnection] may have another one
		s.shared = slices.Insert(s.shared, 0, aiomas.WithArrivals(new(aiomas.Arrivals)))
	}
	return s, errors.Join(s.err, aiomas.CheckServer(aiomas.NewRouter(), s.serving("tcp")...), aiomas.CheckDial(s.dialling("tcp")...))
}

// serving and dialling return the options for incoming and outgoing connections of a network.
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

// closeListener cleans up after a failed NewContainer.
func (s *settings) closeListener() {
	if s.listener != nil {
		_ = s.listener.Close()
	}
}

// WithClock sets the container's clock (keyword argument clock). The default is a real-time
// clock.
func WithClock(c clock.Clock) Option {
	return func(s *settings) {
		s.need(c != nil, "WithClock")
		s.clock = c
	}
}

// WithCodec sets the codec (keyword argument codec). The default is JSON. Containers that call
// each other must have the same codec.
func WithCodec(c codec.Codec) Option { return WithConnection(aiomas.WithCodec(c)) }

// WithSerializers adds custom types (keyword argument extra_serializers). They have the ids 1, 2, …
// in this order; [Dates] has the id 0. Containers that call each other must have the same types.
func WithSerializers(list ...codec.Serializer) Option {
	return func(s *settings) { s.serializers = append(s.serializers, list...) }
}

// WithTLSFiles encrypts all connections, except those of Unix sockets and local ones, with three
// PEM files: the certificate of a private CA, and the certificate and key of this container
// (keyword argument ssl with SSLCerts). See [aiomas.WithTLSFiles].
func WithTLSFiles(ca, cert, key string) Option {
	files := aiomas.WithTLSFiles(ca, cert, key)
	return func(s *settings) { s.tls = sides{files, files} }
}

// WithTLS encrypts all connections, except those of Unix sockets and local ones: incoming ones with
// server and outgoing ones with client (keyword argument ssl with two contexts).
func WithTLS(server, client *tls.Config) Option {
	return func(s *settings) {
		if server == nil || client == nil {
			s.err = errors.Join(s.err, errors.New("aiomas: WithTLS needs a configuration for the server and one for the client"))
			return
		}
		s.tls = sides{aiomas.WithTLS(server), aiomas.WithTLS(client)}
	}
}

// WithHost sets the host in the addresses of the container's agents if it differs from the one the
// container listens on, for example behind a port forwarding. The default for a container that
// listens on every interface is the fully qualified name of the machine, which must be resolvable,
// as in Python. It is for tcp:// addresses only.
func WithHost(host string) Option { return func(s *settings) { s.host = host } }

// WithListener makes the container accept connections from l instead of listening itself. It closes
// l at its end. The address passed to [NewContainer] is then used in the addresses of its agents
// only; its port may be 0 if l listens on a TCP port.
func WithListener(l net.Listener) Option {
	return func(s *settings) {
		s.need(l != nil, "WithListener")
		s.listener = l
	}
}

// WithNetwork sets the network of local:// addresses. The default is [local.Default].
func WithNetwork(n *local.Network) Option {
	return func(s *settings) {
		if s.need(n != nil, "WithNetwork"); n != nil {
			s.transports["local"] = n.Transport()
		}
	}
}

// WithTransport sets the transport for addresses "scheme://address" of containers, and
// "scheme://address/id" of their agents; see [aiomas.WithTransport]. An address must not contain a
// slash. Python has only tcp, ipc and local: containers that exchange addresses with Python must use
// one of them.
func WithTransport(scheme string, t aiomas.Transport) Option {
	return func(s *settings) {
		if err := aiomas.CheckDial(aiomas.WithTransport(scheme, t)); err != nil {
			s.err = errors.Join(s.err, err)
			return
		}
		s.transports[scheme] = t
	}
}

// WithConnection adds options for all connections of the container, in both directions, for example
// limits, interceptors and metrics. See [WithIncoming] and [WithOutgoing] for one direction.
//
// The containers of a process may share one [aiomas.Arrivals]: then one goroutine reads for all
// of them.
func WithConnection(opts ...aiomas.Option) Option {
	return func(s *settings) { s.shared = append(s.shared, opts...) }
}

// WithIncoming adds options for incoming connections, for example [aiomas.WithConnected].
func WithIncoming(opts ...aiomas.ServerOption) Option {
	return func(s *settings) { s.server = append(s.server, opts...) }
}

// WithOutgoing adds options for outgoing connections, for example [aiomas.WithDialer].
func WithOutgoing(opts ...aiomas.DialOption) Option {
	return func(s *settings) { s.client = append(s.client, opts...) }
}

// WithLogger sets the logger of the container and its connections; see [aiomas.WithLogger].
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) {
		s.need(l != nil, "WithLogger")
		s.logger = l
		s.shared = append(s.shared, aiomas.WithLogger(l))
	}
}

// WithLost sets a function that is called with the address of the other container when a connection
// made by this container has ended, unless by Shutdown or Close. Proxies of the connection can no
// longer be used; the next Connect makes a new connection. The function may block.
func WithLost(f func(peer Addr, err error)) Option {
	return func(s *settings) {
		s.need(f != nil, "WithLost")
		s.lost = f
	}
}

// WithReconnect makes the container replace lost connections that it has made, trying until it
// succeeds or the container is closed. Without it, the next Connect makes a new connection. In
// either case, code that outlives a connection should call Connect for each use, which is cheap
// while the connection is open.
func WithReconnect(policy aiomas.ReconnectPolicy) Option {
	return func(s *settings) {
		own := policy // the option may be used for several containers
		s.reconnect = &own
	}
}

// WithAgents calls register before the container accepts its first connection, so that no peer can
// ask for an agent that is not registered yet. Python needs no such option, since the code between
// Container.create and the next await runs before any message is handled. NewContainer returns the
// error of register. Peers that connect in the meantime wait, so register must not call the
// container's own agents.
func WithAgents(register func(c *Container) error) Option {
	return func(s *settings) {
		s.need(register != nil, "WithAgents")
		s.agents = append(s.agents, register)
	}
}

// A ConnectOption is an option of [Container.Connect] and [Container.ConnectAll].
type ConnectOption func(*connectSettings)

type connectSettings struct {
	retry     time.Duration
	unchecked bool
}

func newConnectSettings(opts []ConnectOption) connectSettings {
	if len(opts) == 0 {
		return connectSettings{} // without an allocation
	}
	var set connectSettings
	for _, o := range opts {
		if o != nil {
			o(&set)
		}
	}
	return set
}

// Unchecked makes Connect return a proxy without asking the container whether it has the
// agent. If it does not, calls fail with a LookupError. Use it if addresses are known to be
// valid and there are many agents. Python's aiomas always asks.
func Unchecked() ConnectOption {
	return func(s *connectSettings) { s.unchecked = true }
}

// WithRetry makes Connect try again for d while no container listens at the address, or, if
// d is negative, until its context ends (argument timeout of Container.connect, which is
// None for no limit). The default is one attempt.
func WithRetry(d time.Duration) ConnectOption {
	return func(s *connectSettings) { s.retry = d }
}

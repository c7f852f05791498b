package nats

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	client "github.com/nats-io/nats.go"
)

// Connect makes a transport with its own NATS connection, which is made again after each
// loss. ctx applies only to the start.
func Connect(ctx context.Context, url string, o Options, opts ...client.Option) (*Transport, error) {
	opts = append([]client.Option{
		client.MaxReconnects(-1), client.ReconnectWait(500 * time.Millisecond),
		client.FlusherTimeout(10 * time.Second), client.ReconnectOnFlusherError(),
		client.SkipSubjectValidation(), // they are made by this package
	}, opts...)
	if at, ok := ctx.Deadline(); ok {
		opts = append(opts, client.Timeout(max(time.Until(at), time.Millisecond)))
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	base := o.base()
	ls := &links{word: []byte("SUB " + base + ".* "), base: []byte(base + ".")}
	nc, err := client.Connect(url, append(opts, ls.install)...)
	if err != nil {
		return nil, fmt.Errorf("aiomas: cannot connect to NATS at %s: %w", url, err)
	}
	t, err := start(ctx, nc, o, base, ls)
	if err != nil {
		nc.Close()
		return nil, err
	}
	t.owns = true
	return t, nil
}

// New makes a transport over a NATS connection, which the caller closes after the
// transport. It needs more time for each message than one by Connect. Without
// nats.ReconnectOnFlusherError and with a long nats.FlusherTimeout, it takes long to notice
// a server that hangs. ctx applies only to the start.
func New(ctx context.Context, nc *client.Conn, o Options) (*Transport, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	return start(ctx, nc, o, o.base(), nil)
}

// base returns the base of the subjects of a process.
func (o *Options) base() string {
	process := rand.Text()[:12]
	if o.Process != "" {
		process = o.Process + "." + process
	}
	return o.Prefix + ".to." + process
}

func start(ctx context.Context, nc *client.Conn, o Options, base string, ls *links) (*Transport, error) {
	t := &Transport{
		nc: nc, links: ls, opts: o, prefix: o.Prefix, base: base,
		out:  outbox{wake: make(chan struct{}, 1)},
		echo: make(chan struct{}, 1), gone: make(chan struct{}),
		inboxes: make(map[string]inbox), peers: make(map[string]*peer),
		names: make(map[string]*listener), dials: make(map[string]*stream),
	}
	t.now.Store(1)
	if ls != nil {
		ls.t.Store(t)
	}
	var err error
	if t.sub, err = nc.Subscribe(t.base+".*", t.receive); err == nil {
		// The memory is bounded by the windows of the streams.
		err = t.sub.SetPendingLimits(-1, -1)
	}
	if err == nil {
		err = t.comesBack(ctx, t.base+".0", []byte{byte(kindTest)}, t.echo)
	}
	if err != nil {
		if t.sub != nil {
			_ = t.sub.Unsubscribe()
		}
		return nil, fmt.Errorf("aiomas: NATS: %w", err)
	}
	t.measure()
	t.connected.Store(nc.IsConnected())
	t.reconnects = nc.Stats().Reconnects
	status := nc.StatusChanged(client.CONNECTED, client.DISCONNECTED, client.RECONNECTING, client.CLOSED)
	t.work.Go(t.post)
	t.work.Go(func() { t.watch(status) })
	return t, nil
}

// comesBack sends a message to this process itself, and returns an error if it has not
// arrived: the server delivers it before it replies to Flush.
func (t *Transport) comesBack(ctx context.Context, subject string, data []byte, echo <-chan struct{}) error {
	ctx, cancel := context.WithTimeoutCause(ctx, t.opts.Timeout, ErrNoAnswer)
	defer cancel()
	err := t.nc.PublishRequest(subject, subject, data)
	if err == nil {
		err = t.nc.FlushWithContext(ctx)
	}
	handled := make(chan struct{})
	if err == nil {
		err = t.nc.Barrier(func() { close(handled) })
	}
	if err != nil {
		return because(ctx, err)
	}
	select {
	case <-handled:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-echo:
		return nil
	default:
		return ErrNotPermitted
	}
}

// because joins err with the cause of ctx if ctx has ended.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) {
		return errors.Join(err, context.Cause(ctx))
	}
	return err
}

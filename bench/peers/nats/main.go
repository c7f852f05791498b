// Program nats has the peers over NATS: those of this library, plain requests of NATS,
// lookups in a directory of agents and in a copy of it, and plain reads of its key-value
// bucket. The server's process contains the NATS server, and is connected to it within the
// process, except in nats-socket.
package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/ours"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/directory"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func main() {
	peer.Main(
		ours.Over("nats-json", json.Codec, listen, dialled), ours.Over("nats-msgpack", msgpack.Codec, listen, dialled),
		ours.Over("nats-socket", msgpack.Codec, listenSocket, dialled),
		peer.Peer{Name: "nats-plain", Listen: listen, Serve: servePlain, Dial: dialPlain},
		peer.Peer{Name: "nats-directory", Listen: listenStored, Serve: serveDirectory, Dial: dialDirectory},
		peer.Peer{Name: "nats-copy", Listen: listenStored, Serve: serveDirectory, Dial: dialCopy},
		peer.Peer{Name: "nats-kv", Listen: listenStored, Serve: serveDirectory, Dial: dialBucket},
	)
}

// name is the name of the server.
const name = "bench"

// listener is a listener over NATS whose address is that of the NATS server.
type listener struct {
	net.Listener
	names *nats.Transport
	url   string
}

func (l *listener) Addr() net.Addr  { return l }
func (l *listener) Network() string { return "nats" }
func (l *listener) String() string  { return l.url }

// listen starts a NATS server, and listens over it, by a connection within the process.
func listen() (net.Listener, error) {
	return listenWith(embedded.Options{}, (*embedded.Server).InProcess)
}

// listenStored does so with JetStream. The names of a directory are in memory, not there.
func listenStored() (net.Listener, error) {
	return listenWith(embedded.Options{Store: filepath.Join(os.TempDir(), "aiomas-bench-nats")}, (*embedded.Server).InProcess)
}

// listenSocket starts a NATS server, and listens over it as if it was another process.
func listenSocket() (net.Listener, error) {
	return listenWith(embedded.Options{}, func(*embedded.Server) client.Option { return func(*client.Options) error { return nil } })
}

func listenWith(o embedded.Options, connected func(*embedded.Server) client.Option) (net.Listener, error) {
	ctx := context.Background()
	s, err := embedded.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	names, err := nats.Connect(ctx, s.URL(), nats.Options{}, connected(s))
	if err != nil {
		return nil, err
	}
	ln, err := names.Listen(ctx, name)
	return &listener{ln, names, s.URL()}, err
}

// dialled returns how clients reach the server of listen.
func dialled(ctx context.Context, addr string) (string, []aiomas.DialOption, error) {
	names, err := nats.Connect(ctx, addr, nats.Options{})
	return "nats://" + name, []aiomas.DialOption{aiomas.WithTransport("nats", names)}, err
}

// subject is the subject of plain requests.
const subject = "plain"

func servePlain(ln net.Listener, _ peer.Work) error {
	nc := ln.(*listener).names.NATS()
	_, err := nc.Subscribe(subject, func(m *client.Msg) { _ = m.Respond(m.Data) })
	if err == nil {
		err = nc.Flush()
	}
	if err == nil {
		select {}
	}
	return err
}

// plain makes plain requests, of the size of a call for the work "add".
type plain struct {
	nc   *client.Conn
	data []byte
}

const addSize = 30

func dialPlain(_ context.Context, addr string, work peer.Work) (peer.Caller, error) {
	nc, err := client.Connect(addr)
	if err != nil {
		return nil, err
	}
	return &plain{nc, []byte(peer.Text(max(work.Size, addSize)))}, nil
}

func (p *plain) Call(ctx context.Context, work peer.Work, _ int) error {
	m, err := ready(ctx, client.ErrNoResponders, func() (*client.Msg, error) { return p.nc.RequestWithContext(ctx, subject, p.data) })
	if err != nil || len(m.Data) != len(p.data) {
		return peer.Wrong(err, work, m)
	}
	return nil
}

// ready calls f again, at short intervals, while its error is notYet: the server of the slice has not registered yet.
func ready[T any](ctx context.Context, notYet error, f func() (T, error)) (T, error) {
	for {
		v, err := f()
		if !errors.Is(err, notYet) {
			return v, err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return v, err
		}
	}
}

// agentName is the name that is looked up.
const agentName = "market"

func serveDirectory(ln net.Listener, _ peer.Work) error {
	d, err := directory.Open(context.Background(), ln.(*listener).names.NATS(), directory.Options{})
	if err != nil {
		return err
	}
	lease, err := d.Register(context.Background(), agentName, "nats://plant.a/0")
	if err != nil {
		return err
	}
	<-lease.Done()
	return lease.Err()
}

// bucket reads the entry of the name with the NATS client alone.
type bucket struct{ kv jetstream.KeyValue }

func dialBucket(ctx context.Context, addr string, _ peer.Work) (peer.Caller, error) {
	nc, err := client.Connect(addr)
	if err != nil {
		return nil, err
	}
	if _, err := directory.Open(ctx, nc, directory.Options{}); err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	kv, err := js.KeyValue(ctx, "aiomas-agents")
	return bucket{kv}, err
}

func (b bucket) Call(ctx context.Context, work peer.Work, _ int) error {
	e, err := ready(ctx, jetstream.ErrKeyNotFound, func() (jetstream.KeyValueEntry, error) { return b.kv.Get(ctx, agentName) })
	if err != nil || len(e.Value()) == 0 {
		return peer.Wrong(err, work, e)
	}
	return nil
}

// lookups looks the name up.
type lookups func(ctx context.Context, name string) (string, error)

func openDirectory(ctx context.Context, addr string) (*directory.Directory, error) {
	nc, err := client.Connect(addr)
	if err != nil {
		return nil, err
	}
	return directory.Open(ctx, nc, directory.Options{})
}

func dialDirectory(ctx context.Context, addr string, _ peer.Work) (peer.Caller, error) {
	d, err := openDirectory(ctx, addr)
	if err != nil {
		return nil, err
	}
	return lookups(d.Lookup), nil
}

func dialCopy(ctx context.Context, addr string, _ peer.Work) (peer.Caller, error) {
	d, err := openDirectory(ctx, addr)
	if err != nil {
		return nil, err
	}
	c, err := d.Copy(ctx)
	if err != nil {
		return nil, err
	}
	return lookups(c.Lookup), nil
}

func (l lookups) Call(ctx context.Context, work peer.Work, _ int) error {
	addr, err := ready(ctx, directory.ErrUnknown, func() (string, error) { return l(ctx, agentName) })
	if err != nil || addr == "" {
		return peer.Wrong(err, work, addr)
	}
	return nil
}

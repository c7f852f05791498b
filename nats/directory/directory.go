// Package directory finds agents by name in a NATS key-value bucket. Names have leases,
// which end when their holders do.
//
//	agents, err := directory.Open(ctx, names.NATS(), directory.Options{})
//	lease, err := agents.Register(ctx, "market", market.Addr())
//	addr, err := agents.Lookup(ctx, "market") // elsewhere; then container.Connect
package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrUnknown means that the name is not registered, or that its lease has expired.
	ErrUnknown = errors.New("nobody has the name")
	// ErrTaken means that the name is registered by another holder.
	ErrTaken = errors.New("the name is taken")
)

// Options are the options of a directory. All users of a bucket must have the same options.
type Options struct {
	// Bucket is the bucket's name; default "aiomas-agents".
	Bucket string
	// TTL is how long a name remains registered after the last renewal by its holder; at
	// least 1 s, default 10 s.
	TTL time.Duration
	// Replicas is the number of replicas of the bucket in a cluster; default 1. The bucket
	// is kept in memory.
	Replicas int
}

// Directory maps names to addresses. It is safe for concurrent use.
type Directory struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	kv     jetstream.KeyValue
	config jetstream.KeyValueConfig
}

// Open opens the bucket, and creates it if it does not exist. The server must have
// JetStream.
func Open(ctx context.Context, nc *nats.Conn, o Options) (*Directory, error) {
	if o.Bucket == "" {
		o.Bucket = "aiomas-agents"
	}
	if o.TTL == 0 {
		o.TTL = 10 * time.Second
	}
	if o.TTL < time.Second {
		return nil, fmt.Errorf("aiomas: directory.Options.TTL %v is less than a second", o.TTL)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, failed("open", o.Bucket, err)
	}
	d := &Directory{nc: nc, js: js, config: jetstream.KeyValueConfig{
		Bucket: o.Bucket, Description: "names of aiomas agents, and their addresses", Storage: jetstream.MemoryStorage,
		TTL: o.TTL, LimitMarkerTTL: o.TTL, Replicas: max(1, o.Replicas),
	}}
	if d.kv, err = js.CreateOrUpdateKeyValue(ctx, d.config); err != nil {
		return nil, failed("open", o.Bucket, err)
	}
	return d, nil
}

// restored makes the bucket again if err means that the server has lost it, as all that is
// only in memory: then the holders of names register them again. It reports whether the
// operation may succeed now.
func (d *Directory) restored(ctx context.Context, err error) bool {
	for _, lost := range []error{nats.ErrNoResponders, nats.ErrStreamNotFound, jetstream.ErrStreamNotFound, jetstream.ErrNoStreamResponse} {
		if errors.Is(err, lost) {
			_, err := d.js.CreateOrUpdateKeyValue(ctx, d.config)
			return err == nil
		}
	}
	return false
}

func failed(op, name string, err error) error {
	return fmt.Errorf("aiomas: directory: %s %q: %w", op, name, err)
}

// unknown reports whether err means that there is no entry.
func unknown(err error) bool {
	return errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrKeyDeleted)
}

// Lookup returns the registered address of name, or ErrUnknown.
func (d *Directory) Lookup(ctx context.Context, name string) (string, error) {
	e, err := d.kv.Get(ctx, key(name))
	if d.restored(ctx, err) {
		e, err = d.kv.Get(ctx, key(name))
	}
	if unknown(err) {
		err = ErrUnknown
	}
	if err != nil {
		return "", failed("look up", name, err)
	}
	return string(e.Value()), nil
}

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// key returns the key of a name. Bytes that the bucket does not allow are replaced by = and
// two hexadecimal digits.
func key(name string) string {
	if strings.Trim(name, plain) == "" {
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		inner := i > 0 && i < len(name)-1 && name[i-1] != '.'
		if c := name[i]; strings.IndexByte(plain, c) >= 0 || c == '.' && inner {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

// nameOf returns the name of a key.
func nameOf(key string) string {
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		var c byte
		if key[i] == '=' && i+2 < len(key) {
			if _, err := fmt.Sscanf(key[i+1:i+3], "%02X", &c); err == nil {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(key[i])
	}
	return b.String()
}

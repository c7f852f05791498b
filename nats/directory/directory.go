// Package directory finds agents by name in a NATS key-value bucket: names with leases,
// which end when their holder does.
//
//	agents, err := directory.Open(ctx, names.NATS(), directory.Options{})
//	lease, err := agents.Register(ctx, "market", market.Addr())
//	addr, err := agents.Lookup(ctx, "market") // elsewhere; then container.Connect
package directory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrUnknown says that nobody has registered the name, or not for a while.
	ErrUnknown = errors.New("nobody has the name")
	// ErrTaken says that somebody else has registered the name.
	ErrTaken = errors.New("the name is taken")
)

// Options are what a directory may have otherwise than usual. All users of a bucket need
// the same.
type Options struct {
	// Bucket is the bucket's name; default "aiomas-agents".
	Bucket string
	// TTL is how long a name lives after its holder was last heard of, 1 s at least;
	// default 10 s.
	TTL time.Duration
	// Replicas of the bucket in a cluster; default 1. It is kept in memory.
	Replicas int
}

// Directory has names and addresses. It is safe for concurrent use.
type Directory struct {
	kv  jetstream.KeyValue
	ttl time.Duration
}

// Open makes the bucket, if there is none. The server needs JetStream.
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
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: o.Bucket, Description: "names of aiomas agents, and their addresses", Storage: jetstream.MemoryStorage,
		TTL: o.TTL, LimitMarkerTTL: o.TTL, Replicas: max(1, o.Replicas),
	})
	if err != nil {
		return nil, failed("open", o.Bucket, err)
	}
	return &Directory{kv, o.TTL}, nil
}

func failed(op, name string, err error) error {
	return fmt.Errorf("aiomas: directory: %s %q: %w", op, name, err)
}

// unknown tells that there is no entry.
func unknown(err error) bool {
	return errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrKeyDeleted)
}

// Lookup returns the address with which the name is registered, or ErrUnknown.
func (d *Directory) Lookup(ctx context.Context, name string) (string, error) {
	e, err := d.kv.Get(ctx, key(name))
	if unknown(err) {
		err = ErrUnknown
	}
	if err != nil {
		return "", failed("look up", name, err)
	}
	return string(e.Value()), nil
}

// Event is a change of the directory.
type Event struct {
	Name    string
	Address string // empty: the name is gone
}

// Watch returns all names, as they are and as they change, until ctx ends: its last pair
// then has the cause. A renewed lease is no change.
func (d *Directory) Watch(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		w, err := d.kv.WatchAll(ctx)
		if err != nil {
			yield(Event{}, failed("watch", d.kv.Bucket(), err))
			return
		}
		defer func() { _ = w.Stop() }()
		known := make(map[string]string)
		for {
			var e jetstream.KeyValueEntry
			var open bool
			select {
			case e, open = <-w.Updates():
			case <-ctx.Done():
			}
			if ctx.Err() != nil || !open {
				err := context.Cause(ctx)
				if err == nil {
					err = nats.ErrConnectionClosed
				}
				yield(Event{}, failed("watch", d.kv.Bucket(), err))
				return
			}
			if e == nil { // all that there was has come
				continue
			}
			ev := Event{Name: nameOf(e.Key())}
			if e.Operation() == jetstream.KeyValuePut {
				ev.Address = string(e.Value())
			}
			if known[ev.Name] == ev.Address {
				continue
			}
			if known[ev.Name] = ev.Address; ev.Address == "" {
				delete(known, ev.Name)
			}
			if !yield(ev, nil) {
				return
			}
		}
	}
}

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// key is a name as the bucket takes it: what it does not take is = and two digits.
func key(name string) string {
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

// nameOf is the name of a key.
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

package directory

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lease is a registered name.
type Lease struct {
	d       *Directory
	name    string
	address string
	cancel  context.CancelFunc
	done    chan struct{}

	mu  sync.Mutex
	rev uint64
	err error
}

// Register registers name with an address until Release is called, ctx ends or the process
// ends; in the last two cases, the name is removed within [Options].TTL. The error is
// ErrTaken if the name is registered already.
func (d *Directory) Register(ctx context.Context, name, address string) (*Lease, error) {
	if name == "" || address == "" {
		return nil, failed("register", name, errors.New("a name and an address are needed"))
	}
	rev, err := d.kv.Create(ctx, key(name), []byte(address))
	if errors.Is(err, jetstream.ErrKeyExists) {
		err = ErrTaken
	}
	if err != nil {
		return nil, failed("register", name, err)
	}
	l := &Lease{d: d, name: name, address: address, rev: rev, done: make(chan struct{})}
	ctx, l.cancel = context.WithCancel(ctx)
	go l.keep(ctx)
	return l, nil
}

// Done returns a channel that is closed when the lease has ended.
func (l *Lease) Done() <-chan struct{} { return l.done }

// Err returns the reason why the lease has ended: ErrTaken if the name expired while NATS
// was not reachable, and another holder has registered it since. It returns nil if the
// lease has not ended or was ended by its holder.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Release removes the name at once.
func (l *Lease) Release(ctx context.Context) error {
	l.cancel()
	<-l.done
	l.mu.Lock()
	rev, err := l.rev, l.err
	l.mu.Unlock()
	if err != nil {
		return nil //nolint:nilerr // it is not this lease's any more
	}
	if err := l.d.kv.Delete(ctx, key(l.name), jetstream.LastRevision(rev)); err != nil {
		return failed("release", l.name, err)
	}
	return nil
}

// keep renews the lease three times in each TTL, in its own goroutine.
func (l *Lease) keep(ctx context.Context) {
	defer close(l.done)
	defer l.cancel()
	ticker := time.NewTicker(l.d.ttl / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if err := l.renew(ctx); err != nil {
			l.mu.Lock()
			l.err = failed("keep", l.name, err)
			l.mu.Unlock()
			return
		}
	}
}

// renew returns an error if the name is lost for good. After other errors, the next renewal
// tries again.
func (l *Lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.d.ttl/3)
	defer cancel()
	k, value := key(l.name), []byte(l.address)
	rev, err := l.d.kv.Update(ctx, k, value, l.rev)
	if err != nil && ctx.Err() == nil {
		// The lease has expired, or the reply to an earlier update was lost.
		e, err2 := l.d.kv.Get(ctx, k)
		switch {
		case unknown(err2):
			rev, err = l.d.kv.Create(ctx, k, value)
		case err2 == nil && string(e.Value()) == l.address:
			rev, err = e.Revision(), nil
		case err2 == nil:
			return ErrTaken
		}
	}
	if err == nil {
		l.mu.Lock()
		l.rev = rev
		l.mu.Unlock()
	}
	return nil
}

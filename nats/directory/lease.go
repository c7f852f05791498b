package directory

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lease holds a name.
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

// Register takes the name for an address, and keeps it until Release, the end of ctx or
// of the process; the name is gone [Options].TTL later at most. The error is ErrTaken if
// somebody has it.
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

// Done is closed when the lease is over.
func (l *Lease) Done() <-chan struct{} { return l.done }

// Err says why it is over: ErrTaken, when the name has expired while NATS was out of
// reach, and somebody else has taken it. nil: it is not over, or at the holder's wish.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Release gives the name up at once.
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

// keep is the lease's goroutine: it renews it three times in its life.
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

// renew returns an error if the name is lost for good; what else goes wrong is tried
// again.
func (l *Lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.d.ttl/3)
	defer cancel()
	k, value := key(l.name), []byte(l.address)
	rev, err := l.d.kv.Update(ctx, k, value, l.rev)
	if err != nil && ctx.Err() == nil {
		// It has expired, or what was written before was not answered.
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

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
	if d.restored(ctx, err) {
		rev, err = d.kv.Create(ctx, key(name), []byte(address))
	}
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
	if err := l.remove(ctx, rev); err != nil {
		return failed("release", l.name, err)
	}
	return nil
}

// remove removes the entry of the lease, whose revision was rev.
func (l *Lease) remove(ctx context.Context, rev uint64) error {
	k := key(l.name)
	err := l.d.kv.Delete(ctx, k, jetstream.LastRevision(rev))
	if err == nil {
		return nil
	}
	switch e, err2 := l.d.kv.Get(ctx, k); {
	case unknown(err2), l.d.restored(ctx, err2):
		return nil
	case err2 != nil:
		return err
	case string(e.Value()) != l.address:
		return nil
	default: // the end of keep has cancelled a renewal that the server has made
		return l.d.kv.Delete(ctx, k, jetstream.LastRevision(e.Revision()))
	}
}

// keep renews the lease three times in each TTL, in its own goroutine.
func (l *Lease) keep(ctx context.Context) {
	defer close(l.done)
	defer l.cancel()
	ticker := time.NewTicker(l.d.config.TTL / 3)
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
	k, value := key(l.name), []byte(l.address)
	within := func(f func(ctx context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, l.d.config.TTL/3)
		defer cancel()
		return f(ctx)
	}
	rev := l.rev
	err := within(func(ctx context.Context) (err error) {
		rev, err = l.d.kv.Update(ctx, k, value, rev)
		return err
	})
	if err != nil && ctx.Err() == nil {
		err = within(func(ctx context.Context) (err error) {
			rev, err = l.again(ctx, k, value)
			return err
		})
	}
	switch {
	case errors.Is(err, ErrTaken):
		return ErrTaken
	case err == nil:
		l.mu.Lock()
		l.rev = rev
		l.mu.Unlock()
	}
	return nil
}

// again is called after an update has failed: the lease has expired, the server has lost the
// bucket, or the reply to an earlier update was lost.
func (l *Lease) again(ctx context.Context, k string, value []byte) (rev uint64, err error) {
	e, err := l.d.kv.Get(ctx, k)
	switch {
	case unknown(err), l.d.restored(ctx, err):
		return l.d.kv.Create(ctx, k, value)
	case err != nil:
		return 0, err
	case string(e.Value()) != l.address:
		return 0, ErrTaken
	}
	return e.Revision(), nil
}

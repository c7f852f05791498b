package directory

import (
	"context"
	"iter"
	"maps"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Event is a change of the directory.
type Event struct {
	Name    string
	Address string // empty if the name was removed
}

// Watch returns an iterator over all names, first the present ones and then each change,
// until ctx ends. The last pair then has the cause. The renewal of a lease is not a change.
// If the connection or the bucket was lost, it continues with what has changed since.
func (d *Directory) Watch(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		f := newFollower(d, func(e Event) bool { return yield(e, nil) })
		if err := f.run(ctx); err != nil {
			yield(Event{}, failed("watch", d.config.Bucket, err))
		}
	}
}

// follower keeps a copy of the names, by a watch of the bucket. It makes another watch when
// it is not sure that the present one reports all changes.
type follower struct {
	d      *Directory
	change func(Event) bool // returns false to end the follower
	ready  chan struct{}    // closed when all names are known for the first time

	mu    sync.RWMutex
	known map[string]string // addresses by name
	sure  bool              // known has all names, and the watch still exists
	heard time.Time         // of the last update, which may be the renewal of a lease

	// Only for the goroutine of run.
	present map[string]bool // names that a new watch has reported so far; nil if that was all
	over    bool            // change has returned false
}

func newFollower(d *Directory, change func(Event) bool) *follower {
	return &follower{d: d, change: change, ready: make(chan struct{}), known: make(map[string]string)}
}

// lookup returns the address of name, or "" if it is not known for sure.
func (f *follower) lookup(name string) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if !f.sure || time.Since(f.heard) >= f.d.config.TTL {
		return ""
	}
	return f.known[name]
}

// run returns nil if change has returned false.
func (f *follower) run(ctx context.Context) error {
	for first := true; ; first = false {
		err := f.watch(ctx)
		f.mu.Lock()
		f.sure = false
		f.mu.Unlock()
		switch {
		case f.over:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case f.d.nc.IsClosed():
			return nats.ErrConnectionClosed
		case err == nil:
			continue
		case f.d.restored(ctx, err):
			continue
		case first:
			return err
		}
		select {
		case <-time.After(f.d.config.TTL / quarters):
		case <-ctx.Done():
		}
	}
}

// quarters is the number of checks of a watch in a TTL.
const quarters = 4

// watch makes a watch and follows it as long as it is reliable. It returns an error if it
// cannot make it.
func (f *follower) watch(ctx context.Context) error {
	nc, ttl := f.d.nc, f.d.config.TTL
	// A listener may miss events that follow each other fast; the ticker finds them.
	status := nc.StatusChanged(nats.RECONNECTING, nats.DISCONNECTED, nats.CLOSED)
	defer nc.RemoveStatusListener(status)
	reconnects := nc.Stats().Reconnects
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tooLong := time.AfterFunc(ttl, cancel)
	w, err := f.d.kv.WatchAll(ctx)
	tooLong.Stop()
	if err != nil {
		return err
	}
	defer func() {
		cancel() // ends w, without waiting for the server as w.Stop does
		for range w.Updates() {
			continue // w might wait for this
		}
	}()
	f.present = make(map[string]bool)
	ticker := time.NewTicker(ttl / quarters)
	defer ticker.Stop()
	for quiet := 0; quiet < quarters; {
		select {
		case e, open := <-w.Updates():
			if !open || !f.update(e) {
				return nil
			}
			quiet = 0
		case <-ticker.C:
			// While a name is registered, its lease is renewed. Silence means that there is
			// none, or that the server has lost the watch.
			quiet++
			if !nc.IsConnected() || nc.Stats().Reconnects != reconnects {
				return nil
			}
		case <-status:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// update handles an entry; nil is the end of the present ones. It returns false if change
// does.
func (f *follower) update(e jetstream.KeyValueEntry) bool {
	var changes []Event
	f.mu.Lock()
	f.heard = time.Now()
	if e == nil {
		changes = f.complete()
	} else {
		ev := Event{Name: nameOf(e.Key())}
		if e.Operation() == jetstream.KeyValuePut {
			ev.Address = string(e.Value())
		}
		if f.present != nil {
			f.present[ev.Name] = true
		}
		if f.known[ev.Name] != ev.Address {
			f.set(ev)
			changes = []Event{ev}
		}
	}
	f.mu.Unlock()
	for _, ev := range changes {
		if !f.change(ev) {
			f.over = true
			return false
		}
	}
	return true
}

// set applies a change; mu is held.
func (f *follower) set(e Event) {
	if e.Address == "" {
		delete(f.known, e.Name)
	} else {
		f.known[e.Name] = e.Address
	}
}

// complete is called when a new watch has reported the present names. It returns the
// removals that no watch has reported; mu is held.
func (f *follower) complete() (removed []Event) {
	for name := range maps.Keys(f.known) {
		if !f.present[name] {
			removed = append(removed, Event{Name: name})
		}
	}
	for _, e := range removed {
		f.set(e)
	}
	f.present, f.sure = nil, true
	select {
	case <-f.ready:
	default:
		close(f.ready)
	}
	return removed
}

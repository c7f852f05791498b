package directory

import "context"

// Copy is a copy of a directory in this process, for lookups without a message. It is safe
// for concurrent use.
//
// A lookup finds what a [Directory.Watch] of this process has reported: a name that was
// removed or registered again elsewhere is found with its old address until the server has
// sent the change, usually in less than a millisecond. The server is asked, as by
// [Directory.Lookup],
//   - for a name that the copy does not have: a name that was just registered is found;
//   - while there is no watch: after the loss of the connection to NATS, until all names have
//     come again;
//   - when nothing has come for [Options].TTL, in which each lease is renewed several times.
//
// So an old address is not found later than TTL after the server's last message to the copy.
//
// Each renewal of each lease is a message to each copy: 3·n/TTL messages a second for n names.
type Copy struct {
	f      *follower
	cancel context.CancelFunc
	done   chan struct{}
}

// Copy makes a copy of the directory, and returns when it has all present names. It is kept
// until ctx ends, or until Close.
func (d *Directory) Copy(ctx context.Context) (*Copy, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &Copy{newFollower(d, func(Event) bool { return true }), cancel, make(chan struct{})}
	var err error
	go func() {
		defer close(c.done)
		err = c.f.run(ctx)
	}()
	select {
	case <-c.f.ready:
		return c, nil
	case <-c.done:
		cancel()
		return nil, failed("copy", d.config.Bucket, err)
	}
}

// Lookup returns the registered address of name, or ErrUnknown. After the end of the copy,
// it is [Directory.Lookup].
func (c *Copy) Lookup(ctx context.Context, name string) (string, error) {
	if address := c.f.lookup(name); address != "" {
		return address, nil
	}
	return c.f.d.Lookup(ctx, name)
}

// Close ends the copy.
func (c *Copy) Close() error {
	c.cancel()
	<-c.done
	return nil
}

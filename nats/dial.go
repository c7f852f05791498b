package nats

import (
	"context"
	"crypto/rand"
	"net"
	"time"
)

// newID returns a random last token for the subject of a stream, which cannot be guessed.
func newID() string { return rand.Text()[:12] }

// Dial connects to the listener with the given name. If there is none, it fails at once
// with syscall.ECONNREFUSED. It implements aiomas.Transport.
func (t *Transport) Dial(ctx context.Context, name string) (net.Conn, error) {
	s := t.newStream(newID(), addr{t.opts.Scheme, t.base}, addr{t.opts.Scheme, name})
	if err := checkSubject(name); err != nil {
		return nil, s.opError("dial", err)
	}
	s.dialled = make(chan error, 1)
	t.mu.Lock()
	err := t.over
	if err == nil {
		t.inboxes[s.id] = s
	}
	t.mu.Unlock()
	if err != nil {
		return nil, s.opError("dial", err)
	}
	t.out.put(s.dial()) // s is not shared yet
	timer := time.NewTimer(t.opts.Timeout)
	defer timer.Stop()
	select {
	case err = <-s.dialled:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-timer.C:
		err = t.noAnswer()
	}
	if err != nil {
		s.end(err)
		return nil, s.opError("dial", err)
	}
	return s, nil
}

package nats

import (
	"slices"
	"sync"
)

// outbox publishes for goroutines that must not wait for NATS, such as those that receive
// or close. While there is no connection, it keeps its messages; their size is limited by
// the windows of the streams.
type outbox struct {
	mu    sync.Mutex
	queue []letter
	wake  chan struct{} // gets a token when there may be work
	idle  chan struct{} // if not nil: closed when everything has been published
}

// letter is a message to be published.
type letter struct {
	to, reply string
	data      []byte
	stream    *stream // of a data message, whose loss ends the stream; otherwise nil
	name      bool    // to a name: it must not overtake subscriptions of the NATS client
}

func (o *outbox) put(l letter) {
	o.mu.Lock()
	o.queue = append(o.queue, l)
	o.mu.Unlock()
	wake(o.wake)
}

// send puts a letter, unless it is empty.
func (o *outbox) send(l letter) {
	if l.to != "" {
		o.put(l)
	}
}

// empty returns a channel that is closed when everything has been published.
func (o *outbox) empty() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.idle == nil {
		o.idle = make(chan struct{})
	}
	wake(o.wake)
	return o.idle
}

// take returns the letters to publish now.
func (o *outbox) take(used []letter) []letter {
	clear(used)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		if o.idle != nil {
			close(o.idle)
			o.idle = nil
		}
		return nil
	}
	list := o.queue
	o.queue = used[:0]
	return list
}

// putBack puts letters that were taken before those of the queue.
func (o *outbox) putBack(list []letter) {
	if len(list) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = append(slices.Clone(list), o.queue...)
}

// way returns the link by which messages are published, or nil if the NATS client does it.
// ok is false if there is no connection.
func (t *Transport) way() (l *link, ok bool) {
	if t.links == nil || t.links.through.Load() {
		return nil, t.connected.Load()
	}
	l = t.links.ready.Load()
	return l, l != nil
}

// resume is called when way may have changed.
func (t *Transport) resume() { wake(t.out.wake) }

// post runs in the goroutine of the outbox, which ends with the transport.
func (t *Transport) post() {
	var list []letter
	for {
		select {
		case <-t.out.wake:
		case <-t.gone:
			return
		}
		for {
			l, ok := t.way()
			if !ok {
				break
			}
			if list = t.out.take(list); len(list) == 0 {
				break
			}
			t.out.putBack(t.publish(l, list))
		}
	}
}

// subscribed reports whether the NATS client has written its subscriptions.
func (t *Transport) subscribed() bool {
	n, err := t.nc.Buffered()
	return n == 0 && err == nil
}

// publish publishes letters by way of a link, or of the NATS client. While the server
// accepts no data, it waits, but no longer than nats.FlusherTimeout. It returns the letters
// that remain because the link has ended.
func (t *Transport) publish(l *link, list []letter) (remain []letter) {
	for len(list) > 0 {
		rest := list[1:]
		var err error
		switch m := list[0]; {
		case l != nil && (!m.name || t.subscribed()):
			if rest, err = l.writeLetters(list); len(rest) == len(list) {
				return list
			}
		case m.reply == "":
			err = t.nc.Publish(m.to, m.data)
		default:
			err = t.nc.PublishRequest(m.to, m.reply, m.data)
		}
		for _, m := range list[:len(list)-len(rest)] {
			if m.stream != nil {
				m.stream.posted(m.data, err)
			}
		}
		list = rest
	}
	return nil
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

package nats

import "sync"

// outbox publishes for goroutines that must not wait for NATS, such as those that receive
// or close. While there is no connection, it keeps its messages; their size is limited by
// the windows of the streams.
type outbox struct {
	mu     sync.Mutex
	queue  []letter
	wake   chan struct{} // gets a token when there may be work
	idle   chan struct{} // if not nil: closed when everything has been published
	paused bool
}

// letter is a message to be published.
type letter struct {
	to, reply string
	data      []byte
	stream    *stream // of a data message, whose loss ends the stream; otherwise nil
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

// pause pauses publishing, or resumes it.
func (o *outbox) pause(yes bool) {
	o.mu.Lock()
	o.paused = yes
	o.mu.Unlock()
	wake(o.wake)
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
	if o.paused {
		return nil
	}
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

// post runs in the goroutine of the outbox, which ends with the transport.
func (t *Transport) post() {
	var list []letter
	for {
		select {
		case <-t.out.wake:
		case <-t.gone:
			return
		}
		for list = t.out.take(list); len(list) > 0; list = t.out.take(list) {
			for _, l := range list {
				err := t.publish(l)
				if l.stream != nil {
					l.stream.posted(l.data, err)
				}
			}
		}
	}
}

// publish passes a message to the NATS client. While the server accepts no data, it waits,
// but no longer than nats.FlusherTimeout.
func (t *Transport) publish(l letter) error {
	if l.reply == "" {
		return t.nc.Publish(l.to, l.data)
	}
	return t.nc.PublishRequest(l.to, l.reply, l.data)
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

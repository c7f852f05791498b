package record

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// queued bounds the bytes of events that have not been reported yet. Above it the connections wait,
// so that no event is lost and memory is bounded.
const queued = 32 << 20

// eventSize is the size of an event without its data.
const eventSize = 128

// Relay forwards connections, byte by byte as they arrive, and reports events. The events of one
// connection are in the order of arrival. A request is reported before its reply, even if the reply
// is on another connection. It is safe for concurrent use.
type Relay struct {
	// Names, if not nil, returns the names of the programs at both ends. [Relay.Pass] calls it before
	// it forwards any data. Set it before the first call of Pass.
	Names func(ctx context.Context, client, server net.Conn) [2]string

	tell     func(Event)
	limit    int64
	conns    atomic.Int64
	passages Passages
	began    time.Time

	mu     sync.Mutex
	more   sync.Cond // there are events, or room for events
	events []Event
	size   int
	closed bool
	done   chan struct{}
}

// NewRelay returns a relay that calls tell with its events, one at a time, in a goroutine that
// [Relay.Close] ends. limit is the maximum length of a payload; 0 means frame.DefaultLimit.
func NewRelay(limit int64, tell func(Event)) *Relay {
	r := &Relay{tell: tell, limit: limit, began: time.Now(), done: make(chan struct{})}
	r.more.L = &r.mu
	go r.run()
	return r
}

func (r *Relay) run() {
	defer close(r.done)
	for {
		r.mu.Lock()
		for len(r.events) == 0 && !r.closed {
			r.more.Wait()
		}
		events := r.events
		r.events, r.size = nil, 0
		r.more.Broadcast()
		r.mu.Unlock()
		if len(events) == 0 {
			return
		}
		for _, e := range events {
			r.tell(e)
		}
	}
}

// now returns the current time. It uses the monotonic clock, so that latencies are right even if
// the system's clock is set; the result has no monotonic part, so that events equal those read from
// a recording.
func (r *Relay) now() time.Time { return r.began.Round(0).Add(time.Since(r.began)) }

// put queues events that happened at the same time.
func (r *Relay) put(events ...Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.size > queued && !r.closed {
		r.more.Wait()
	}
	for _, e := range events {
		r.events = append(r.events, e)
		r.size += len(e.Data) + eventSize
	}
	r.more.Broadcast()
}

// Close waits until all events have been reported. Call it after the last [Relay.Pass] has returned.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.more.Broadcast()
	r.mu.Unlock()
	<-r.done
}

// Pass forwards data between client and server until both have ended their streams or ctx has
// ended, and closes them. The end of a stream is forwarded in the same form: as an orderly end, or
// as a reset. Data that arrive on several connections are forwarded in the order of arrival; see
// [Passages].
func (r *Relay) Pass(ctx context.Context, client, server net.Conn) {
	opened := Event{Kind: Opened, Addrs: [2]string{client.RemoteAddr().String(), server.RemoteAddr().String()}}
	if r.Names != nil {
		opened.Names = r.Names(ctx, client, server)
	}
	conn := r.conns.Add(1)
	opened.Conn, opened.Time = conn, r.now()
	r.put(opened)
	split := [2]Splitter{{Limit: r.limit}, {Limit: r.limit}}
	r.passages.Join(ctx, client, server, func(from *End, data []byte, err error) {
		side := from.Side()
		if err == nil {
			r.putData(conn, side, &split[side], data) // before the receiver can answer
			from.Other().Write(data)
			return
		}
		if rest := split[side].Rest(); len(rest) > 0 {
			r.put(Event{Time: r.now(), Conn: conn, Kind: Rest, From: side, Data: rest})
		}
		r.put(Event{Time: r.now(), Conn: conn, Kind: Ended, From: side, Reason: err.Error()})
		if errors.Is(err, io.EOF) {
			from.Other().CloseWrite()
		} else {
			from.Other().Reset()
		}
	})
}

// putData queues the events of data that has arrived.
func (r *Relay) putData(conn int64, side Side, split *Splitter, data []byte) {
	now := r.now()
	var events []Event
	split.Add(data, func(data []byte, rest bool) {
		kind := Frame
		if rest {
			kind = Rest
		}
		events = append(events, Event{Time: now, Conn: conn, Kind: kind, From: side, Data: data})
	})
	r.put(events...)
}

// closeWrite ends the stream to conn, or closes conn if that is not possible.
func closeWrite(conn net.Conn) error {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite() // fails only if it has already ended
		return nil
	}
	return conn.Close()
}

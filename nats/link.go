package nats

import (
	"bytes"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/nats-io/nats.go"
)

// links makes the connections of a NATS client to its servers. It reads and writes the
// messages of streams itself, since the client copies each message, allocates memory for it
// and passes it to another goroutine. All else passes through, and so does everything on a
// connection with TLS or WebSocket.
type links struct {
	options client.Options // of the NATS client; those changed by install as they were
	word    []byte         // "SUB aiomas.to.PROCESS.* ", which the client writes
	base    []byte         // "aiomas.to.PROCESS."

	t       atomic.Pointer[Transport]
	ready   atomic.Pointer[link] // can be written to; nil if there is none
	through atomic.Bool          // on the last connection, everything passes through
}

// install is an option of the NATS client, the last one.
func (ls *links) install(o *client.Options) error {
	ls.options = *o
	o.CustomDialer = ls
	if o.InProcessServer != nil {
		o.InProcessServer, o.SkipHostLookup = nil, true // it has precedence
	}
	return nil
}

// Dial implements nats.CustomDialer.
func (ls *links) Dial(network, address string) (c net.Conn, err error) {
	switch o := &ls.options; {
	case o.InProcessServer != nil:
		c, err = o.InProcessServer.InProcessConn()
	case o.CustomDialer != nil:
		c, err = o.CustomDialer.Dial(network, address)
	case o.Dialer != nil:
		c, err = o.Dialer.Dial(network, address)
	default:
		c, err = net.DialTimeout(network, address, o.Timeout) //nolint:noctx // the client has none
	}
	if err != nil {
		return nil, err
	}
	l := &link{Conn: c, links: ls}
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		l.vectors = true
	}
	if ls.options.InProcessServer != nil {
		l.later = newOperations()
		go l.writeLater()
	}
	return l, nil
}

// SkipTLSHandshake reports whether the dialer of the user makes connections with TLS.
func (ls *links) SkipTLSHandshake() bool {
	d, ok := ls.options.CustomDialer.(interface{ SkipTLSHandshake() bool })
	return ok && d.SkipTLSHandshake()
}

// link is one of these connections. The NATS client calls Read from one goroutine, whose
// state is in reader.
type link struct {
	net.Conn
	links *links

	deadline atomic.Pointer[time.Time] // of Write

	begun bool // something was written
	plain bool // the client has begun with CONNECT; written before Read needs it

	mu      sync.Mutex // guards the writing side
	dead    bool
	vectors bool        // several parts can be written at once
	later   *operations // of a connection to a server in this process; otherwise nil
	scratch []byte
	parts   net.Buffers
	queue   net.Buffers // what of parts is to be written

	reader
}

// SetWriteDeadline sets the deadline for the next Write. It does not apply to messages of
// streams that are being written.
func (l *link) SetWriteDeadline(at time.Time) error {
	l.deadline.Store(&at)
	if l.plain {
		return nil
	}
	return l.Conn.SetWriteDeadline(at)
}

// Write writes operations of the NATS client, which makes one call at a time.
func (l *link) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun, l.plain = true, bytes.HasPrefix(p, []byte("CONNECT "))
		l.links.through.Store(!l.plain)
	}
	if !l.plain {
		return l.Conn.Write(p)
	}
	subscribes := l.sid.Load() == nil && l.subscribed(p)
	if l.later != nil {
		return l.later.put(p, subscribes)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.deadline.Load(); at != nil {
		_ = l.Conn.SetWriteDeadline(*at)
	}
	n, err := l.Conn.Write(p)
	switch {
	case err != nil:
		l.end()
	case subscribes:
		l.begin()
	}
	return n, err
}

// begin is called when the subscription of the transport was written; mu is held.
func (l *link) begin() {
	if !l.dead {
		l.links.ready.Store(l)
		l.links.t.Load().resume()
	}
}

// subscribed reports whether p contains the subscription of the transport, and records its
// id.
func (l *link) subscribed(p []byte) bool {
	_, rest, ok := bytes.Cut(p, l.links.word)
	if ok {
		line, _, _ := bytes.Cut(rest, []byte("\r"))
		id := bytes.Clone(bytes.TrimSpace(line))
		l.sid.Store(&id)
	}
	return ok
}

// Close implements net.Conn.
func (l *link) Close() error {
	err := l.Conn.Close() // ends a Write, which holds mu
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
	return err
}

// end ends the link after an error, when it may have written a part of an operation; mu is
// held. The client notices it by reading.
func (l *link) end() {
	if l.dead {
		return
	}
	l.dead = true
	_ = l.Conn.Close()
	if l.later != nil {
		l.later.close()
	}
	if l.links.ready.CompareAndSwap(l, nil) {
		l.links.t.Load().resume()
	}
}

// extend sets the deadline for writing messages of streams; mu is held.
func (l *link) extend() {
	at := time.Time{}
	if d := l.links.options.FlusherTimeout; d > 0 {
		at = time.Now().Add(d)
	}
	_ = l.Conn.SetWriteDeadline(at)
}

const (
	// joined is the size up to which messages are copied, to be written together.
	joined = 8 << 10
	// burst is about the most bytes that are written before others can write.
	burst = 16 * mostChunk
)

// writeData writes p in data messages to a subject. chunk is the most bytes of each.
func (l *link) writeData(to string, h header, p []byte, chunk int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.writeFirst(); err != nil {
		return err
	}
	if len(p) <= min(chunk, joined) {
		b := appendPub(l.scratch[:0], to, "", headerSize+len(p))
		b = append(h.append(b), p...)
		l.scratch = append(b, '\r', '\n')
		return l.write(l.scratch)
	}
	if !l.vectors {
		return l.writeJoined(to, h, p, chunk)
	}
	n := (len(p) + chunk - 1) / chunk
	b := l.scratch[:0]
	if need := n*(len(to)+64) + 2; cap(b) < need {
		b = make([]byte, 0, need) // it must not move
	}
	l.parts = l.parts[:0]
	for len(p) > 0 {
		k := min(chunk, len(p))
		start := len(b)
		if start > 0 {
			b = append(b, '\r', '\n')
		}
		b = h.append(appendPub(b, to, "", headerSize+k))
		l.parts = append(l.parts, b[start:], p[:k])
		h.seq += uint64(k) //nolint:gosec // positive
		p = p[k:]
	}
	end := len(b)
	l.scratch = append(b, '\r', '\n')
	l.parts = append(l.parts, l.scratch[end:])
	l.extend()
	l.queue = l.parts
	_, err := l.queue.WriteTo(l.Conn)
	clear(l.parts)
	l.queue = nil
	if err != nil {
		l.end()
	}
	return err
}

// writeJoined is writeData for connections of which each part would be a write of its own. The
// NATS server gets whole messages in each read.
func (l *link) writeJoined(to string, h header, p []byte, chunk int) error {
	for len(p) > 0 {
		b := l.scratch[:0]
		if cap(b) < linkBuffer {
			b = make([]byte, 0, linkBuffer)
		}
		for n := 0; n < linkBuffer/mostChunk && len(p) > 0; n++ {
			k := min(chunk, len(p))
			b = append(h.append(appendPub(b, to, "", headerSize+k)), p[:k]...)
			b = append(b, '\r', '\n')
			h.seq += uint64(k) //nolint:gosec // positive
			p = p[k:]
		}
		l.scratch = b
		if err := l.write(b); err != nil {
			return err
		}
	}
	return nil
}

// writeLetters writes the messages before the next one to a name, or some of them. It returns
// those that remain: all if the link has ended.
func (l *link) writeLetters(list []letter) (rest []letter, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.writeFirst(); err != nil {
		return list, err
	}
	b := l.scratch[:0]
	for first := true; len(list) > 0 && (first || !list[0].name && len(b) < burst/4); first = false {
		m := list[0]
		list = list[1:]
		b = append(appendPub(b, m.to, m.reply, len(m.data)), m.data...)
		b = append(b, '\r', '\n')
	}
	l.scratch = b
	return list, l.write(b)
}

// write writes whole operations; mu is held.
func (l *link) write(b []byte) error {
	l.extend()
	_, err := l.Conn.Write(b)
	if err != nil {
		l.end()
	}
	return err
}

// pubSize is what NATS adds to a message from 10,000 to 99,999 bytes, without the subject.
const pubSize = len("PUB  12345\r\n\r\n")

func appendPub(b []byte, to, reply string, size int) []byte {
	b = append(append(append(b, "PUB "...), to...), ' ')
	if reply != "" {
		b = append(append(b, reply...), ' ')
	}
	return append(strconv.AppendInt(b, int64(size), 10), '\r', '\n')
}

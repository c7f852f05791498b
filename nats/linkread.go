package nats

import (
	"bytes"
	"errors"
	"slices"
	"sync/atomic"

	client "github.com/nats-io/nats.go"
)

const (
	linkBuffer = 64 << 10
	// control is the most bytes of a message to a stream that is not data.
	control = 1 << 10
)

var errNATS = errors.New("the NATS server breaks its protocol")

// reader is the reading side of a link. It takes the messages of streams out of what the
// server sends, and passes on the rest.
type reader struct {
	sid atomic.Pointer[[]byte] // id of the subscription; nil until it was written

	buf    []byte
	r, w   int // the unread part of buf
	err    error
	pass   int  // the next bytes that belong to the client
	inLine bool // pass is followed by the rest of a line that belongs to the client, too
	data   int  // the next bytes are data of a stream
	to     *stream
	skip   int // the next bytes, after data, are dropped
	wakes  []*stream
}

// Read reads for the NATS client.
func (l *link) Read(p []byte) (n int, err error) {
	if !l.plain {
		return l.Conn.Read(p)
	}
	for {
		n, more := l.parse(p)
		if n > 0 || len(p) == 0 {
			l.wakeAll()
			return n, nil
		}
		if !more && l.err == nil {
			l.err = errNATS
		}
		if l.err != nil {
			l.data = 0 // the rest does not come
		}
		l.wakeAll()
		if l.err != nil {
			return 0, l.err
		}
		l.fill()
	}
}

// fill reads once, behind the bytes that wait to be parsed.
func (l *link) fill() {
	if l.buf == nil {
		l.buf = make([]byte, linkBuffer)
	}
	if l.r > 0 {
		l.w = copy(l.buf, l.buf[l.r:l.w])
		l.r = 0
	}
	n, err := l.Conn.Read(l.buf[l.w:])
	l.w += n
	l.err = err
}

// wakeAll wakes the readers of the streams for which data has come. It is called after all
// data of one read, since each of them may take the processor.
func (l *link) wakeAll() {
	l.wakes = slices.DeleteFunc(l.wakes, func(s *stream) bool {
		if s == l.to && l.data > 0 && s.hasRoom() {
			return false // the rest of the message is on its way
		}
		wake(s.canRead)
		return true
	})
}

func (l *link) wakeLater(s *stream) {
	if !slices.Contains(l.wakes, s) {
		l.wakes = append(l.wakes, s)
	}
}

// parse parses what has been read. It copies bytes of the client to p, and returns when p is
// full or nothing more can be parsed. more is false if the buffer is full of one line.
func (l *link) parse(p []byte) (n int, more bool) {
	for l.r < l.w {
		b := l.buf[l.r:l.w]
		k := 0
		switch {
		case l.pass > 0:
			k = copy(p[n:], b[:min(len(b), l.pass)])
			if k == 0 {
				return n, true
			}
			l.pass -= k
			n += k
		case l.data > 0:
			k = min(len(b), l.data)
			l.data -= k
			if l.to != nil && l.to.more(b[:k]) {
				l.wakeLater(l.to)
			}
		case l.skip > 0:
			k = min(len(b), l.skip)
			l.skip -= k
			l.to = nil
		case l.inLine:
			l.passLine(b)
		default:
			var enough bool
			if k, enough = l.operation(b); !enough {
				return n, len(b) < linkBuffer
			}
		}
		l.r += k
	}
	l.r, l.w = 0, 0
	return n, true
}

func (l *link) passLine(b []byte) {
	i := bytes.IndexByte(b, '\n')
	if l.inLine = i < 0; l.inLine {
		i = len(b) - 1
	}
	l.pass = i + 1
}

// operation begins an operation of the server, and returns how many bytes of it were
// handled. enough is false if more bytes are needed.
func (l *link) operation(b []byte) (n int, enough bool) {
	if c := b[0] | ' '; c != 'm' && c != 'h' {
		l.passLine(b)
		return 0, true
	}
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return 0, false
	}
	line := bytes.TrimSuffix(b[:end], []byte("\r"))
	size := 0
	for _, c := range line[bytes.LastIndexByte(line, ' ')+1:] {
		if c < '0' || c > '9' || size > 1<<40 {
			l.passLine(b) // the client reports it
			return 0, true
		}
		size = 10*size + int(c-'0')
	}
	m, ours := l.ours(line)
	if !ours {
		l.pass = end + 1 + size + 2
		return 0, true
	}
	payload := b[end+1:]
	if size >= headerSize && len(payload) < headerSize {
		return 0, false
	}
	if size >= headerSize && kind(payload[0]) == kindData {
		l.announce(m.id, payload[:headerSize], size-headerSize)
		return end + 1 + headerSize, true
	}
	if size > control {
		l.skip = size + 2
		return end + 1, true
	}
	if len(payload) < size {
		return 0, false
	}
	l.control(m, payload[:size])
	l.skip = 2
	return end + 1 + size, true
}

// message is what the line of a message says.
type message struct{ subject, id, reply []byte }

// ours parses the line of a message, and reports whether the message is one to the
// transport, without NATS headers.
func (l *link) ours(line []byte) (m message, yes bool) {
	sid := l.sid.Load()
	if sid == nil || len(line) < 4 || line[0]|' ' != 'm' {
		return m, false
	}
	subject, rest, _ := bytes.Cut(line[4:], []byte(" "))
	id, ok := bytes.CutPrefix(subject, l.links.base)
	if !ok {
		return m, false
	}
	number, rest, ok := bytes.Cut(rest, []byte(" "))
	if !ok || !bytes.Equal(number, *sid) {
		return m, false
	}
	reply, _, ok := bytes.Cut(rest, []byte(" "))
	if !ok {
		reply = nil
	}
	return message{subject, id, reply}, true
}

// announce begins a data message of n bytes to a stream.
func (l *link) announce(id, head []byte, n int) {
	l.data, l.skip, l.to = n, 2, nil
	t := l.links.t.Load()
	t.mu.RLock()
	to := t.inboxes[string(id)]
	t.mu.RUnlock()
	s, ok := to.(*stream)
	if !ok {
		return
	}
	h, _, _ := parseHeader(head)
	s.mu.Lock()
	_, broken, _ := s.come(h, nil, n)
	s.mu.Unlock()
	if broken != nil {
		s.fail(broken)
		return
	}
	l.to = s
}

// control handles another message.
func (l *link) control(m message, data []byte) {
	l.links.t.Load().receive(&client.Msg{Subject: string(m.subject), Reply: string(m.reply), Data: bytes.Clone(data)})
}

//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
	"github.com/aiomas-go/aiomas-go/bench/internal/rawio"
	"github.com/aiomas-go/aiomas-go/codec"
)

// handler handles the requests of a server. Its replies are appended to out of the connection
// or sent.
type handler interface {
	handle(s *server, c *conn, payload []byte) error
}

// server serves all connections of a listener.
type server struct {
	loop     *loop
	handlers map[*conn]handler
	slow     []slowReply // the next one first
}

// slowReply is a reply that is sent later.
type slowReply struct {
	at      time.Time
	conn    *conn
	request rawframe.Request
}

// serve does not return unless something fails.
func serve(ln net.Listener, newHandler func() handler) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l, err := newLoop()
	if err != nil {
		return err
	}
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	listener := int(file.Fd())
	if err := errors.Join(unix.SetNonblock(listener, true), ln.Close()); err != nil {
		return err
	}
	if err := rawio.Add(l.ep, listener); err != nil {
		return err
	}
	s := &server{loop: l, handlers: make(map[*conn]handler)}
	for {
		events, err := l.wait(s.untilSlow())
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Fd == int32(listener) {
				if err := s.accept(listener, newHandler); err != nil {
					return err
				}
			} else if c := l.conns[e.Fd]; c != nil && s.serve(c, e.Events) != nil {
				delete(s.handlers, c)
				l.remove(c)
			}
		}
		s.sendSlow()
	}
}

func (s *server) accept(listener int, newHandler func() handler) error {
	fd, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if errors.Is(err, unix.EAGAIN) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	c := &conn{fd: fd}
	s.handlers[c] = newHandler()
	return errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1), s.loop.add(c))
}

func (s *server) serve(c *conn, events uint32) error {
	if events&unix.EPOLLOUT != 0 {
		if err := c.writable(); err != nil {
			return err
		}
	}
	if events&^unix.EPOLLOUT == 0 {
		return nil
	}
	if err := c.read(); err != nil {
		return err
	}
	h := s.handlers[c]
	for {
		p, ok := c.next()
		if !ok {
			return c.flush()
		}
		if err := h.handle(s, c, p); err != nil {
			return err
		}
	}
}

// untilSlow returns the time until the next slow reply, -1 if there is none.
func (s *server) untilSlow() time.Duration {
	if len(s.slow) == 0 {
		return -1
	}
	return max(time.Until(s.slow[0].at), 0)
}

func (s *server) sendSlow() {
	for len(s.slow) > 0 && !time.Now().Before(s.slow[0].at) {
		r := s.slow[0]
		s.slow = s.slow[1:]
		r.conn.out = r.request.AppendReply(r.conn.out)
		_ = r.conn.flush() // if it fails, so does the reading
	}
}

// rawHandler replies as the request asks.
type rawHandler struct{}

// longReply is the length from which replies are not copied.
const longReply = 16 << 10

// zeros is what long replies consist of. Only one is on its way on each connection.
var zeros []byte

func (rawHandler) handle(s *server, c *conn, p []byte) error {
	r, ok := rawframe.Parse(p)
	switch n := rawframe.Header + int(r.Reply); {
	case !ok:
		return errEnded
	case r.Slow:
		s.slow = append(s.slow, slowReply{time.Now().Add(peer.SlowTime), c, r})
	case n <= longReply:
		c.out = r.AppendReply(c.out)
	default:
		if n > len(zeros) {
			zeros = make([]byte, n)
		}
		if err := c.flush(); err != nil {
			return err
		}
		return c.send(r.FillReply(zeros[:n]))
	}
	return nil
}

// adder decodes the requests add(a, b), and encodes the sums.
type adder struct {
	codec   codec.Codec
	decoder codec.Decoder
}

func (a *adder) handle(_ *server, c *conn, p []byte) error {
	m, err := a.codec.ParseMessage(p, codec.Limits{})
	if err != nil {
		return err
	}
	a.decoder.Reset(m.Content, nil)
	sum, err := readAdd(a.decoder)
	if err != nil {
		return err
	}
	start := len(c.out)
	c.out, err = a.codec.AppendMessage(append(c.out, 0, 0, 0, 0), codec.Result, m.ID, sum, nil)
	binary.BigEndian.PutUint32(c.out[start:], uint32(len(c.out)-start-rawframe.Header))
	return err
}

// readAdd reads the content of a request, ["add", [a, b], {}], and returns the sum.
func readAdd(d codec.Decoder) (sum int, err error) {
	if _, err := d.List(); err != nil {
		return 0, err
	}
	d.More()
	path, err := d.StrBytes()
	if err != nil || string(path) != "add" {
		return 0, errors.Join(errEnded, err)
	}
	d.More()
	if _, err := d.List(); err != nil {
		return 0, err
	}
	for d.More() {
		n, err := d.Int64()
		if err != nil {
			return 0, err
		}
		sum += int(n)
	}
	d.More()
	if _, err := d.Dict(); err != nil {
		return 0, err
	}
	d.More()
	d.More()
	return sum, nil
}

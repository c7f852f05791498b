//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
	"github.com/aiomas-go/aiomas-go/codec"
)

func dial(addr string) (*conn, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		func() error {
			return unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
		},
		func() error { return unix.SetNonblock(fd, true) },
		func() error { return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) },
	} {
		if err := step(); err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
	}
	return &conn{fd: fd}, nil
}

// messages are the requests and replies of a client.
type messages interface {
	// request makes the request of a call: it appends it to out of c, or sends it.
	request(c *conn, call int, slow bool) error
	// reply returns the call that a payload replies to.
	reply(payload []byte) (call int, err error)
}

// rawMessages are not interpreted.
type rawMessages struct{ frame []byte }

func (m rawMessages) request(c *conn, call int, slow bool) error {
	if len(m.frame) > longReply {
		return c.send(m.frame) // one at a time, so its number does not matter
	}
	n := len(c.out)
	c.out = append(c.out, m.frame...)
	rawframe.SetCall(c.out[n:], call, slow)
	return nil
}

func (m rawMessages) reply(p []byte) (int, error) { return rawframe.CallOf(p), nil }

// sums are requests add(call, 2) and their results.
type sums struct {
	codec   codec.Codec
	decoder codec.Decoder
	call    codec.Call
	args    [2]any
}

func (m *sums) request(c *conn, call int, _ bool) (err error) {
	m.args = [2]any{call, 2}
	m.call.Args = m.args[:]
	start := len(c.out)
	c.out, err = m.codec.AppendMessage(append(c.out, 0, 0, 0, 0), codec.Request, int64(call), &m.call, nil)
	binary.BigEndian.PutUint32(c.out[start:], uint32(len(c.out)-start-rawframe.Header))
	return err
}

func (m *sums) reply(p []byte) (int, error) {
	msg, err := m.codec.ParseMessage(p, codec.Limits{})
	if err != nil {
		return 0, err
	}
	m.decoder.Reset(msg.Content, nil)
	sum, err := m.decoder.Int64()
	if err == nil && sum != msg.ID+2 {
		err = peer.Wrong(nil, peer.Work{Name: "add"}, sum)
	}
	return int(msg.ID), err
}

// caller is a connection with a loop of its own.
type caller struct {
	loop     *loop
	conn     *conn
	messages messages
	made     int
}

// Call makes one call.
func (c *caller) Call(ctx context.Context, work peer.Work, _ int) error {
	var stop atomic.Bool
	stop.Store(true)
	_, err := c.Window(ctx, work, 1, &stop)
	return err
}

// Window keeps n requests in flight.
func (c *caller) Window(_ context.Context, _ peer.Work, n int, stop *atomic.Bool) (calls int64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for waiting, ready := 0, n; ; {
		for range ready {
			if err := c.messages.request(c.conn, c.made%100_000, false); err != nil {
				return calls, err
			}
			c.made++
		}
		if err := c.conn.flush(); err != nil {
			return calls, err
		}
		if waiting += ready; waiting == 0 {
			return calls, nil
		}
		got, err := c.receive(c.loop, -1, func(int) {})
		if err != nil {
			return calls, err
		}
		calls += int64(got)
		waiting -= got
		if ready = got; stop.Load() {
			ready = 0
		}
	}
}

// receive waits for replies on the connections of l, at most for d unless that is negative, and
// returns their number.
func (c *caller) receive(l *loop, d time.Duration, done func(call int)) (replies int, err error) {
	events, err := l.wait(d)
	if err != nil {
		return 0, err
	}
	for _, e := range events {
		from := l.conns[e.Fd]
		if e.Events&unix.EPOLLOUT != 0 {
			if err := from.writable(); err != nil {
				return replies, err
			}
		}
		if e.Events&^unix.EPOLLOUT == 0 {
			continue
		}
		if err := from.read(); err != nil {
			return replies, err
		}
		for {
			p, ok := from.next()
			if !ok {
				break
			}
			call, err := c.messages.reply(p)
			if err != nil {
				return replies, err
			}
			replies++
			done(call)
		}
	}
	return replies, nil
}

// Load makes the calls of a schedule in the same loop that receives the replies.
func (c *caller) Load(_ context.Context, work peer.Work, conns []peer.Caller, s *peer.Schedule) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	proc.ExactTimers()
	all, err := c.join(conns)
	if err != nil {
		return err
	}
	for next := 0; !s.Finished(); {
		end, wait := s.Due(next)
		first := next
		for ; next < end; next++ {
			s.Made(next)
			if err := c.messages.request(all[next%len(all)], next, peer.Slow(work, next)); err != nil {
				return err
			}
		}
		for i := range min(end-first, len(all)) {
			if err := all[(first+i)%len(all)].flush(); err != nil {
				return err
			}
		}
		if wait == 0 {
			wait = -1
		}
		if _, err := c.receive(c.loop, wait, s.Done); err != nil {
			return err
		}
	}
	return nil
}

// join moves all connections to the loop of c.
func (c *caller) join(conns []peer.Caller) (all []*conn, err error) {
	for _, other := range conns {
		o := other.(*caller)
		all = append(all, o.conn)
		if o.conn.loop == c.loop {
			continue
		}
		if err := unix.EpollCtl(o.loop.ep, unix.EPOLL_CTL_DEL, o.conn.fd, nil); err != nil {
			return nil, err
		}
		if err := c.loop.add(o.conn); err != nil {
			return nil, err
		}
	}
	return all, nil
}

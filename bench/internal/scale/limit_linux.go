package scale

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
	"github.com/aiomas-go/aiomas-go/bench/internal/rawio"
	"github.com/aiomas-go/aiomas-go/codec"
	codecjson "github.com/aiomas-go/aiomas-go/codec/json"
)

// HasLimit reports whether limits can be measured here.
const HasLimit = true

// rawUnit is what an agent of the library has in memory, of which a step uses one value.
type rawUnit struct {
	value int
	_     [1016]byte
}

// rawSite is a container.
type rawSite struct {
	number int
	units  []*rawUnit
	wires  []*wire // by container; nil: its own
}

// wire is one end of a connection, of which frames are read as they are: the kind and the numbers
// of both agents are in the first bytes of each.
type wire struct {
	fd    int
	site  *rawSite
	in    []byte // the beginning of a frame
	out   []byte // not written yet
	waits bool   // until the socket accepts more
}

// limiter is a process of a limit.
type limiter struct {
	config         limitConfig
	random         *rand.Rand
	request, reply []byte // frames with the sizes of those of the library
	ep             int
	wires          map[int32]*wire
	sites          []*rawSite
	buf            [64 << 10]byte
	touch          bool
	open           int // calls without a reply
}

// The first bytes of a frame.
const (
	frameHeader = 4
	frameKind   = frameHeader   // 0: request, 1: reply
	frameTo     = frameKind + 1 // the agent that is called
	frameFrom   = frameTo + 4   // the agent that calls
	frameLeast  = frameFrom + 4
)

// LimitMember is the main function of a process of a limit.
func LimitMember(config string) error {
	l := &limiter{wires: make(map[int32]*wire)}
	err := json.Unmarshal([]byte(config), &l.config)
	if err == nil {
		err = l.prepare()
	}
	in := bufio.NewReader(os.Stdin)
	if err == nil {
		err = l.connect(in)
	}
	if err == nil {
		err = l.run(in)
	}
	return err
}

func (l *limiter) prepare() (err error) {
	frame := func(kind codec.MessageType, content any) (b []byte) {
		if err == nil {
			b, err = codecjson.Codec.AppendMessage(make([]byte, frameHeader), kind, 100, content, nil)
			b = append(b, make([]byte, max(0, frameLeast-len(b)))...)
			binary.BigEndian.PutUint32(b, uint32(len(b)-frameHeader))
		}
		return b
	}
	l.request = frame(codec.Request, &codec.Call{Path: "agents/500/poke", Args: []any{1}})
	l.reply = frame(codec.Result, 10)
	if err != nil {
		return err
	}
	l.request[frameKind], l.reply[frameKind] = 0, 1
	c := l.config
	l.random = rand.New(rand.NewPCG(2, uint64(c.Index)))
	for k := c.Index; k < c.Containers; k += c.Processes {
		s := &rawSite{number: k, wires: make([]*wire, c.Containers)}
		for range c.Each {
			s.units = append(s.units, new(rawUnit))
		}
		l.sites = append(l.sites, s)
	}
	l.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return err
}

// connect makes one connection for each pair of containers: the one with the smaller number dials,
// and says its number.
func (l *limiter) connect(in *bufio.Reader) error {
	network, addr := "tcp", "127.0.0.1:0"
	var listeners []net.Listener
	var own []string
	for _, s := range l.sites {
		if l.config.Dir != "" {
			network, addr = "unix", filepath.Join(l.config.Dir, fmt.Sprint("c", s.number))
		}
		ln, err := net.Listen(network, addr)
		if err != nil {
			return err
		}
		defer func() { _ = ln.Close() }()
		listeners, own = append(listeners, ln), append(own, ln.Addr().String())
	}
	var addrs []string
	if err := say(own); err != nil {
		return err
	}
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &addrs)
	}
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, len(l.sites)+1)
	var mu sync.Mutex // the map of wires
	join := func(s *rawSite, other int, c net.Conn) error {
		mu.Lock()
		defer mu.Unlock()
		return l.add(s, other, c)
	}
	for i, s := range l.sites {
		wg.Go(func() { errs[i] = acceptAll(listeners[i], s, join) })
	}
	errs[len(l.sites)] = l.dialAll(network, addrs, join)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return say(limitDone{})
}

func acceptAll(ln net.Listener, s *rawSite, join func(*rawSite, int, net.Conn) error) error {
	for range s.number {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		var number [4]byte
		if _, err := io.ReadFull(c, number[:]); err != nil {
			return err
		}
		if err := join(s, int(binary.BigEndian.Uint32(number[:])), c); err != nil {
			return err
		}
	}
	return nil
}

func (l *limiter) dialAll(network string, addrs []string, join func(*rawSite, int, net.Conn) error) error {
	for _, s := range l.sites {
		for other := s.number + 1; other < len(addrs); other++ {
			c, err := net.Dial(network, addrs[other])
			if err != nil {
				return err
			}
			if _, err := c.Write(binary.BigEndian.AppendUint32(nil, uint32(s.number))); err != nil {
				return err
			}
			if err := join(s, other, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// add takes the descriptor of a connection.
func (l *limiter) add(s *rawSite, other int, c net.Conn) error {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	w := &wire{site: s}
	var dupErr error
	if err := raw.Control(func(fd uintptr) { w.fd, dupErr = unix.Dup(int(fd)) }); err != nil || dupErr != nil {
		return errors.Join(err, dupErr)
	}
	_ = c.Close() // only this descriptor of it
	s.wires[other], l.wires[int32(w.fd)] = w, w
	return rawio.Add(l.ep, w.fd)
}

// say tells the driver something.
func say(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }

// run takes steps when it is told to, and answers the others', until its input ends.
func (l *limiter) run(in *bufio.Reader) error {
	if err := rawio.Add(l.ep, 0); err != nil {
		return err
	}
	var events [256]unix.EpollEvent
	for {
		n, err := unix.EpollWait(l.ep, events[:], -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			before := l.open
			if e.Fd == 0 {
				line, err := in.ReadBytes('\n')
				if errors.Is(err, io.EOF) {
					return nil
				}
				var kind Kind
				if err := errors.Join(err, json.Unmarshal(line, &kind)); err != nil {
					return err
				}
				l.touch = kind == Touched
				before = 1
				err = l.step()
				if err != nil {
					return err
				}
			} else if err := l.ready(l.wires[e.Fd], e.Events); err != nil {
				return err
			}
			if before > 0 && l.open == 0 {
				if err := say(limitDone{float64(proc.Self().CPU) / 1e9}); err != nil {
					return err
				}
			}
		}
	}
}

// step sends the calls of all agents.
func (l *limiter) step() error {
	for _, s := range l.sites {
		for from := range s.units {
			other, to := l.random.IntN(l.config.Containers), l.random.IntN(l.config.Each)
			w := s.wires[other]
			if w == nil { // within the container
				l.called(s, to)
				l.called(s, from)
				continue
			}
			l.open++
			w.add(l.request, to, from)
		}
		for _, w := range s.wires {
			if w != nil {
				if err := l.flush(w); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// called touches an agent.
func (l *limiter) called(s *rawSite, unit int) {
	if l.touch {
		s.units[unit].value++
	}
}

// add adds a frame to those that are not written yet.
func (w *wire) add(frame []byte, to, from int) {
	n := len(w.out)
	w.out = append(w.out, frame...)
	binary.BigEndian.PutUint32(w.out[n+frameTo:], uint32(to))
	binary.BigEndian.PutUint32(w.out[n+frameFrom:], uint32(from))
}

// ready reads a connection once, replies to all requests in this, and writes.
func (l *limiter) ready(w *wire, events uint32) error {
	if events&unix.EPOLLIN != 0 {
		n, err := rawio.Read(w.fd, l.buf[:])
		switch {
		case n < 0:
			return nil
		case errors.Is(err, unix.ECONNRESET) || err == nil && n == 0: // the other process ends
			delete(l.wires, int32(w.fd))
			return unix.Close(w.fd)
		case err != nil:
			return err
		}
		p := l.buf[:n]
		if len(w.in) > 0 {
			w.in = append(w.in, p...)
			p = w.in
		}
		w.in = append(w.in[:0], l.handle(w, p)...)
	}
	return l.flush(w)
}

// handle handles the frames in p, and returns what is left.
func (l *limiter) handle(w *wire, p []byte) []byte {
	for len(p) >= frameHeader {
		n := frameHeader + int(binary.BigEndian.Uint32(p))
		if len(p) < n {
			break
		}
		to, from := int(binary.BigEndian.Uint32(p[frameTo:])), int(binary.BigEndian.Uint32(p[frameFrom:]))
		if p[frameKind] == 0 {
			l.called(w.site, to)
			w.add(l.reply, to, from)
		} else {
			l.called(w.site, from)
			l.open--
		}
		p = p[n:]
	}
	return p
}

// flush writes what the socket accepts, and waits until it accepts the rest.
func (l *limiter) flush(w *wire) error {
	if len(w.out) == 0 {
		return nil
	}
	n, err := rawio.Write(w.fd, w.out)
	if err != nil {
		return err
	}
	w.out = append(w.out[:0], w.out[n:]...)
	if waits := len(w.out) > 0; waits != w.waits {
		w.waits = waits
		return rawio.Watch(l.ep, w.fd, waits)
	}
	return nil
}

package main

import (
	"bufio"
	"context"
	"net"
	"runtime"
	"sync"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
)

// parked is a client whose calls each block a goroutine, of the raw server or of Python, for which it
// sends ready-made requests. Frames are written together, as many as are ready, and one goroutine
// reads the replies, which are in order, and wakes the callers. So it shows what parking and waking
// goroutines cost, without codec, contexts or an end.
func parked(name string, request func(peer.Work) ([]byte, error)) peer.Peer {
	return peer.Peer{
		Name: name,
		Dial: func(ctx context.Context, addr string, work peer.Work) (peer.Caller, error) {
			frame, err := request(work)
			if err != nil {
				return nil, err
			}
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			p := &parkedCaller{conn: conn, frame: frame}
			p.wakes.New = func() any { return make(chan error, 1) }
			go p.read()
			return p, nil
		},
	}
}

// maxParked is a power of two, not less than the number of calls at a time.
const maxParked = 4096

type parkedCaller struct {
	conn  net.Conn
	frame []byte
	wakes sync.Pool // chan error

	mu      sync.Mutex
	waiting [maxParked]chan error // a ring: from done to sent
	sent    int
	done    int
	out     []byte // to be written
	spare   []byte
	writing bool
	err     error
}

func (p *parkedCaller) Call(_ context.Context, _ peer.Work, _ int) error {
	wake := p.wakes.Get().(chan error)
	p.mu.Lock()
	if p.err != nil {
		p.mu.Unlock()
		return p.err
	}
	p.waiting[p.sent%maxParked] = wake
	p.sent++
	p.out = append(p.out, p.frame...)
	mine := !p.writing
	p.writing = true
	p.mu.Unlock()
	if mine {
		runtime.Gosched() // so that others can join
		if err := p.write(); err != nil {
			return err
		}
	}
	err := <-wake
	p.wakes.Put(wake)
	return err
}

func (p *parkedCaller) write() error {
	for {
		p.mu.Lock()
		batch := p.out
		p.out = p.spare[:0]
		p.writing = len(batch) > 0
		p.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		if _, err := p.conn.Write(batch); err != nil {
			return err // read fails, too
		}
		p.spare = batch
	}
}

// read ends with the connection.
func (p *parkedCaller) read() {
	in := bufio.NewReaderSize(p.conn, rawBuffer)
	var buf []byte
	var woken []chan error
	for {
		_, err := rawframe.Read(in, &buf)
		n := 1
		for err == nil && in.Buffered() >= rawframe.Header {
			_, err = rawframe.Read(in, &buf)
			n++
		}
		p.mu.Lock()
		if p.err = err; err != nil {
			n = p.sent - p.done // all others
		}
		for range n {
			woken = append(woken, p.waiting[p.done%maxParked])
			p.done++
		}
		p.mu.Unlock()
		for _, wake := range woken {
			wake <- err
		}
		if woken = woken[:0]; err != nil {
			return
		}
	}
}

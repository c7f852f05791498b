package main

import (
	"bufio"
	"context"
	"net"
	"runtime"
	"sync"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
	"github.com/aiomas-go/aiomas-go/codec"
)

// parked is the client of the raw server whose calls each block a goroutine. Frames are written
// together, as many as are ready, and one goroutine reads the replies and wakes the callers. So it
// shows what parking and waking goroutines cost, without codec, contexts or an end.
func parked(c codec.Codec) peer.Peer {
	return peer.Peer{
		Name: "parked-" + c.Name(),
		Dial: func(ctx context.Context, addr string, work peer.Work) (peer.Caller, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			frame, err := rawframe.New(c, work)
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

// maxParked is a power of two, larger than the number of calls at a time.
const maxParked = 4096

type parkedCaller struct {
	conn  net.Conn
	frame []byte
	wakes sync.Pool // chan error

	mu      sync.Mutex
	waiting [maxParked]chan error // by the number of the call
	next    int
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
	for p.waiting[p.next%maxParked] != nil {
		p.next++
	}
	p.waiting[p.next%maxParked] = wake
	n := len(p.out)
	p.out = append(p.out, p.frame...)
	rawframe.SetCall(p.out[n:], p.next, false)
	p.next++
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
		payload, err := rawframe.Read(in, &buf)
		p.mu.Lock()
		for err == nil {
			at := &p.waiting[rawframe.CallOf(payload)%maxParked]
			woken = append(woken, *at)
			*at = nil
			if in.Buffered() < rawframe.Header {
				break
			}
			payload, err = rawframe.Read(in, &buf)
		}
		if p.err = err; err != nil {
			for _, wake := range p.waiting {
				if wake != nil {
					wake <- err
				}
			}
		}
		p.mu.Unlock()
		for i, wake := range woken {
			wake <- nil
			woken[i] = nil
		}
		if woken = woken[:0]; err != nil {
			return
		}
	}
}

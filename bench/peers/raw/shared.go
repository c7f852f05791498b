package main

import (
	"bufio"
	"context"
	"net"
	"sync"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
)

// Shared returns a Caller for concurrent calls: a goroutine reads the replies and passes them to
// the calls that wait.
func (c *rawCaller) Shared(work peer.Work) (peer.Caller, error) {
	frame, err := rawframe.New(c.codec, work)
	if err != nil {
		return nil, err
	}
	s := &sharedCaller{conn: c.conn, waiting: make(map[int]chan error), frames: sync.Pool{New: func() any {
		f := append([]byte(nil), frame...)
		return &f
	}}}
	go s.read()
	return s, nil
}

type sharedCaller struct {
	conn   net.Conn
	frames sync.Pool // *[]byte
	wakes  sync.Pool // chan error

	mu      sync.Mutex
	waiting map[int]chan error // by the number of the call
	err     error
}

// Call must be used with numbers that no other waiting call has.
func (s *sharedCaller) Call(_ context.Context, work peer.Work, i int) error {
	reply, _ := s.wakes.Get().(chan error)
	if reply == nil {
		reply = make(chan error, 1)
	}
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return s.err
	}
	s.waiting[i] = reply
	s.mu.Unlock()
	frame := s.frames.Get().(*[]byte)
	rawframe.SetCall(*frame, i, peer.Slow(work, i))
	_, err := s.conn.Write(*frame)
	s.frames.Put(frame)
	if err != nil {
		return err // the reply is not waited for, and reply not used again
	}
	err = <-reply
	s.wakes.Put(reply)
	return err
}

// read ends with the connection.
func (s *sharedCaller) read() {
	in := bufio.NewReaderSize(s.conn, rawBuffer)
	var buf []byte
	for {
		p, err := rawframe.Read(in, &buf)
		s.mu.Lock()
		if err != nil {
			s.err = err
			for _, reply := range s.waiting {
				reply <- err
			}
			s.waiting = nil
			s.mu.Unlock()
			return
		}
		i := rawframe.CallOf(p)
		reply := s.waiting[i]
		delete(s.waiting, i)
		s.mu.Unlock()
		if reply != nil {
			reply <- nil
		}
	}
}

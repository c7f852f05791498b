package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// acceptAll has handle called, in a goroutine each, for all connections of ln until ctx ends, and returns nil when all
// have returned. The context of handle ends with ctx.
func acceptAll(ctx context.Context, ln net.Listener, handle func(context.Context, net.Conn)) error {
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	defer func() { _ = ln.Close() }()
	connCtx, cancel := context.WithCancel(ctx)
	var handled sync.WaitGroup
	defer handled.Wait()
	defer cancel()
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			handled.Go(func() { handle(connCtx, conn) })
		case ctx.Err() != nil: // not connCtx, which may end after ln has been closed
			return nil
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ECONNABORTED):
			wait(ctx, 50*time.Millisecond) // until others have closed theirs
		default:
			return err
		}
	}
}

// peeked is a connection of which something has been read ahead.
type peeked struct {
	net.Conn
	ahead *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.ahead.Read(b) }

// CloseWrite ends this side's stream, if the connection can.
func (p *peeked) CloseWrite() error {
	if c, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// peekTime is how long a peer has to begin its first message.
const peekTime = time.Minute

// peekCodec finds out by the first bytes of a connection which codec it speaks; nil if none is known.
func peekCodec(conn net.Conn) (*peeked, codec.Codec) {
	p := &peeked{Conn: conn, ahead: bufio.NewReader(conn)}
	_ = conn.SetReadDeadline(time.Now().Add(peekTime))
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	head, err := p.ahead.Peek(frame.HeaderSize + 1)
	if err != nil || binary.BigEndian.Uint32(head) == 0 {
		return p, nil
	}
	return p, record.Guess(head[frame.HeaderSize])
}

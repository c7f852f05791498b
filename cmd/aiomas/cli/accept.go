package cli

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

// acceptAll calls handle for each connection of ln, in its own goroutine, until ctx ends. It returns nil when all
// calls have returned. The context of handle ends with ctx.
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
			wait(ctx, 50*time.Millisecond) // until other connections are closed
		default:
			return err
		}
	}
}

// peeked is a connection from which some bytes were read ahead.
type peeked struct {
	net.Conn
	ahead *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.ahead.Read(b) }

// CloseWrite closes the writing side, if the connection supports that.
func (p *peeked) CloseWrite() error {
	if c, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// peekTime is how long a peer may take until its first message begins.
const peekTime = time.Minute

// peekCodec determines the codec of a connection from its first bytes. It returns nil if they are of no known codec.
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

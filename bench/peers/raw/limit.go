package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
	"github.com/aiomas-go/aiomas-go/codec"
)

// The limits are the opposite end of a Python peer, which alone determines the rate: a
// client that sends one prepared request repeatedly, and a server that replies to all
// requests with one result, copying their ids. Neither decodes messages.
func limit(c codec.Codec) peer.Peer {
	return peer.Peer{
		Name:  "limit-" + c.Name(),
		Serve: func(ln net.Listener, _ peer.Work) error { return peer.Accept(ln, serveLimit(c)) },
		Dial: func(ctx context.Context, addr string, _ peer.Work) (peer.Caller, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			return &limitCaller{rawCaller{conn: conn, codec: c}}, err
		},
	}
}

type limitCaller struct{ rawCaller }

func (c *limitCaller) Window(_ context.Context, work peer.Work, n int, stop *atomic.Bool) (int64, error) {
	frame, err := readyRequest(c.codec, work)
	if err != nil {
		return 0, err
	}
	return window(c.conn, peer.Work{}, frame, n, stop)
}

// readyRequest returns the frame that the limits send to Python.
func readyRequest(c codec.Codec, work peer.Work) ([]byte, error) {
	const id = 100_000
	frame, err := c.AppendMessage(make([]byte, rawframe.Header), codec.Request, id, &codec.Call{Path: work.Name, Args: []any{id, 2}}, nil)
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-rawframe.Header))
	return frame, nil
}

func serveLimit(c codec.Codec) func(net.Conn) {
	return func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		in, out := bufio.NewReaderSize(conn, rawBuffer), bufio.NewWriterSize(conn, rawBuffer)
		var buf, reply []byte
		for {
			p, err := rawframe.Read(in, &buf)
			if err != nil {
				return
			}
			reply = append(reply[:0], 0, 0, 0, 0)
			if c.Name() == "json" { // [0, ID, [
				id, _, _ := bytes.Cut(p[len("[0, "):], []byte(","))
				reply = append(append(append(reply, "[1, "...), id...), ", 100002]"...)
			} else { // 93 00 ID 93
				reply = append(append(append(reply, 0x93, 1), p[2:2+intSize(p[2])]...), 0xce, 0, 1, 0x86, 0xa2)
			}
			binary.BigEndian.PutUint32(reply, uint32(len(reply)-rawframe.Header))
			if _, err := out.Write(reply); err != nil {
				return
			}
			if in.Buffered() < rawframe.Header {
				if err := out.Flush(); err != nil {
					return
				}
			}
		}
	}
}

// intSize returns the length of the MessagePack unsigned int that begins with c.
func intSize(c byte) int {
	if c < 0x80 {
		return 1
	}
	return 1 + 1<<(c-0xcc)
}

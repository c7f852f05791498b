package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"net"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
)

// limit is the opposite end of a Python peer for the work "floats": it sends ready-made messages
// and decodes nothing. A message is compressed as a whole, with its id, so a server has one ready
// for each of the next ids, which Python counts.
func limit() peer.Peer {
	return peer.Peer{
		Name: "limit-" + blosc.Codec.Name(),
		Serve: func(ln net.Listener, work peer.Work) error {
			list := state.Floats(work.Size)
			ready := make([][]byte, 64)
			for id := range ready {
				var err error
				if ready[id], err = frame(codec.Result, int64(id), list); err != nil {
					return err
				}
			}
			return peer.Accept(ln, func(conn net.Conn) { serveLimit(conn, list, ready) })
		},
		Dial: func(ctx context.Context, addr string, work peer.Work) (peer.Caller, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			request, err := frame(codec.Request, 0, &codec.Call{Path: work.Name, Args: []any{state.Floats(work.Size)}})
			return &limitCaller{conn: conn, in: bufio.NewReader(conn), request: request}, err
		},
	}
}

func frame(t codec.MessageType, id int64, content any) ([]byte, error) {
	f, err := blosc.Codec.AppendMessage(make([]byte, rawframe.Header), t, id, content, nil)
	if err == nil {
		binary.BigEndian.PutUint32(f, uint32(len(f)-rawframe.Header))
	}
	return f, err
}

// serveLimit takes the id from the first message only.
func serveLimit(conn net.Conn, list []float64, ready [][]byte) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	var buf []byte
	for id := int64(-1); ; id++ {
		p, err := rawframe.Read(in, &buf)
		if err != nil {
			return
		}
		if id < 0 {
			m, err := blosc.Codec.ParseMessage(p, codec.Limits{})
			if err != nil {
				return
			}
			id = m.ID
		}
		var reply []byte
		if int(id) < len(ready) {
			reply = ready[id]
		} else {
			var err error
			if reply, err = frame(codec.Result, id, list); err != nil {
				return
			}
		}
		if _, err := conn.Write(reply); err != nil {
			return
		}
	}
}

type limitCaller struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	buf     []byte
}

// Call makes one call at a time.
func (c *limitCaller) Call(context.Context, peer.Work, int) error {
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	_, err := rawframe.Read(c.in, &c.buf)
	return err
}

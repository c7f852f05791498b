// Program frames has the peer that reads and writes frames as this library does, and decodes
// nothing: what waiting in Go's scheduler and framing cost, without calls and codecs.
package main

import (
	"context"
	"io"
	"net"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/frame"
)

func main() {
	peer.Main(peer.Peer{
		Name: "frames-json",
		Serve: func(ln net.Listener, _ peer.Work) error {
			return peer.Accept(ln, func(conn net.Conn) { serve(open(conn)) })
		},
		Dial: func(ctx context.Context, addr string, work peer.Work) (peer.Caller, error) {
			request, err := rawframe.New(json.Codec, work)
			if err != nil {
				return nil, err
			}
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			return &caller{open(conn), request[rawframe.Header:]}, nil
		},
	})
}

// stream is a connection with the limits of this library.
type stream struct {
	conn net.Conn
	in   *frame.Reader
	out  *frame.Writer
}

func open(conn net.Conn) stream {
	return stream{
		conn: conn,
		in:   frame.NewReader(conn, rawframe.Most, time.Minute, 0),
		out:  frame.NewWriter(conn, rawframe.Most, time.Minute, func(error) { _ = conn.Close() }),
	}
}

// serve replies to each frame as its [rawframe.Request] asks.
func serve(s stream) {
	defer func() { _ = s.conn.Close() }()
	for {
		p, mem, err := s.in.Next()
		if err != nil {
			return
		}
		request, ok := rawframe.Parse(p)
		if !ok {
			return
		}
		b := frame.NewBuffer()
		b.B = request.AppendReply(b.B[:0])
		if mem != nil {
			mem.Free()
		}
		if s.out.Write(context.Background(), b, false) != nil {
			return
		}
	}
}

type caller struct {
	stream
	request []byte // payload
}

// Call sends one frame and waits for the reply. Only one goroutine may use it.
func (c *caller) Call(ctx context.Context, work peer.Work, _ int) error {
	b := frame.NewBuffer()
	b.B = append(b.B, c.request...)
	if err := c.out.Write(ctx, b, false); err != nil {
		return err
	}
	p, mem, err := c.in.Next()
	if err != nil {
		return err
	}
	if mem != nil {
		defer mem.Free()
	}
	if len(p) == 0 {
		return peer.Wrong(io.ErrUnexpectedEOF, work, 0)
	}
	return nil
}

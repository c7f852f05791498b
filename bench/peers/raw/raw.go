// Program raw has the peers that decode nothing: those that exchange frames, and those that
// are the opposite end of a Python peer.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func main() {
	var peers []peer.Peer
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		peers = append(peers, raw(c), limit(c))
	}
	peer.Main(peers...)
}

// The raw peers exchange frames of the sizes given by a codec, without interpreting them.
// Nothing that sends these frames can be faster.
func raw(c codec.Codec) peer.Peer {
	return peer.Peer{
		Name:  "raw-" + c.Name(),
		Serve: func(ln net.Listener, _ peer.Work) error { return peer.Accept(ln, serveRaw) },
		Dial: func(ctx context.Context, addr string, _ peer.Work) (peer.Caller, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			return &rawCaller{conn: conn, codec: c}, err
		},
	}
}

const rawBuffer = 64 << 10

// serveRaw replies to each frame with one whose length is in the first four bytes. It
// replies to all available frames with one write.
func serveRaw(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in, out := bufio.NewReaderSize(conn, rawBuffer), bufio.NewWriterSize(conn, rawBuffer)
	var buf, reply []byte
	for {
		p, err := readFrame(in, &buf)
		if err != nil {
			return
		}
		if len(p) < frameHeader || binary.BigEndian.Uint32(p) > maxFrame {
			return
		}
		n := frameHeader + int(binary.BigEndian.Uint32(p))
		if n > len(reply) {
			reply = make([]byte, n)
		}
		binary.BigEndian.PutUint32(reply, uint32(n-frameHeader))
		if _, err := out.Write(reply[:n]); err != nil {
			return
		}
		if in.Buffered() < frameHeader {
			if err := out.Flush(); err != nil {
				return
			}
		}
	}
}

const frameHeader = 4

// maxFrame limits the length of received frames and of requested ones.
const maxFrame = 256 << 20

var errFrame = errors.New("a frame of more than 256 MiB")

// readFrame returns the payload of the next frame, which stays valid until the
// next call.
func readFrame(in *bufio.Reader, buf *[]byte) ([]byte, error) {
	head, err := in.Peek(frameHeader)
	if err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(head) > maxFrame {
		return nil, errFrame
	}
	n := int(binary.BigEndian.Uint32(head))
	if n <= rawBuffer-frameHeader {
		p, err := in.Peek(frameHeader + n)
		if err != nil {
			return nil, err
		}
		_, err = in.Discard(frameHeader + n)
		return p[frameHeader:], err
	}
	if _, err := in.Discard(frameHeader); err != nil {
		return nil, err
	}
	if n > len(*buf) {
		*buf = make([]byte, n)
	}
	_, err = io.ReadFull(in, (*buf)[:n])
	return (*buf)[:n], err
}

type rawCaller struct {
	conn  net.Conn
	codec codec.Codec

	// Of Call.
	in    *bufio.Reader
	frame []byte
	buf   []byte
}

// Window keeps n frames in flight.
func (c *rawCaller) Window(_ context.Context, work peer.Work, n int, stop *atomic.Bool) (int64, error) {
	frame, err := frameOf(c.codec, work)
	if err != nil {
		return 0, err
	}
	return window(c.conn, frame, n, stop)
}

// Call sends one frame and waits for the reply. It must be used by one goroutine for each
// connection.
func (c *rawCaller) Call(_ context.Context, work peer.Work, _ int) (err error) {
	if c.in == nil {
		c.in = bufio.NewReaderSize(c.conn, rawBuffer)
		if c.frame, err = frameOf(c.codec, work); err != nil {
			return err
		}
	}
	if _, err := c.conn.Write(c.frame); err != nil {
		return err
	}
	_, err = readFrame(c.in, &c.buf)
	return err
}

// frameOf returns the request for work.
func frameOf(c codec.Codec, work peer.Work) ([]byte, error) {
	request, reply, err := sizes(c, work)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, frameHeader+request)
	binary.BigEndian.PutUint32(frame, uint32(request))
	binary.BigEndian.PutUint32(frame[frameHeader:], uint32(reply))
	return frame, nil
}

// window sends copies of frame, with n in flight, and counts the frames received.
func window(conn net.Conn, frame []byte, n int, stop *atomic.Bool) (int64, error) {
	in := bufio.NewReaderSize(conn, rawBuffer)
	batch := make([]byte, 0, n*len(frame))
	for range n {
		batch = append(batch, frame...)
	}
	if _, err := conn.Write(batch); err != nil {
		return 0, err
	}
	var buf []byte
	calls, waiting := int64(0), n
	for waiting > 0 {
		if _, err := readFrame(in, &buf); err != nil {
			return calls, err
		}
		got := 1
		for waiting > got && in.Buffered() >= frameHeader {
			if _, err := readFrame(in, &buf); err != nil {
				return calls, err
			}
			got++
		}
		calls += int64(got)
		if stop.Load() {
			waiting -= got
			continue
		}
		if _, err := conn.Write(batch[:got*len(frame)]); err != nil {
			return calls, err
		}
	}
	return calls, nil
}

// sizes returns the lengths of the payloads of request and reply.
func sizes(c codec.Codec, work peer.Work) (request, reply int, err error) {
	const id = 100_000
	call := &codec.Call{Path: work.Name}
	var result any
	switch work.Name {
	case "add":
		call.Args, result = []any{id, 2}, id+2
	case "echo":
		result = peer.Text(work.Size)
		call.Args = []any{result}
	case "state":
		result = state.Any()
		call.Args = []any{result}
	default:
		return 0, 0, peer.NoWork(work)
	}
	req, err := c.AppendMessage(nil, codec.Request, id, call, nil)
	if err != nil {
		return 0, 0, err
	}
	rep, err := c.AppendMessage(nil, codec.Result, id, result, nil)
	return len(req), len(rep), err
}

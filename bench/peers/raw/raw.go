// Program raw has the peers that decode nothing: those that exchange frames, and those that
// are the opposite end of a Python peer.
package main

import (
	"bufio"
	"context"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func main() {
	var peers []peer.Peer
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		peers = append(peers, raw(c), limit(c),
			parked("parked-"+c.Name(), func(work peer.Work) ([]byte, error) { return rawframe.New(c, work) }),
			parked("parked-limit-"+c.Name(), func(work peer.Work) ([]byte, error) { return readyRequest(c, work) }))
	}
	peer.Main(peers...)
}

// The raw peers exchange frames of the sizes given by a codec, without interpreting them.
func raw(c codec.Codec) peer.Peer {
	return peer.Peer{
		Name: "raw-" + c.Name(),
		Serve: func(ln net.Listener, work peer.Work) error {
			functions := make([]entry, 1)
			if work.Name == "functions" {
				functions = make([]entry, work.Size)
			}
			return peer.Accept(ln, func(conn net.Conn) { serveRaw(conn, functions) })
		},
		Dial: func(ctx context.Context, addr string, _ peer.Work) (peer.Caller, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			return &rawCaller{conn: conn, codec: c}, err
		},
	}
}

const rawBuffer = 64 << 10

// entry is what a server has of a function, on a cache line of its own.
type entry struct {
	calls atomic.Int64
	_     [56]byte
}

// serveRaw replies to each frame as its [rawframe.Request] asks. It replies to all available
// frames with one write, except to slow ones.
func serveRaw(conn net.Conn, functions []entry) {
	defer func() { _ = conn.Close() }()
	in, out := bufio.NewReaderSize(conn, rawBuffer), bufio.NewWriterSize(conn, rawBuffer)
	var buf, reply []byte
	for {
		p, err := rawframe.Read(in, &buf)
		if err != nil {
			return
		}
		request, ok := rawframe.Parse(p)
		if !ok || int(request.Function) >= len(functions) {
			return
		}
		functions[request.Function].calls.Add(1)
		n := rawframe.Header + int(request.Reply)
		if n > len(reply) {
			reply = make([]byte, n)
		}
		if request.Slow {
			time.AfterFunc(peer.SlowTime, func() {
				_, _ = conn.Write(request.AppendReply(nil)) // if it fails, so does the reading
			})
		} else if _, err := out.Write(request.FillReply(reply[:n])); err != nil {
			return
		}
		if in.Buffered() < rawframe.Header {
			if err := out.Flush(); err != nil {
				return
			}
		}
	}
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
	frame, err := rawframe.New(c.codec, work)
	if err != nil {
		return 0, err
	}
	return window(c.conn, work, frame, n, stop)
}

// Call sends one frame and waits for the reply. It must be used by one goroutine for each
// connection.
func (c *rawCaller) Call(_ context.Context, work peer.Work, _ int) (err error) {
	if c.in == nil {
		c.in = bufio.NewReaderSize(c.conn, rawBuffer)
		if c.frame, err = rawframe.New(c.codec, work); err != nil {
			return err
		}
	}
	if _, err := c.conn.Write(c.frame); err != nil {
		return err
	}
	_, err = rawframe.Read(c.in, &c.buf)
	return err
}

// window sends copies of frame, with n in flight, and counts the frames received.
func window(conn net.Conn, work peer.Work, frame []byte, n int, stop *atomic.Bool) (int64, error) {
	in := bufio.NewReaderSize(conn, rawBuffer)
	batch := make([]byte, 0, n*len(frame))
	for range n {
		batch = append(batch, frame...)
	}
	call := 0
	choose := func(frames []byte) []byte {
		if work.Name == "functions" {
			for f := range slices.Chunk(frames, len(frame)) {
				// As the peers of this library do.
				rawframe.SetFunction(f, call*7919%work.Size)
				call++
			}
		}
		return frames
	}
	if _, err := conn.Write(choose(batch)); err != nil {
		return 0, err
	}
	var buf []byte
	calls, waiting := int64(0), n
	for waiting > 0 {
		if _, err := rawframe.Read(in, &buf); err != nil {
			return calls, err
		}
		got := 1
		for waiting > got && in.Buffered() >= rawframe.Header {
			if _, err := rawframe.Read(in, &buf); err != nil {
				return calls, err
			}
			got++
		}
		calls += int64(got)
		if stop.Load() {
			waiting -= got
			continue
		}
		if _, err := conn.Write(choose(batch[:got*len(frame)])); err != nil {
			return calls, err
		}
	}
	return calls, nil
}

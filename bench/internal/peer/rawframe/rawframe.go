// Package rawframe has the frames of peers that decode nothing. A request is as long as that of
// a codec, and its first bytes, in place of a message, say what the server must do:
//
//	length of the reply, number of the call, number of the function (4 bytes each), slow (1 byte)
//
// A reply begins with the number of the call.
package rawframe

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Header is the length of what precedes a payload.
const Header = 4

// Most limits the length of a payload.
const Most = 256 << 20

// id is the number of a call for the lengths of messages.
const id = 100_000

// Fields is the length of the fields of a request.
const Fields = 13

// Request is the fields of a request.
type Request struct {
	Reply    uint32 // length of the payload
	Call     uint32
	Function uint32
	Slow     bool // the server replies after peer.SlowTime
}

var errTooLong = errors.New("a frame of more than 256 MiB")

// Read returns the payload of the next frame, which stays valid until the next call. It is in
// the buffer of in, or in *buf, which grows as needed.
func Read(in *bufio.Reader, buf *[]byte) ([]byte, error) {
	head, err := in.Peek(Header)
	if err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(head) > Most {
		return nil, errTooLong
	}
	n := int(binary.BigEndian.Uint32(head))
	if n <= in.Size()-Header {
		p, err := in.Peek(Header + n)
		if err != nil {
			return nil, err
		}
		_, err = in.Discard(Header + n)
		return p[Header:], err
	}
	if _, err := in.Discard(Header); err != nil {
		return nil, err
	}
	if n > len(*buf) {
		*buf = make([]byte, n)
	}
	_, err = io.ReadFull(in, (*buf)[:n])
	return (*buf)[:n], err
}

// Parse returns the fields of a payload.
func Parse(p []byte) (r Request, ok bool) {
	if len(p) < Fields {
		return r, false
	}
	r = Request{binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:]), binary.BigEndian.Uint32(p[8:]), p[12] != 0}
	return r, r.Reply >= 4 && r.Reply <= Most
}

// FillReply makes frame, which has the length of the reply, the reply to r.
func (r Request) FillReply(frame []byte) []byte {
	binary.BigEndian.PutUint32(frame, r.Reply)
	binary.BigEndian.PutUint32(frame[Header:], r.Call)
	return frame
}

// AppendReply appends the reply to r.
func (r Request) AppendReply(dst []byte) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, Header+int(r.Reply))...)
	r.FillReply(dst[n:])
	return dst
}

// CallOf returns the number of the call that a payload replies to.
func CallOf(p []byte) int { return int(binary.BigEndian.Uint32(p)) }

// SetCall sets the number of the call of a request.
func SetCall(frame []byte, call int, slow bool) {
	binary.BigEndian.PutUint32(frame[Header+4:], uint32(call))
	frame[Header+12] = 0
	if slow {
		frame[Header+12] = 1
	}
}

// SetFunction sets the number of the function of a request.
func SetFunction(frame []byte, function int) {
	binary.BigEndian.PutUint32(frame[Header+8:], uint32(function))
}

// New returns the request for work, which is as long as that of a codec.
func New(c codec.Codec, work peer.Work) ([]byte, error) {
	request, reply, err := sizes(c, work)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, Header+request)
	binary.BigEndian.PutUint32(frame, uint32(request))
	binary.BigEndian.PutUint32(frame[Header:], uint32(reply))
	return frame, nil
}

// sizes returns the lengths of the payloads of request and reply.
func sizes(c codec.Codec, work peer.Work) (request, reply int, err error) {
	call := &codec.Call{Path: work.Name}
	var result any
	switch work.Name {
	case "add", "mixed", "functions", "depth":
		call.Path = map[string]string{
			"add": "add", "mixed": "add", "functions": "function_00000", "depth": strings.Repeat("sub/", max(work.Size-1, 0)) + "deep",
		}[work.Name]
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

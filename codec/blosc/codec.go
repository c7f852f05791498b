// Package blosc is aiomas's codec MsgPackBlosc: a message of codec MsgPack,
// compressed as one chunk of Blosc 1.
//
//	conn, err := aiomas.Dial(ctx, addr, aiomas.WithCodec(blosc.Codec))
//
// Values are those of package msgpack, in both directions.
//
// Use it for large messages with many numbers or repeated text, on all but the
// fastest connections. Messages below 128 bytes are not compressed, but grow by
// the 16 bytes of the chunk's header.
//
// It writes the same bytes as Python, with BloscLZ at level 9 after a byte
// shuffle of elements of 8 bytes. (When Python uses several threads for a
// message of 2 MB or more, the order of its blocks is not deterministic.) It
// reads everything that Blosc 1 writes, with any of its compressors: BloscLZ,
// LZ4, Snappy, zlib or zstd.
//
// The declared size of a chunk is checked against [codec.Limits] before any
// memory is allocated. Chunks that are malformed, declare more data than their
// bytes can decompress to, or have overlaps or gaps, which Blosc never writes,
// are refused.
package blosc

import (
	"errors"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/chunk"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// typesize is the size of an element on a 64-bit Python. It determines how
// bytes are shuffled, and does not depend on the values of the message.
const typesize = 8

// Codec is aiomas.codecs.MsgPackBlosc. Its name is "msgpack-blosc". It is safe
// for concurrent use.
//
// The offset in an error is an offset in the chunk if the chunk is invalid,
// else in the MessagePack data in it. The decoders are those of
// [msgpack.Codec].
var Codec codec.Codec = implementation{}

type implementation struct{}

func (implementation) Name() string { return "msgpack-blosc" }

func (implementation) AppendMessage(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry) ([]byte, error) {
	return compress(dst, func(b []byte) ([]byte, error) {
		return msgpack.Codec.AppendMessage(b, t, id, content, reg)
	})
}

func (implementation) AppendValue(dst []byte, v any, reg *codec.Registry) ([]byte, error) {
	return compress(dst, func(b []byte) ([]byte, error) {
		return msgpack.Codec.AppendValue(b, v, reg)
	})
}

func (c implementation) ParseMessage(payload []byte, lim codec.Limits) (codec.Message, error) {
	data, _, err := c.Unpack(payload, lim, func(int) []byte { return nil })
	if err != nil {
		return codec.Message{}, err
	}
	return msgpack.Codec.ParseMessage(data, lim)
}

// Unpack returns the MessagePack message in payload, if possible in the memory that
// the function returns for its size, and whether it is not part of payload. A
// connection parses messages in these two steps, so that it can reuse the memory.
func (implementation) Unpack(payload []byte, lim codec.Limits, memory func(size int) []byte) ([]byte, bool, error) {
	data, own, err := chunk.OpenIn(payload, lim.WithDefaults().Size, memory)
	if err != nil {
		// The id of the call is in the unreadable chunk.
		e := fault(err)
		return nil, false, &codec.EnvelopeError{Offset: e.Offset, Reason: e.Reason}
	}
	return data, own, nil
}

// Unpacked returns the codec of the messages that Unpack returns.
func (implementation) Unpacked() codec.Codec { return msgpack.Codec }

func (implementation) ParseValue(data []byte, lim codec.Limits) ([]byte, error) {
	lim = lim.WithDefaults()
	b, err := chunk.Open(data, lim.Size)
	if err != nil {
		e := fault(err)
		return nil, &codec.DecodeError{Offset: e.Offset, Reason: e.Reason}
	}
	return msgpack.Codec.ParseValue(b, lim)
}

func (implementation) NewDecoder() codec.Decoder { return msgpack.Codec.NewDecoder() }

// fault returns the error of package chunk.
func fault(err error) *chunk.Error {
	var e *chunk.Error
	if errors.As(err, &e) {
		return e
	}
	return &chunk.Error{Reason: err.Error()}
}

// buffers hold messages before they are compressed.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxKept is the size of the largest buffer kept for reuse.
const maxKept = 16 << 20

func compress(dst []byte, write func(b []byte) ([]byte, error)) ([]byte, error) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b, err := write((*buf)[:0])
	if err != nil {
		return dst, err
	}
	if cap(b) <= maxKept {
		*buf = b
	}
	out, err := chunk.Compress(dst, b, typesize)
	if err != nil {
		return dst, &codec.EncodeError{Err: err}
	}
	return out, nil
}

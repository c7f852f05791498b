package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// writeTime is how long a write to an end may make no progress.
const writeTime = 30 * time.Second

// bridged is a connection that is translated. Its fields with two elements are by record.Side.
type bridged struct {
	limits codec.Limits
	names  [2]string // for errors
	codecs [2]codec.Codec
	split  [2]record.Splitter
	out    [2][]byte // to be written next
	early  [][]byte  // messages received before the codec of the other end was known
	size   int       // of early
	over   bool
	err    error
}

func newBridged(limits codec.Limits, client, server codec.Codec) *bridged {
	split := record.Splitter{Limit: limits.Size}
	return &bridged{limits: limits, codecs: [2]codec.Codec{client, server}, split: [2]record.Splitter{split, split}}
}

// take translates data from one end, until one of the two ends is closed. In Python, the end of one direction is the
// end of the connection.
func (b *bridged) take(from *record.End, data []byte, err error) {
	if b.over {
		return
	}
	side := from.Side()
	switch {
	case err == nil:
		err = b.piece(from, data)
		if err == nil {
			return
		}
	case errors.Is(err, io.EOF) && len(b.split[side].Rest()) > 0:
		err = fmt.Errorf("%s: %w", b.names[side], io.ErrUnexpectedEOF)
	case errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed):
		err = nil
	default:
		err = fmt.Errorf("%s: %w", b.names[side], err)
	}
	b.over, b.err = true, err
	from.Close()
	from.Other().Close()
}

// mostUnread is the most bytes that may wait for an end that sends requests but does not read the replies.
const mostUnread = 64 << 20

// piece translates the messages that are complete with data.
func (b *bridged) piece(from *record.End, data []byte) (err error) {
	side := from.Side()
	b.split[side].Add(data, func(payload []byte, rest bool) {
		switch {
		case err != nil:
		case rest:
			_, err = frame.NewReader(bytes.NewReader(payload), b.limits.Size).Next() // returns an error about the length
			err = fmt.Errorf("%s: %w", b.names[side], err)
		default:
			err = b.message(side, payload)
		}
	})
	for _, end := range []*record.End{from, from.Other()} {
		s := end.Side()
		if len(b.out[s]) > 0 {
			end.Write(b.out[s])
		}
		if b.out[s] = b.out[s][:0]; cap(b.out[s]) > 1<<20 {
			b.out[s] = nil
		}
	}
	if n := from.Pending(); err == nil && n > mostUnread {
		err = fmt.Errorf("%s goes on asking while %s of answers wait for it", b.names[side], byteCount(n))
	}
	return err
}

func (b *bridged) message(side record.Side, payload []byte) error {
	if b.codecs[side] == nil {
		if b.codecs[side] = record.Detect(payload); b.codecs[side] == nil {
			return fmt.Errorf("%s sent what is no message of a known codec: %.40q", b.names[side], payload)
		}
		for _, early := range b.early {
			if err := b.translate(side.Other(), early); err != nil {
				return err
			}
		}
		b.early = nil
	}
	if b.codecs[side.Other()] == nil {
		if b.size += len(payload); b.size > mostUnread {
			return fmt.Errorf("%s has sent %s before the first message of %s, whose codec is not known", b.names[side], byteCount(b.size), b.names[side.Other()])
		}
		b.early = append(b.early, payload)
		return nil
	}
	return b.translate(side, payload)
}

// translate adds a message to the output for the other end, in its codec. If that fails, it adds an exception to the
// output for the end that waits for the reply.
func (b *bridged) translate(side record.Side, payload []byte) error {
	from, to := b.codecs[side], b.codecs[side.Other()]
	m, err := from.ParseMessage(payload, b.limits)
	if envelope := (*codec.EnvelopeError)(nil); errors.As(err, &envelope) {
		return fmt.Errorf("%s: %w", b.names[side], err)
	}
	var content any
	if err == nil {
		err = m.Decode(from, &content, all)
	}
	if err == nil {
		err = b.put(side.Other(), m.Type, m.ID, content)
	}
	var encode *codec.EncodeError
	var decode *codec.DecodeError
	if err == nil || !errors.As(err, &encode) && !errors.As(err, &decode) {
		return err
	}
	text := "Traceback (most recent call last):\naiomas.exceptions.SerializationError: " +
		strings.ToValidUTF8(fmt.Sprintf("a bridge from %s to %s: %v", from.Name(), to.Name(), err), "\ufffd") + "\n"
	if m.Type == codec.Request {
		return b.put(side, codec.Exception, m.ID, text)
	}
	return b.put(side.Other(), codec.Exception, m.ID, text)
}

// put adds a message to the output for an end.
func (b *bridged) put(side record.Side, t codec.MessageType, id int64, content any) error {
	out, err := frame.AppendFunc(b.out[side], func(buf []byte) ([]byte, error) {
		return b.codecs[side].AppendMessage(buf, t, id, content, nil)
	})
	if err == nil {
		b.out[side] = out
	}
	return err
}

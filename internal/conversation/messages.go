package conversation

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// gapCodec is a codec that can leave a long text out of the encoded message; see package gap.
type gapCodec interface {
	AppendMessageGap(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry, g *gap.Gap) ([]byte, error)
}

// knower is a codec that finds the ends of texts once for the scan and the decoder.
type knower interface {
	ParseMessageKnown(payload []byte, lim codec.Limits, known *gap.Known) (codec.Message, error)
}

// unpacker is a codec whose messages are compressed messages of another codec.
type unpacker interface {
	// Unpack returns the message in payload, and whether it is in memory of its own: that
	// which memory returned for its size, unless that was nil.
	Unpack(payload []byte, lim codec.Limits, memory func(size int) []byte) (message []byte, own bool, err error)
	// Unpacked returns the codec of these messages.
	Unpacked() codec.Codec
}

// unpack returns the message in payload, in mem unless that is nil, and the memory that the message
// is in; nil: it is only valid until it is admitted.
func (c *Conn) unpack(payload []byte, mem *frame.Memory) ([]byte, *frame.Memory, error) {
	var pooled *frame.Memory
	message, own, err := c.set.unpacker.Unpack(payload, c.set.CodecLimits, func(size int) []byte {
		if pooled = frame.PooledMemory(size); pooled == nil {
			return nil
		}
		return pooled.Bytes()
	})
	if err != nil || !own {
		return message, mem, err
	}
	if pooled == nil && len(message) >= frame.LeastPooled {
		pooled = frame.NewMemory(message)
	}
	return message, pooled, nil
}

// encode returns the encoded request of x, with the id of cl.
func (c *Conn) encode(cl *call, x *Exchange) (*frame.Buffer, error) {
	b := frame.NewBuffer()
	var err error
	if x.Lent == nil {
		err = c.appendMessage(b, codec.Request, cl.id, x.Content, cl.reg)
	} else {
		err = x.Lent.Use(func() error { return c.appendMessage(b, codec.Request, cl.id, x.Content, cl.reg) })
	}
	if err == nil {
		err = c.checkSize(b)
	}
	if err != nil {
		b.Free()
		return nil, err
	}
	return b, nil
}

// appendMessage encodes a message into b.
func (c *Conn) appendMessage(b *frame.Buffer, t codec.MessageType, id int64, content any, reg *codec.Registry) (err error) {
	if gc, ok := c.set.Codec.(gapCodec); ok {
		b.B, err = gc.AppendMessageGap(b.B, t, id, content, reg, &b.Gap)
	} else {
		b.B, err = c.set.Codec.AppendMessage(b.B, t, id, content, reg)
	}
	return err
}

// checkSize returns an error for a message larger than FrameOut, before it is written.
func (c *Conn) checkSize(b *frame.Buffer) error {
	// The first comparison is true for nearly all messages, and needs no settings.
	if n := int64(b.Size() - frame.HeaderSize); n > LeastFrame && n > c.set.FrameOut {
		return codec.NewEncodeError("Serialized message is too long (%d).  Maximum length is %d.", n, c.set.FrameOut)
	}
	return nil
}

// decoder returns a decoder of raw, which is in mem unless mem is nil. The decoder must be freed
// before mem.
func (c *Conn) decoder(raw []byte, mem *frame.Memory, reg *codec.Registry) codec.Decoder {
	d, ok := c.set.decoders.Get().(codec.Decoder)
	if !ok {
		d = c.set.Codec.NewDecoder()
	}
	d.Reset(raw, reg)
	if mem != nil && c.set.inMemory {
		d.(gap.Borrower).Borrow(mem.Loan())
	}
	return d
}

func (c *Conn) freeDecoder(d codec.Decoder) {
	d.Reset(nil, nil)
	c.set.decoders.Put(d)
}

package conversation

import (
	"runtime/debug"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// exception returns the encoded EXCEPTION message for err.
func (c *Conn) exception(id int64, label string, err error) *frame.Buffer {
	text, custom := c.set.Errors.Exception(c, label, err)
	if custom != nil {
		b, failed := c.customException(id, custom)
		if failed == nil {
			return b
		}
		c.Log.Warn("WithFailures: the traceback is sent instead", "err", failed)
	}
	b := frame.NewBuffer()
	var enc error
	if b.B, enc = c.set.Codec.AppendMessage(b.B, codec.Exception, id, text, nil); enc != nil {
		panic("aiomas: a valid string cannot be encoded: " + enc.Error())
	}
	return b
}

// customException is exception with custom content; it returns an error if that cannot be
// encoded.
func (c *Conn) customException(id int64, custom func() any) (b *frame.Buffer, err error) {
	b = frame.NewBuffer()
	defer func() {
		if v := recover(); v != nil {
			err = c.set.Errors.Panicked(v, debug.Stack())
		}
		if err != nil {
			b.Free()
		}
	}()
	content := custom()
	if b.B, err = c.set.Codec.AppendMessage(b.B, codec.Exception, id, content, c.reg.Load()); err != nil {
		return b, err
	}
	return b, c.checkSize(b)
}

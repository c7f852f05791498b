package msgpack

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/aiomas-go/aiomas-go/codec"
)

// foreignDecoder is a decoder of vmihailenco/msgpack with the bytes it reads.
type foreignDecoder struct {
	dec *msgpack.Decoder
	in  foreignReader
}

var foreignDecoders = sync.Pool{New: func() any { return &foreignDecoder{dec: msgpack.NewDecoder(nil)} }}

// decodeForeign decodes one value with vmihailenco/msgpack.
func decodeForeign(d codec.Decoder, v reflect.Value) error {
	raw, err := d.Raw()
	if err != nil {
		return err
	}
	f := foreignDecoders.Get().(*foreignDecoder)
	f.in.reset(raw)
	f.dec.Reset(&f.in)
	f.dec.SetCustomStructTag("aiomas")
	if err := f.dec.DecodeValue(v); err != nil {
		return &codec.DecodeError{Offset: -1, Reason: fmt.Sprintf("Could not deserialize %v", v.Type()), Err: err}
	}
	if f.in.i < len(raw) {
		return codec.NewDecodeError("%v has read only %d of %d bytes", v.Type(), f.in.i, len(raw))
	}
	f.in.reset(nil)
	f.dec.Reset(nil)
	if len(raw) <= maxKept {
		foreignDecoders.Put(f) // not after a panic: the user's code may still use it
	}
	return nil
}

// foreignReader reads the bytes of one scanned value, and prevents
// vmihailenco/msgpack from reading values that were not scanned. The data of an
// extension can be any bytes, for example the header of a huge dict. Where that
// package expects a map, it skips the header of an extension and reads its data
// as a value, for which it would allocate the memory at once. So the data can
// only be read as bytes, by the type registered for the extension. An extension
// cannot be read undecoded, as by RawMessage, since it would be decoded later
// without these checks.
type foreignReader struct {
	b    []byte
	i    int
	exts []span // the extensions; next drops those before i
}

// span is the position of an extension: the index of its type and of its end.
type span struct{ code, end int }

var (
	errExtAsValue = errors.New("an extension type where another value is expected")
	errExtUnread  = errors.New("an extension type in a RawMessage, in what an Unmarshaler reads or in an unknown field")
)

func (r *foreignReader) reset(b []byte) {
	r.b, r.i, r.exts = b, 0, nil
	for i := 0; i < len(b); {
		end, h, ok := tokenEnd(b, i)
		if !ok {
			return // cannot happen: the bytes have been scanned
		}
		if h.kind == codec.KindExt {
			r.exts = append(r.exts, span{i + int(h.size) - 1, end})
		}
		i = end
	}
}

func (r *foreignReader) ReadByte() (byte, error) {
	if r.i >= len(r.b) {
		return 0, io.EOF
	}
	if len(r.exts) > 0 && inData(r.next(), r.i) {
		return 0, errExtAsValue
	}
	r.i++
	return r.b[r.i-1], nil
}

func (r *foreignReader) UnreadByte() error {
	if r.i == 0 {
		return io.ErrUnexpectedEOF
	}
	r.i--
	return nil
}

func (r *foreignReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.i >= len(r.b) {
		return 0, io.EOF
	}
	if len(r.exts) > 0 && r.i == r.next().code {
		return 0, errExtUnread
	}
	n := copy(p, r.b[r.i:])
	r.i += n
	return n, nil
}

func inData(x span, i int) bool { return x.code < i && i < x.end }

// next returns the extension that contains i, else the next one, else the last
// one.
func (r *foreignReader) next() span {
	for len(r.exts) > 1 && r.exts[0].end <= r.i {
		r.exts = r.exts[1:]
	}
	return r.exts[0]
}

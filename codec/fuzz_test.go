package codec_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/base"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// FuzzRoundTrip: one end decodes what the other encoded, with each codec, and
// codecs agree where their dialects do; a codec refuses exactly what its
// dialect lacks.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("\x0b\x02\x02\x01\x7f\x05\x04some"))
	f.Add([]byte("\x0c\x03\x01a\x01b\x01c\x02\x08\xff\xff\xff\xff\xff\xff\xff\xff\x04\x3f\xf0\x01\x02\x03\x04\x05\x06\x0b\x02\x18\x00\x18\x01"))
	f.Add([]byte("\x0d\x02\x08__type__\x01a"))
	f.Add([]byte("\x0b\x05\x09\x03abc\x0a\x09\xff123456789\x07\x02\xed\xa0\x80\x0e\x02\x01\x02\x14\x04\x05"))
	for op := range byte(opCount) {
		f.Add([]byte{opList, 3, op, 5, 1, 2, 3, 4, 5, 6, 7, 8, op, 2, 'x', 'y', opDict, 1, 'k', op, 1, 9})
	}
	reg := codectest.Registry(f, "Point", "complex")
	trips := map[string]*trip{}
	own := base.New("own", codectest.PlainMsgPack{})
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec, own} {
		trips[c.Name()] = &trip{codec: c, reg: reg, decoder: c.NewDecoder()}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &maker{data: data, left: 60}
		in, want := m.value(6)
		trips["json"].check(t, m, in, want)
		mp := trips["msgpack"].check(t, m, in, want)
		bl := trips["msgpack-blosc"].check(t, m, in, want)
		if !bytes.Equal(mp, bl) {
			t.Errorf("%x, but %x with Blosc", mp, bl)
		}
		if by := trips["own"].check(t, m, in, want); !m.twice && !bytes.Equal(mp, by) {
			t.Errorf("%x, but %x by way of plain values", mp, by)
		}
	})
}

// A trip encodes and decodes with one codec, reusing its memory.
type trip struct {
	codec   codec.Codec
	reg     *codec.Registry
	decoder codec.Decoder
	buf     []byte
	again   []byte
}

// check returns the encoded content, or nil if it was rightly refused.
func (p *trip) check(t *testing.T, m *maker, in, want any) []byte {
	t.Helper()
	const prefix = "prefix"
	const id = math.MaxInt64
	refuse := m.typeKey || m.bytes && p.codec == json.Codec || (m.big || m.invalid) && p.codec != json.Codec
	p.buf = append(p.buf[:0], prefix...)
	buf, err := p.codec.AppendMessage(p.buf, codec.Result, id, in, p.reg)
	if ee := (*codec.EncodeError)(nil); err != nil {
		if !errors.As(err, &ee) || string(buf) != prefix || !refuse && !m.invalid {
			t.Fatalf("%s: %#v: %q, %v", p.codec.Name(), in, buf, err)
		}
		return nil
	}
	if refuse {
		t.Fatalf("%s: %#v was accepted: %q", p.codec.Name(), in, buf)
	}
	p.buf = buf
	msg, err := p.codec.ParseMessage(buf[len(prefix):], codec.Limits{})
	if err != nil || msg.Type != codec.Result || msg.ID != id {
		t.Fatalf("%s: %#v became %q: %+v, %v", p.codec.Name(), in, buf, msg, err)
	}
	p.decoder.Reset(msg.Content, p.reg)
	got, err := p.decoder.Any()
	other := m.invalid || m.otherKeys && p.codec == json.Codec // text in other bytes, keys made text
	if err != nil || p.decoder.Kind() != codec.KindInvalid || !other && !codectest.Same(got, want) {
		t.Fatalf("%s: %#v became %q, that became %#v, %v, want %#v", p.codec.Name(), in, buf, got, err, want)
	}
	// A value passed on undecoded stays unchanged, except for the contents of
	// custom types, which are decoded.
	p.decoder.Reset(msg.Content, p.reg)
	later, err := codec.NewValue(p.decoder)
	if err != nil {
		t.Fatal(err)
	}
	p.again, err = p.codec.AppendMessage(p.again[:0], codec.Result, id, later, p.reg)
	other = m.twice || m.custom && (m.ordered || m.otherKeys)
	if err != nil || !other && !bytes.Equal(p.again, buf[len(prefix):]) {
		t.Fatalf("%s: %q was passed on as %q, %v", p.codec.Name(), buf, p.again, err)
	}
	return msg.Content
}

func naturalInt(n *big.Int) any {
	switch {
	case n.IsInt64():
		return n.Int64()
	case n.IsUint64():
		return n.Uint64()
	}
	return n
}

package msgpack

import (
	"fmt"
	"math"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

var (
	customEncoder = reflect.TypeFor[msgpack.CustomEncoder]()
	customDecoder = reflect.TypeFor[msgpack.CustomDecoder]()
	marshaler     = reflect.TypeFor[msgpack.Marshaler]()
	unmarshaler   = reflect.TypeFor[msgpack.Unmarshaler]()
	extType       = reflect.TypeFor[Ext]()
)

// foreignEncode is the ForeignEncode of walk.Format, for types that are encoded
// in a form of their own: Ext, and the types with methods of
// vmihailenco/msgpack.
func foreignEncode(t reflect.Type) func(walk.Sink, reflect.Value) error {
	switch {
	case t == extType:
		return func(s walk.Sink, v reflect.Value) (err error) {
			to := s.(*sink)
			to.b, err = appendExt(to.b, v.Interface().(Ext))
			return err
		}
	case walk.Implements(t, customEncoder), walk.Implements(t, marshaler):
		return func(s walk.Sink, v reflect.Value) error { return s.(*sink).foreign(v) }
	}
	return nil
}

// foreignDecode is the counterpart of foreignEncode.
func foreignDecode(t reflect.Type) func(codec.Decoder, reflect.Value) error {
	switch {
	case t == extType:
		return func(d codec.Decoder, v reflect.Value) error {
			x, err := d.(*decoder).ext()
			v.Set(reflect.ValueOf(x))
			return err
		}
	case walk.Implements(t, customDecoder), walk.Implements(t, unmarshaler):
		return decodeForeign
	}
	return nil
}

// foreignEncoder is an encoder of vmihailenco/msgpack with the buffer it writes
// to.
type foreignEncoder struct {
	enc *msgpack.Encoder
	out foreignWriter
}

var foreignEncoders = sync.Pool{New: func() any { return &foreignEncoder{enc: msgpack.NewEncoder(nil)} }}

// maxKept is the maximum size of a buffer that is kept for reuse.
const maxKept = 64 << 10

// foreign writes v with vmihailenco/msgpack, and normalizes the result to
// Python's forms. It returns an error for values that Python cannot read.
func (s *sink) foreign(v reflect.Value) error {
	f := foreignEncoders.Get().(*foreignEncoder)
	f.out.b, f.out.check = f.out.b[:0], checkAfter
	f.enc.Reset(&f.out)
	f.enc.UseCompactInts(true)
	f.enc.SetSortMapKeys(true)
	f.enc.SetCustomStructTag("aiomas")
	if err := f.enc.EncodeValue(v); err != nil {
		return &codec.EncodeError{Reason: fmt.Sprintf("Could not serialize object of type %v", v.Type()), Err: err}
	}
	b := f.out.b
	end, err := scan(b, 0, s.depth, rules{depth: codec.MaxEncodeDepth, elements: math.MaxInt, memory: math.MaxInt64, outgoing: true})
	switch {
	case err != nil:
		return codec.NewEncodeError("%v encodes itself as something that Python cannot read: %s", v.Type(), err.Reason)
	case end < len(b):
		return codec.NewEncodeError("%v encodes itself as more than one value", v.Type())
	}
	s.b = normalize(s.b, b)
	if cap(b) <= maxKept {
		foreignEncoders.Put(f) // not after a panic: the user's code may still use it
	}
	return nil
}

// foreignWriter collects the written bytes and checks their nesting at
// intervals: a value that contains itself would otherwise be encoded until the
// stack overflows, which ends the process.
type foreignWriter struct {
	b     []byte
	check int // length at which to check next
}

const checkAfter = 4 << 10

func (w *foreignWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), w.look()
}

func (w *foreignWriter) WriteByte(c byte) error {
	w.b = append(w.b, c)
	return w.look()
}

func (w *foreignWriter) look() error {
	if len(w.b) < w.check {
		return nil
	}
	w.check = 2 * len(w.b)
	if nestsDeeper(w.b, codec.MaxEncodeDepth) {
		return fmt.Errorf("nested deeper than %d", codec.MaxEncodeDepth)
	}
	return nil
}

// nestsDeeper reports whether b, the beginning of a value, is nested deeper
// than limit.
func nestsDeeper(b []byte, limit int) bool {
	var left []uint64
	for i := 0; i < len(b); {
		h, ok := readHead(b, i)
		if !ok {
			return false
		}
		i += int(h.size)
		for len(left) > 0 && left[len(left)-1] == 0 {
			left = left[:len(left)-1]
		}
		if len(left) > 0 {
			left[len(left)-1]--
		}
		switch h.kind {
		case codec.KindList:
			left = append(left, uint64(h.n))
		case codec.KindDict:
			left = append(left, 2*uint64(h.n))
		default:
			if uint64(h.n) > uint64(len(b)-i) {
				return false
			}
			i += int(h.n)
		}
		if len(left) > limit {
			return true
		}
	}
	return false
}

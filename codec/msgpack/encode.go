package msgpack

import (
	"encoding/binary"
	"math"
	"math/big"
	"reflect"
	"slices"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/run"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// encoding is the state of encoding a value, except for the encoded bytes.
type encoding struct {
	reg     *codec.Registry
	depth   int      // lists and dicts around the value
	scratch *scratch // of the outermost map[string]any, nil outside
}

// appendAny writes the types that need no reflection and passes the others to
// package walk. On error the returned bytes are undefined.
func appendAny(b []byte, v any, e encoding) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, codeNil), nil
	case bool:
		return appendBool(b, v), nil
	case int:
		return appendInt(b, int64(v)), nil
	case int64:
		return appendInt(b, v), nil
	case float64:
		return appendFloat(b, v), nil
	case string:
		return appendStr(b, v)
	case []byte:
		return appendBin(b, v)
	case *big.Int:
		return appendBigInt(b, v)
	case []any:
		return appendList(b, v, e, nil)
	case codec.Tuple:
		return appendList(b, v, e, nil)
	case []float64:
		return appendFloats(b, v, e)
	case []int:
		return appendEach(b, v, e, func(b []byte, x int) ([]byte, error) { return appendInt(b, int64(x)), nil })
	case []int64:
		return appendEach(b, v, e, func(b []byte, x int64) ([]byte, error) { return appendInt(b, x), nil })
	case []string:
		return appendEach(b, v, e, appendStr)
	case map[string]any:
		return appendStrMap(b, v, e)
	case map[string]float64:
		return appendFloatMap(b, v, e)
	case map[string]string:
		return appendTextMap(b, v, e)
	case codec.Dict:
		return appendDict(b, v, e)
	case *codec.Call:
		return appendCall(b, v, e, nil)
	}
	return appendOther(b, v, e)
}

// appendOther is appendAny for the types that are used less often.
func appendOther(b []byte, v any, e encoding) ([]byte, error) {
	switch v := v.(type) {
	case int8:
		return appendInt(b, int64(v)), nil
	case int16:
		return appendInt(b, int64(v)), nil
	case int32:
		return appendInt(b, int64(v)), nil
	case uint:
		return appendUint(b, uint64(v)), nil
	case uint8:
		return appendUint(b, uint64(v)), nil
	case uint16:
		return appendUint(b, uint64(v)), nil
	case uint32:
		return appendUint(b, uint64(v)), nil
	case uint64:
		return appendUint(b, v), nil
	case float32:
		return appendFloat(b, float64(v)), nil
	}
	return appendWalked(b, reflect.ValueOf(v), e)
}

func appendStr(b []byte, s string) ([]byte, error) {
	if !run.Valid(s) {
		return b, codec.NewEncodeError("str is not valid UTF-8")
	}
	if tooLong(len(s)) {
		return b, errTooLong(len(s))
	}
	return append(appendStrHeader(b, len(s)), s...), nil
}

// appendStrGap is appendStr, but may leave s out and put it in g.
func appendStrGap(b []byte, s string, g *gap.Gap) ([]byte, error) {
	if !g.Fits(s) || tooLong(len(s)) || !run.Valid(s) {
		return appendStr(b, s)
	}
	b = appendStrHeader(b, len(s))
	*g = gap.Gap{At: len(b), Text: s}
	return b, nil
}

// appendAnyGap is appendAny, but may leave out a text or bytes that are lent.
func appendAnyGap(b []byte, v any, e encoding, g *gap.Gap) (_ []byte, err error) {
	if g == nil || g.Text != "" {
		return appendAny(b, v, e)
	}
	loan, ok := v.(codec.Lent)
	if !ok {
		return appendAny(b, v, e)
	}
	value, end, err := walk.Share(loan)
	if err != nil {
		return b, err
	}
	switch value := value.(type) {
	case string:
		b, err = appendStrGap(b, value, g)
	case []byte:
		if text := unsafe.String(unsafe.SliceData(value), len(value)); g.Fits(text) && !tooLong(len(value)) {
			b = appendBinHeader(b, len(value))
			*g = gap.Gap{At: len(b), Text: text}
			break
		}
		b, err = appendBin(b, value)
	default:
		b, err = appendAny(b, value, e)
	}
	g.Until(end)
	return b, err
}

func appendBin(b, v []byte) ([]byte, error) {
	if tooLong(len(v)) {
		return b, errTooLong(len(v))
	}
	return append(appendBinHeader(b, len(v)), v...), nil
}

func appendBigInt(b []byte, v *big.Int) ([]byte, error) {
	switch {
	case v == nil:
		return append(b, codeNil), nil
	case v.IsUint64():
		return appendUint(b, v.Uint64()), nil
	case v.IsInt64():
		return appendInt(b, v.Int64()), nil
	}
	return b, codec.NewEncodeError("Integer value out of range: MsgPack has −2⁶³ to 2⁶⁴−1")
}

// enter checks the size and nesting of a list or dict of n elements, and
// returns the encoding for its elements.
func (e encoding) enter(n int) (encoding, error) {
	if e.depth >= codec.MaxEncodeDepth {
		return e, codec.NewEncodeError("nested deeper than %d", codec.MaxEncodeDepth)
	}
	if tooLong(n) {
		return e, errTooLong(n)
	}
	e.depth++
	return e, nil
}

// appendList writes a list; g is the gap for texts in the list.
func appendList(b []byte, list []any, e encoding, g *gap.Gap) ([]byte, error) {
	e, err := e.enter(len(list))
	if err != nil {
		return b, err
	}
	b = appendArrayHeader(b, len(list))
	for i, v := range list {
		switch v := v.(type) { // a fast path that takes half the time for lists of floats
		case float64:
			b = appendFloat(b, v)
			continue
		case int:
			b = appendInt(b, int64(v))
			continue
		case string:
			b, err = appendStrGap(b, v, g)
		default:
			b, err = appendAnyGap(b, v, e, g)
		}
		if err != nil {
			return b, codec.AtIndex(err, i)
		}
	}
	return b, nil
}

func appendEach[T any](b []byte, list []T, e encoding, write func([]byte, T) ([]byte, error)) ([]byte, error) {
	if _, err := e.enter(len(list)); err != nil {
		return b, err
	}
	b = appendArrayHeader(b, len(list))
	for i, v := range list {
		var err error
		if b, err = write(b, v); err != nil {
			return b, codec.AtIndex(err, i)
		}
	}
	return b, nil
}

// appendFloats writes a list of floats in memory that is reserved at once.
func appendFloats(b []byte, list []float64, e encoding) ([]byte, error) {
	if _, err := e.enter(len(list)); err != nil {
		return b, err
	}
	b = appendArrayHeader(b, len(list))
	at := len(b)
	b = slices.Grow(b, 9*len(list))[:at+9*len(list)]
	out := b[at:]
	for _, x := range list {
		_ = out[8]
		out[0] = codeFloat64
		binary.BigEndian.PutUint64(out[1:9], math.Float64bits(x))
		out = out[9:]
	}
	return b, nil
}

// appendCall writes [path, args, kwargs]; g is the gap for texts in args.
func appendCall(b []byte, c *codec.Call, e encoding, g *gap.Gap) ([]byte, error) {
	if c == nil {
		return append(b, codeNil), nil
	}
	e, err := e.enter(3)
	if err != nil {
		return b, err
	}
	b, err = appendStr(append(b, codeFixArray|3), c.Path)
	if err != nil {
		return b, codec.At(err, "path")
	}
	if b, err = appendList(b, c.Args, e, g); err != nil {
		return b, codec.At(err, "args")
	}
	if len(c.Kwargs) == 0 {
		return append(b, codeFixMap), nil
	}
	if b, err = appendStrMap(b, c.Kwargs, e); err != nil {
		return b, codec.At(err, "kwargs")
	}
	return b, nil
}

// tooLong reports whether the format cannot express the length n. On a 32-bit
// machine it can express every length.
func tooLong(n int) bool { return uint64(n) > math.MaxUint32 }

func errTooLong(n int) error {
	return codec.NewEncodeError("length %d is more than MsgPack can express", n)
}

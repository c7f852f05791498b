package json

import (
	"strconv"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// Most messages are a call with a few scalar arguments, or a scalar result.
// This fast path encodes them without a pooled encoder, in half the time. All
// other values, and all errors, are left to the encoder.

// appendPlain appends a call with only scalar arguments, or a scalar. It returns
// false for other values.
func appendPlain(dst []byte, v any, g *gap.Gap) ([]byte, bool) {
	if call, ok := v.(*codec.Call); ok && call != nil && len(call.Kwargs) == 0 {
		return appendPlainCall(dst, call, g)
	}
	return appendScalar(dst, v, g)
}

func appendPlainCall(dst []byte, c *codec.Call, g *gap.Gap) ([]byte, bool) {
	dst, err := appendString(append(dst, '['), c.Path)
	if err != nil {
		return dst, false
	}
	dst = append(dst, ", ["...)
	for i, arg := range c.Args {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		var ok bool
		if dst, ok = appendScalar(dst, arg, g); !ok {
			return dst, false
		}
	}
	return append(dst, "], {}]"...), true
}

func appendScalar(dst []byte, v any, g *gap.Gap) ([]byte, bool) {
	switch v := v.(type) {
	case int:
		return number.AppendInt(dst, int64(v)), true
	case int64:
		return number.AppendInt(dst, v), true
	case float64:
		return number.AppendFloat(dst, v), true
	case string:
		if g.Fits(v) && plainRun(v, 0) == len(v) {
			*g = gap.Gap{At: len(dst) + 1, Text: v}
			return append(dst, `""`...), true
		}
		dst, err := appendString(dst, v)
		return dst, err == nil
	case nil:
		return append(dst, "null"...), true
	case bool:
		return strconv.AppendBool(dst, v), true
	case codec.Lent:
		if g != nil && g.Text == "" {
			return appendLent(dst, v, g)
		}
	}
	return dst, false
}

// appendLent appends a scalar that is lent.
func appendLent(dst []byte, loan codec.Lent, g *gap.Gap) ([]byte, bool) {
	value, end, err := walk.Share(loan)
	if err != nil {
		return dst, false // for the encoder, which returns the error
	}
	dst, ok := appendScalar(dst, value, g)
	g.Until(end)
	return dst, ok
}

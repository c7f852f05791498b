package json

import (
	"errors"
	"math"
	"math/big"
	"strconv"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
)

// pythonNaN is Python's NaN, whose payload differs from that of math.NaN. A
// codec that sends all bits may encode it again.
const pythonNaN = 0x7ff8000000000000

// int reads an int and returns the index at which its text begins.
func (d *decoder) int() (n number.Number, start int, err error) {
	if kinds[d.peek()] != codec.KindInt {
		return n, 0, d.wrong(codec.KindInt)
	}
	start = d.pos
	n, length := number.Parse(d.data[start:])
	if !n.Is(number.Int) || length == 0 {
		return n, 0, d.wrong(codec.KindInt)
	}
	d.pos += length
	return n, start, nil
}

func (d *decoder) Int64() (int64, error) {
	n, start, err := d.int()
	if err != nil {
		return 0, err
	}
	if i, ok := toInt64(n); ok {
		return i, nil
	}
	return 0, misfit(d.data[start:d.pos], "int64")
}

func toInt64(n number.Number) (int64, bool) {
	if n.Is(number.Long) || !n.Is(number.Int) {
		return 0, false
	}
	if n.Is(number.Neg) {
		return -int64(n.Digits), n.Digits <= 1<<63
	}
	return int64(n.Digits), n.Digits <= math.MaxInt64
}

func (d *decoder) Uint64() (uint64, error) {
	n, start, err := d.int()
	if err != nil {
		return 0, err
	}
	if u, ok := toUint64(n, d.data[start:d.pos]); ok {
		return u, nil
	}
	return 0, misfit(d.data[start:d.pos], "uint64")
}

func toUint64(n number.Number, text []byte) (uint64, bool) {
	if !n.Is(number.Long) {
		return n.Digits, !n.Is(number.Neg) || n.Digits == 0
	}
	u, err := strconv.ParseUint(string(text), 10, 64)
	return u, err == nil
}

func misfit(text []byte, t string) error {
	if len(text) > 40 {
		return codec.NewDecodeError("int of %d digits does not fit %s", len(text), t)
	}
	return codec.NewDecodeError("int %s does not fit %s", text, t)
}

func (d *decoder) BigInt() (*big.Int, error) {
	_, start, err := d.int()
	if err != nil {
		return nil, err
	}
	return parseBigInt(d.data[start:d.pos])
}

func parseBigInt(text []byte) (*big.Int, error) {
	if len(text) <= maxIntDigits+1 { // the scan allows no more, and converting more takes too long
		if n, ok := new(big.Int).SetString(string(text), 10); ok {
			return n, nil
		}
	}
	return nil, codec.NewDecodeError("an int of %d characters", len(text))
}

func (d *decoder) Float64() (float64, error) {
	if kinds[d.peek()] == codec.KindInt {
		n, length := number.Parse(d.data[d.pos:])
		if length > 0 && !n.Is(number.Int) {
			start := d.pos
			d.pos += length
			return toFloat(n, d.data[start:d.pos])
		}
	}
	switch {
	case d.word("NaN"):
		return math.Float64frombits(pythonNaN), nil
	case d.word("Infinity"):
		return math.Inf(1), nil
	case d.word("-Infinity"):
		return math.Inf(-1), nil
	}
	return 0, d.wrong(codec.KindFloat)
}

// toFloat returns the value of a number as a float. As in Python, a value that
// is too large becomes infinite.
func toFloat(n number.Number, text []byte) (float64, error) {
	if x, ok := n.Float(); ok {
		return x, nil
	}
	x, err := strconv.ParseFloat(n.Plain(text), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, codec.NewDecodeError("a malformed float %.40q", text)
	}
	return x, nil
}

// anyNumber reads an int or a float.
func (d *decoder) anyNumber() (any, error) {
	start := d.pos
	n, length := number.Parse(d.data[start:])
	d.pos += length
	switch {
	case length == 0:
		return d.Float64() // -Infinity
	case !n.Is(number.Int):
		return toFloat(n, d.data[start:d.pos])
	}
	if i, ok := toInt64(n); ok {
		return i, nil
	}
	text := d.data[start:d.pos]
	if u, ok := toUint64(n, text); ok {
		return u, nil
	}
	return parseBigInt(text)
}

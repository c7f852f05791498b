package number

import (
	"bytes"
	"math"
	"strconv"
	"testing"
)

// FuzzAppend: numbers are written as Python writes them, and a finite float is
// read again as it was.
func FuzzAppend(f *testing.F) {
	for _, b := range []uint64{0, 1, 0x3ff0000000000000, 0x7fefffffffffffff, 0x4340000000000000, 0xc1d0000000000001, 0x8000000000000000, 1e19} {
		f.Add(b)
	}
	var buf []byte
	f.Fuzz(func(t *testing.T, b uint64) {
		x := math.Float64frombits(b)
		if buf = AppendFloat(buf[:0], x); string(buf) != pythonRepr(x) {
			t.Errorf("AppendFloat(%b) = %s, want %s", x, buf, pythonRepr(x))
		}
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			n, length := Parse(buf)
			if y, ok := n.Float(); length != len(buf) || ok && math.Float64bits(y) != b {
				t.Errorf("%s is read as %b, %+v, not %b", buf, y, n, x)
			}
		}
		if buf = AppendInt(buf[:0], int64(b)); string(buf) != strconv.FormatInt(int64(b), 10) {
			t.Errorf("AppendInt(%d) = %s", int64(b), buf)
		}
		if buf = AppendUint(buf[:0], b); string(buf) != strconv.FormatUint(b, 10) {
			t.Errorf("AppendUint(%d) = %s", b, buf)
		}
	})
}

// FuzzParse: a number is read as package strconv reads it, or left to it.
func FuzzParse(f *testing.F) {
	f.Add(false, []byte{1}, []byte{5}, int16(0), byte(','))
	f.Add(true, []byte{0}, []byte{0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, int16(-300), byte(' '))
	f.Add(false, []byte{9, 0, 0, 7, 1, 9, 9, 2, 5, 4, 7, 4, 0, 9, 9, 3}, []byte(nil), int16(22), byte(']'))
	f.Add(false, []byte{1, 7, 9, 7, 6, 9, 3, 1, 3, 4, 8, 6, 2, 3, 1, 5, 7}, []byte(nil), int16(292), byte('}'))
	f.Add(true, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}, []byte{1}, int16(0), byte('/'))
	f.Fuzz(func(t *testing.T, neg bool, whole, frac []byte, exp int16, end byte) {
		text := make([]byte, 0, len(whole)+len(frac)+10)
		if neg {
			text = append(text, '-')
		}
		if len(whole) == 0 {
			whole = []byte{0}
		}
		text = appendDigits(text, whole)
		if len(frac) > 0 {
			text = appendDigits(append(text, '.'), frac)
		}
		if exp != 0 {
			text = strconv.AppendInt(append(text, 'e'), int64(exp), 10)
		}
		n, length := Parse(append(text, end))
		if end-'0' <= 9 || bytes.IndexByte([]byte(".eE"), end) >= 0 {
			return // another number
		}
		isInt := len(frac) == 0 && exp == 0
		if length != len(text) || n.Is(Int) != isInt || n.Is(Neg) != neg {
			t.Fatalf("%s: %+v, %d bytes", text, n, length)
		}
		if isInt && !n.Is(Long) {
			if want, err := strconv.ParseUint(string(bytes.TrimPrefix(text, []byte("-"))), 10, 64); err != nil || n.Digits != want {
				t.Errorf("%s: %+v, want %d", text, n, want)
			}
		}
		want, _ := strconv.ParseFloat(string(text), 64)
		if x, ok := n.Float(); ok && math.Float64bits(x) != math.Float64bits(want) {
			t.Errorf("%s: %b, want %b", text, x, want)
		}
	})
}

// appendDigits makes a digit of each byte.
func appendDigits(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, '0'+c%10)
	}
	return dst
}

package json

import (
	"math/bits"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/run"
)

// Text is examined in words of eight bytes. In a word without bytes ≥ 0x80, no
// carry crosses from byte to byte, so that the high bit of each byte of these
// sums and differences shows a match; otherwise only the lowest match is exact.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	hex   = "0123456789abcdef"
)

func load(s string, i int) uint64 {
	_ = s[i+7]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

// special sets the high bit of the bytes of w that must be escaped: control
// characters, 0x7f and above, the quote and the backslash.
func special(w uint64) uint64 {
	quote := w ^ ones*'"'
	slash := w ^ ones*'\\'
	return (w | (w + ones) | (w - ones*0x20) | (quote - ones) | (slash - ones)) & highs
}

// plain[c] reports whether c is written without an escape.
var plain = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// longRun is the length of plain text after which package run is used.
const longRun = 64

// plainRun returns the index of the first byte of s from i on that must be
// escaped, or len(s).
func plainRun(s string, i int) int {
	for long := i + longRun; i+8 <= len(s); i += 8 {
		if m := special(load(s, i)); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
		if i >= long {
			return longPlainRun(s, i)
		}
	}
	for i < len(s) && plain[s[i]] {
		i++
	}
	return i
}

// longPlainRun is plainRun for text that begins with a long plain run.
func longPlainRun(s string, i int) int {
	for {
		n := run.Plain(s[i:])
		if i += n; n == 0 || i == len(s) {
			break
		}
	}
	for i < len(s) && plain[s[i]] {
		i++
	}
	return i
}

// appendString appends s as Python writes a str, in quotes.
func appendString(dst []byte, s string) ([]byte, error) {
	dst = append(dst, '"')
	for i := 0; ; {
		end := plainRun(s, i)
		dst = append(dst, s[i:end]...)
		if end == len(s) {
			return append(dst, '"'), nil
		}
		c := s[end]
		i = end + 1
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\b':
			dst = append(dst, '\\', 'b')
		case c == '\f':
			dst = append(dst, '\\', 'f')
		case c < utf8.RuneSelf:
			dst = appendEscape(dst, rune(c))
		default:
			var err error
			if dst, i, err = appendNonASCII(dst, s, end); err != nil {
				return dst, err
			}
		}
	}
}

// appendNonASCII appends the run of characters past ASCII that begins at i, and
// returns the index after it.
func appendNonASCII(dst []byte, s string, i int) ([]byte, int, error) {
	for i < len(s) && s[i] >= utf8.RuneSelf {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			if r, n = surrogate(s[i:]); n == 0 {
				return dst, i, codec.NewEncodeError("a str with invalid UTF-8 at byte %d; send bytes as []byte, with the MsgPack codec", i)
			}
		}
		if r < 0x10000 {
			dst = appendEscape(dst, r)
		} else {
			r -= 0x10000
			dst = appendEscape(dst, 0xd800+r>>10)
			dst = appendEscape(dst, 0xdc00+r&0x3ff)
		}
		i += n
	}
	return dst, i, nil
}

func appendEscape(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// surrogate decodes the WTF-8 form of a surrogate at the beginning of s; the
// length is 0 if there is none.
func surrogate(s string) (rune, int) {
	if len(s) < 3 || s[0] != 0xed || s[1]&0xe0 != 0xa0 || s[2]&0xc0 != 0x80 {
		return 0, 0
	}
	return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
}

// appendSurrogate appends r, a surrogate, as WTF-8.
func appendSurrogate(dst []byte, r rune) []byte {
	return append(dst, 0xed, 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
}

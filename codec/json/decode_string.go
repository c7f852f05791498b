package json

import (
	"unicode/utf8"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

func (d *decoder) Str() (string, error) {
	body, escaped, err := d.quoted()
	if err != nil {
		return "", err
	}
	if !escaped {
		if len(body) >= gap.MinLent {
			if text, ok := d.Text(body); ok {
				return text, nil
			}
		}
		return string(body), nil
	}
	if len(body) >= gap.MinLent {
		if text := d.Memory(len(body)); text != nil { // no longer without its escapes
			text = unescape(text[:0], body)
			return unsafe.String(unsafe.SliceData(text), len(text)), nil
		}
	}
	d.buf = unescape(d.buf[:0], body)
	return string(d.buf), nil
}

func (d *decoder) StrBytes() ([]byte, error) {
	body, escaped, err := d.quoted()
	if err != nil || !escaped {
		return body, err
	}
	d.buf = unescape(d.buf[:0], body)
	return d.buf, nil
}

// unescape appends body, the inside of a string literal, with its escapes resolved.
func unescape(dst, body []byte) []byte {
	for i := 0; i < len(body); {
		end := textEnd(body, i)
		dst = append(dst, body[i:end]...)
		if i = end; i+1 >= len(body) {
			return dst
		}
		c := body[i+1]
		i += 2
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, ok := unhex(body[i:])
			if !ok {
				continue // cannot happen after a scan
			}
			i += 4
			if r >= 0xd800 && r < 0xdc00 && i+6 <= len(body) && body[i] == '\\' && body[i+1] == 'u' {
				if low, ok := unhex(body[i+2:]); ok && low >= 0xdc00 && low < 0xe000 {
					r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
					i += 6
				}
			}
			if r >= 0xd800 && r < 0xe000 {
				dst = appendSurrogate(dst, r)
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

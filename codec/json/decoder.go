package json

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// decoder is a cursor over JSON. The bytes have been scanned, so that it can
// skip white space, ',' and ':' without distinguishing them. On bytes that have
// not been scanned it returns errors; it never panics or recurses without
// bound.
type decoder struct {
	data    []byte
	pos     int
	depth   int
	reg     *codec.Registry
	buf     []byte // for StrBytes
	scratch *scratch
	gaveUp  bool
	gap.Lending
}

func (d *decoder) Reset(raw []byte, reg *codec.Registry) {
	d.data, d.reg = raw, reg
	d.pos, d.depth, d.Lending, d.gaveUp = 0, 0, gap.Lending{}, false
	if cap(d.buf) > maxKeptBuf {
		d.buf = nil
	}
}

// Mark, Rewind and GaveUp implement [walk.Rewinder].
func (d *decoder) Mark() walk.Mark {
	m := walk.Mark{Pos: d.pos, Depth: d.depth}
	if d.scratch != nil {
		m.Values = len(d.scratch.values)
	}
	return m
}

// Rewind goes back to m.
func (d *decoder) Rewind(m walk.Mark) {
	d.pos, d.depth = m.Pos, m.Depth
	if d.scratch != nil {
		d.scratch.drop(m.Values)
	}
}

// GaveUp is described at Mark.
func (d *decoder) GaveUp() *bool { return &d.gaveUp }

// maxKeptBuf bounds the buffer that a reused decoder keeps.
const maxKeptBuf = 64 << 10

func (d *decoder) Codec() codec.Codec        { return Codec }
func (d *decoder) Registry() *codec.Registry { return d.reg }

// kinds maps the first byte of a value to its kind; Kind distinguishes ints
// from floats.
var kinds = [256]codec.Kind{
	'n': codec.KindNull, 't': codec.KindBool, 'f': codec.KindBool,
	'"': codec.KindString, '[': codec.KindList, '{': codec.KindDict,
	'N': codec.KindFloat, 'I': codec.KindFloat,
	'-': codec.KindInt, '0': codec.KindInt, '1': codec.KindInt, '2': codec.KindInt, '3': codec.KindInt, '4': codec.KindInt,
	'5': codec.KindInt, '6': codec.KindInt, '7': codec.KindInt, '8': codec.KindInt, '9': codec.KindInt,
}

// between[c] reports whether c can occur between values.
var between = [256]bool{' ': true, '\t': true, '\n': true, '\r': true, ',': true, ':': true}

// peek moves to the next value and returns its first byte, 0 at the end.
func (d *decoder) peek() byte {
	for d.pos < len(d.data) {
		c := d.data[d.pos]
		if !between[c] {
			return c
		}
		d.pos++
	}
	return 0
}

func (d *decoder) Kind() codec.Kind {
	k := kinds[d.peek()]
	if k == codec.KindInt && !d.isInt() {
		return codec.KindFloat
	}
	return k
}

// isInt reports whether the number at the cursor is written as an int.
func (d *decoder) isInt() bool {
	i := d.pos + 1 // after a sign or a digit
	for i < len(d.data) && d.data[i]-'0' <= 9 {
		i++
	}
	return i == len(d.data) || d.data[i] != '.' && d.data[i]|0x20 != 'e' && d.data[i] != 'I'
}

// wrong returns the error for a value that is not of kind want.
func (d *decoder) wrong(want codec.Kind) error {
	if k := d.Kind(); k != codec.KindInvalid {
		return codec.NewDecodeError("expected %v, got %v", want, k)
	}
	return d.malformed()
}

// malformed returns the error for bytes that are not a value, which a scan would
// have refused.
func (d *decoder) malformed() error {
	if d.pos >= len(d.data) {
		return codec.NewDecodeError("no more values")
	}
	return codec.NewDecodeError("malformed JSON: %q", d.data[d.pos])
}

// word skips w if it is next.
func (d *decoder) word(w string) bool {
	if len(d.data)-d.pos < len(w) || string(d.data[d.pos:d.pos+len(w)]) != w {
		return false
	}
	d.pos += len(w)
	return true
}

func (d *decoder) Null() error {
	if d.peek() != 'n' || !d.word("null") {
		return d.wrong(codec.KindNull)
	}
	return nil
}

func (d *decoder) Bool() (bool, error) {
	switch d.peek() {
	case 't':
		if d.word("true") {
			return true, nil
		}
	case 'f':
		if d.word("false") {
			return false, nil
		}
	}
	return false, d.wrong(codec.KindBool)
}

// Bytes returns an error: JSON has no bytes.
func (d *decoder) Bytes() ([]byte, error) { return nil, d.wrong(codec.KindBytes) }

func (d *decoder) enter(open byte, kind codec.Kind) error {
	if d.peek() != open {
		return d.wrong(kind)
	}
	if d.depth++; d.depth > maxNesting {
		return codec.NewDecodeError("nested deeper than %d", maxNesting)
	}
	d.pos++
	return nil
}

func (d *decoder) List() (int, error) { return -1, d.enter('[', codec.KindList) }
func (d *decoder) Dict() (int, error) { return -1, d.enter('{', codec.KindDict) }

func (d *decoder) More() bool {
	switch d.peek() {
	case 0:
		if d.pos < len(d.data) {
			return true // the byte may be a NUL, which the next method refuses
		}
		d.depth--
		return false
	case ']', '}':
		d.pos++
		d.depth--
		return false
	}
	return true
}

func (d *decoder) Skip() error {
	_, err := d.Raw()
	return err
}

// Raw skips a value without recursion, looking only at brackets and strings.
func (d *decoder) Raw() ([]byte, error) {
	first := d.peek()
	start, nested := d.pos, 0
	if kinds[first] == codec.KindInvalid {
		return nil, d.malformed()
	}
	for d.pos < len(d.data) {
		switch c := d.data[d.pos]; c {
		case '"':
			if _, _, err := d.quoted(); err != nil {
				return nil, err
			}
		case '[', '{':
			nested++
			d.pos++
			continue
		case ']', '}':
			nested--
			d.pos++
		default:
			if between[c] {
				d.pos++
				continue
			}
			start := d.pos
			for d.pos < len(d.data) && inToken[d.data[d.pos]] {
				d.pos++
			}
			if d.pos == start {
				return nil, d.malformed()
			}
		}
		if nested <= 0 {
			return d.data[start:d.pos:d.pos], nil
		}
	}
	return nil, codec.NewDecodeError("the data end within a value")
}

// inToken[c] reports whether c can be part of a number or a word.
var inToken = func() (t [256]bool) {
	for _, c := range "+-.0123456789" {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	return t
}()

func (d *decoder) Decode(target any) error {
	switch t := target.(type) {
	case *[]float64:
		if d.peek() == '[' {
			return d.floats(t)
		}
	case *map[string]float64:
		if d.peek() == '{' {
			return d.floatDict(t)
		}
	}
	return format.Decode(d, target)
}

// quoted skips a string and returns the bytes between the quotes, and whether
// they contain escapes.
func (d *decoder) quoted() (body []byte, escaped bool, err error) {
	if d.peek() != '"' {
		return nil, false, d.wrong(codec.KindString)
	}
	start := d.pos + 1
	if k := d.Known(); k != nil {
		if end, ok := k.At(d.data, start); ok {
			d.pos = end + 1
			return d.data[start:end], k.Escaped, nil
		}
	}
	i := start
	for {
		i = textEnd(d.data, i)
		if i >= len(d.data) {
			return nil, false, codec.NewDecodeError("a str without an end")
		}
		if d.data[i] == '"' {
			d.pos = i + 1
			return d.data[start:i], escaped, nil
		}
		escaped = true
		if i += 2; i > len(d.data) {
			return nil, false, codec.NewDecodeError("a str without an end")
		}
	}
}

// textEnd returns the index of the next quote or backslash, or len(data).
func textEnd(data []byte, i int) int {
	long := i + longRun/4
	for ; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		// A matching byte borrows into its high bit; bytes whose high bit was set before
		// are masked out.
		if m := ((quote-ones)&^quote | (slash-ones)&^slash) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
		if i >= long {
			return longTextEnd(data, i)
		}
	}
	for i < len(data) && data[i] != '"' && data[i] != '\\' {
		i++
	}
	return i
}

// longTextEnd searches with the standard library's vector code, window by
// window. Searching all remaining text for the closing quote after each escape
// made 10 MB of escapes take 40 seconds.
func longTextEnd(data []byte, i int) int {
	const window = 1 << 10
	for i < len(data) {
		w := data[i:min(i+window, len(data))]
		quote := bytes.IndexByte(w, '"')
		if quote >= 0 {
			w = w[:quote]
		}
		if slash := bytes.IndexByte(w, '\\'); slash >= 0 {
			return i + slash
		}
		i += len(w)
		if quote >= 0 {
			return i
		}
	}
	return i
}

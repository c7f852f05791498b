package msgpack

import (
	"encoding/binary"
	"math"
	"math/big"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// decoder is a cursor over encoded values. It relies on the scan for validity,
// but checks all lengths: on arbitrary bytes it returns errors and never
// panics.
type decoder struct {
	b     []byte
	i     int
	reg   *codec.Registry
	left  []int      // elements or pairs that More has still to announce, for each open container
	depth int        // of Any
	keys  *keyMemory // while dicts are read into maps
	spans spans
	gap.Lending

	gaveUp bool
}

func newDecoder() *decoder { return &decoder{left: make([]int, 0, 8)} }

// Reset keeps the memory of the stack, and the key memory.
func (d *decoder) Reset(raw []byte, reg *codec.Registry) {
	d.b, d.i, d.reg, d.left, d.depth, d.Lending, d.gaveUp = raw, 0, reg, d.left[:0], 0, gap.Lending{}, false
	d.spans = nil
}

// Mark, Rewind and GaveUp implement [walk.Rewinder].
func (d *decoder) Mark() walk.Mark {
	return walk.Mark{Pos: d.i, Depth: d.depth, Left: len(d.left)}
}

// Rewind goes back to m.
func (d *decoder) Rewind(m walk.Mark) {
	d.i, d.depth, d.left = m.Pos, m.Depth, d.left[:min(m.Left, cap(d.left))]
}

// GaveUp is described at Mark.
func (d *decoder) GaveUp() *bool { return &d.gaveUp }

func (d *decoder) Codec() codec.Codec        { return Codec }
func (d *decoder) Registry() *codec.Registry { return d.reg }

func (d *decoder) Kind() codec.Kind {
	if d.i >= len(d.b) {
		return codec.KindInvalid
	}
	return heads[d.b[d.i]].kind
}

func (d *decoder) Null() error {
	if d.i < len(d.b) && d.b[d.i] == codeNil {
		d.i++
		return nil
	}
	return d.mismatch(codec.KindNull)
}

func (d *decoder) Bool() (bool, error) {
	if d.i < len(d.b) {
		switch d.b[d.i] {
		case codeTrue:
			d.i++
			return true, nil
		case codeFalse:
			d.i++
			return false, nil
		}
	}
	return false, d.mismatch(codec.KindBool)
}

func (d *decoder) Int64() (int64, error) {
	u, neg, err := d.int()
	if err != nil {
		return 0, err
	}
	if !neg && u > math.MaxInt64 {
		return 0, codec.NewDecodeError("int %d does not fit int64", u)
	}
	return int64(u), nil
}

func (d *decoder) Uint64() (uint64, error) {
	u, neg, err := d.int()
	if err != nil {
		return 0, err
	}
	if neg {
		return 0, codec.NewDecodeError("int %d does not fit uint64", int64(u))
	}
	return u, nil
}

func (d *decoder) BigInt() (*big.Int, error) {
	u, neg, err := d.int()
	if err != nil {
		return nil, err
	}
	if neg {
		return big.NewInt(int64(u)), nil
	}
	return new(big.Int).SetUint64(u), nil
}

// int reads any int. It returns its value if that is not negative, else the
// bits of the int64.
func (d *decoder) int() (u uint64, neg bool, err error) {
	b := d.b[min(d.i, len(d.b)):]
	if len(b) > 0 && b[0] < codeFixMap {
		d.i++
		return uint64(b[0]), false, nil
	}
	if len(b) > 2 && b[0] == codeUint16 {
		d.i += 3
		return uint64(b[1])<<8 | uint64(b[2]), false, nil
	}
	h, ok := readHead(d.b, d.i)
	if !ok || h.kind != codec.KindInt {
		return 0, false, d.mismatch(codec.KindInt)
	}
	u, neg = intAt(d.b, d.i)
	d.i += int(h.size)
	return u, neg, nil
}

// intAt reads the int at b[i:]; readHead has checked its length.
func intAt(b []byte, i int) (u uint64, neg bool) {
	c := b[i]
	var v int64
	switch c {
	case codeUint8:
		return uint64(b[i+1]), false
	case codeUint16:
		return uint64(binary.BigEndian.Uint16(b[i+1:])), false
	case codeUint32:
		return uint64(binary.BigEndian.Uint32(b[i+1:])), false
	case codeUint64:
		return binary.BigEndian.Uint64(b[i+1:]), false
	case codeInt8:
		v = int64(int8(b[i+1]))
	case codeInt16:
		v = int64(int16(binary.BigEndian.Uint16(b[i+1:])))
	case codeInt32:
		v = int64(int32(binary.BigEndian.Uint32(b[i+1:])))
	case codeInt64:
		v = int64(binary.BigEndian.Uint64(b[i+1:]))
	default:
		v = int64(int8(c))
	}
	return uint64(v), v < 0
}

func (d *decoder) Float64() (float64, error) {
	if len(d.b)-d.i >= 9 && d.b[d.i] == codeFloat64 {
		d.i += 9
		return math.Float64frombits(binary.BigEndian.Uint64(d.b[d.i-8 : d.i])), nil
	}
	if len(d.b)-d.i >= 5 && d.b[d.i] == codeFloat32 {
		d.i += 5
		return float64(math.Float32frombits(binary.BigEndian.Uint32(d.b[d.i-4 : d.i]))), nil
	}
	return 0, d.mismatch(codec.KindFloat)
}

func (d *decoder) Str() (string, error) {
	s, err := d.StrBytes()
	if len(s) >= gap.MinLent {
		if text, ok := d.Text(s); ok {
			return text, nil
		}
	}
	return string(s), err
}

func (d *decoder) StrBytes() ([]byte, error) {
	if d.i < len(d.b) {
		if c := d.b[d.i]; c&0xe0 == codeFixStr && int(c&0x1f) < len(d.b)-d.i {
			start := d.i + 1
			d.i = start + int(c&0x1f)
			return d.b[start:d.i:d.i], nil
		}
	}
	return d.data(codec.KindString)
}

func (d *decoder) Bytes() ([]byte, error) {
	s, err := d.data(codec.KindBytes)
	if err != nil {
		return nil, err
	}
	if lent, ok := d.Lending.Bytes(s); ok {
		return lent, nil
	}
	return append(make([]byte, 0, len(s)), s...), nil
}

// alignedBytes is Bytes for bytes that are lent and may be the elements of an array.
func (d *decoder) alignedBytes() ([]byte, error) {
	start := d.i
	s, err := d.data(codec.KindBytes)
	if err != nil {
		return nil, err
	}
	if lent, ok := d.Aligned(s); ok {
		return lent, nil
	}
	d.i = start
	return d.Bytes()
}

// data reads a value of kind k and returns its bytes.
func (d *decoder) data(k codec.Kind) ([]byte, error) {
	h, ok := readHead(d.b, d.i)
	if !ok || h.kind != k {
		return nil, d.mismatch(k)
	}
	start := d.i + int(h.size)
	if uint64(h.n) > uint64(len(d.b)-start) {
		return nil, truncated(d.i)
	}
	d.i = start + int(h.n)
	return d.b[start:d.i:d.i], nil
}

func (d *decoder) List() (int, error) {
	n, err := d.container(codec.KindList)
	if err != nil {
		return 0, err
	}
	return n, d.open(n)
}

func (d *decoder) Dict() (int, error) {
	n, err := d.container(codec.KindDict)
	if err != nil {
		return 0, err
	}
	return n, d.open(n)
}

func (d *decoder) open(n int) error {
	if len(d.left) >= maxDepth {
		return tooDeep(d.i, maxDepth)
	}
	d.left = append(d.left, n)
	return nil
}

func (d *decoder) More() bool {
	top := len(d.left) - 1
	if top < 0 {
		return false
	}
	if d.left[top] == 0 {
		d.left = d.left[:top]
		return false
	}
	d.left[top]--
	return true
}

// container reads the header of a list or dict. The remaining bytes can hold at
// least the returned number of elements, so that it is safe to allocate memory
// for them.
func (d *decoder) container(k codec.Kind) (int, error) {
	if d.i < len(d.b) { // fast path for short containers
		n := int(d.b[d.i] & 0x0f)
		switch d.b[d.i] >> 4 {
		case codeFixArray >> 4:
			if k == codec.KindList && n < len(d.b)-d.i {
				d.i++
				return n, nil
			}
		case codeFixMap >> 4:
			if k == codec.KindDict && 2*n < len(d.b)-d.i {
				d.i++
				return n, nil
			}
		}
	}
	h, ok := readHead(d.b, d.i)
	if !ok || h.kind != k {
		return 0, d.mismatch(k)
	}
	start := d.i + int(h.size)
	room := uint64(len(d.b) - start)
	if k == codec.KindDict {
		room /= 2
	}
	if uint64(h.n) > room {
		return 0, truncated(d.i)
	}
	d.i = start
	return int(h.n), nil
}

func (d *decoder) Skip() error {
	_, err := d.Raw()
	return err
}

func (d *decoder) Raw() ([]byte, error) {
	start := d.i
	end, ok := skip(d.b, start)
	if !ok {
		return nil, truncated(end)
	}
	d.i = end
	return d.b[start:end:end], nil
}

func (d *decoder) mismatch(want codec.Kind) error {
	got := d.Kind()
	if got == want {
		return truncated(d.i)
	}
	return codec.NewDecodeError("expected %v, got %v", want, got)
}

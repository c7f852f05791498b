package codec_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// fuzzPlain travels as a dict.
type fuzzPlain struct {
	First  any
	Second []any `aiomas:"last"`
}

// A maker builds a value from the bytes of a fuzzing engine: an operation, then
// its operands. Past the last byte it reads zeros.
type maker struct {
	data []byte
	left int      // values that may still be made
	keys []string // of the last dict

	// Features that some codecs cannot write, or some decoders cannot read.
	bytes, big, invalid bool
	typeKey             bool // the key of custom types in a dict
	otherKeys           bool // keys that are not strings
	twice               bool // one key twice
	ordered             bool // a dict whose keys are not in the order of a map's
	custom              bool
}

const (
	opNil = iota
	opBool
	opInt
	opUint
	opFloat
	opDecimal
	opFloat32
	opRawText
	opText
	opBytes
	opBig
	opList
	opDict
	opOrdered
	opIntKeys
	opFloats
	opInts
	opTexts
	opFloatDict
	opStruct
	opPoint
	opComplex
	opLater
	opPointer
	opSameKeys
	opTuple
	opCount
)

func (m *maker) byte() byte {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return b
}

func (m *maker) take(n int) []byte {
	n = min(n, len(m.data))
	b := m.data[:n]
	m.data = m.data[n:]
	return b
}

func (m *maker) word() uint64 {
	var b [8]byte
	copy(b[:], m.take(8))
	return binary.BigEndian.Uint64(b[:])
}

// count is the length of something.
func (m *maker) count() int { return int(m.byte() % 12) }

// float never returns a NaN with a payload: JSON has only one NaN.
func (m *maker) float() float64 {
	x := math.Float64frombits(m.word())
	if math.IsNaN(x) {
		x = math.Float64frombits(0x7ff8000000000000)
	}
	return x
}

// text is valid UTF-8.
func (m *maker) text() string {
	b := m.take(int(m.byte() % 50))
	if utf8.Valid(b) {
		return string(b)
	}
	const wide = "é\u2028ÿ€\ufffd😀\x00\x7f\\\"/\u0800\uffff\U0010ffff"
	runes := []rune(wide)
	out := make([]rune, len(b))
	for i, c := range b {
		if out[i] = rune(c); c >= utf8.RuneSelf {
			out[i] = runes[int(c)%len(runes)]
		}
	}
	return string(out)
}

func (m *maker) key() string {
	k := m.text()
	m.typeKey = m.typeKey || k == codec.TypeKey
	return k
}

// value returns a value to encode, and the value that it decodes to.
func (m *maker) value(depth int) (in, want any) {
	op := m.byte() % opCount
	if m.left--; m.left < 0 || depth == 0 && op >= opList {
		op = opInt
	}
	switch op {
	case opBool:
		b := m.byte()&1 == 1
		return b, b
	case opInt:
		return m.int()
	case opUint:
		n := m.word()
		return n, naturalInt(new(big.Int).SetUint64(n))
	case opFloat:
		x := m.float()
		return x, x
	case opDecimal:
		x := float64(int16(m.word()>>48)) / 100
		return x, x
	case opFloat32:
		x := float32(m.float())
		return x, float64(x)
	case opRawText:
		s := string(m.take(m.count()))
		m.invalid = m.invalid || !utf8.ValidString(s)
		return s, s
	case opText:
		s := m.text()
		return s, s
	case opBytes:
		m.bytes = true
		b := slices.Concat(m.take(int(m.byte())))
		return b, append([]byte{}, b...) // nil travels as no bytes
	case opBig:
		sign := m.byte()
		n := new(big.Int).SetBytes(m.take(m.count()))
		if sign&1 == 1 {
			n.Neg(n)
		}
		want := naturalInt(n)
		if _, ok := want.(*big.Int); ok {
			m.big = true
		}
		return n, want
	}
	return m.compound(op, depth-1)
}

func (m *maker) int() (in, want any) {
	n := int64(m.word()) >> (m.byte() % 64)
	switch m.byte() % 5 {
	case 0:
		return int8(n), int64(int8(n))
	case 1:
		return int16(n), int64(int16(n))
	case 2:
		return int32(n), int64(int32(n))
	case 3:
		return uint16(n), int64(uint16(n))
	}
	return n, n
}

func (m *maker) compound(op byte, depth int) (in, want any) {
	switch op {
	case opList:
		return m.list(depth)
	case opTuple:
		list, want := m.list(depth)
		return codec.Tuple(list.([]any)), want
	case opDict, opOrdered, opSameKeys:
		return m.dict(op, depth)
	case opIntKeys:
		m.otherKeys = true
		in, want := map[any]any{}, map[any]any{}
		for range 1 + m.count() {
			k := int64(m.byte())
			if _, has := in[k]; !has {
				in[k], want[k] = m.value(depth)
			}
		}
		return in, want
	case opFloats:
		return typed(m, (*maker).float)
	case opInts:
		return typed(m, func(m *maker) int64 { return int64(m.word()) })
	case opTexts:
		return typed(m, (*maker).text)
	case opFloatDict:
		in, want := map[string]float64{}, map[string]any{}
		for range m.count() {
			k := m.key()
			in[k] = m.float()
			want[k] = in[k]
		}
		return in, want
	case opStruct:
		var p fuzzPlain
		var first any
		p.First, first = m.value(depth)
		list, second := m.list(depth)
		p.Second = list.([]any)
		return p, map[string]any{"first": first, "last": second}
	case opPoint:
		m.custom = true
		var p, want codectest.Point
		p.X, want.X = m.value(depth)
		p.Y, want.Y = m.value(depth)
		return p, want
	case opComplex:
		m.custom = true
		z := complex(m.float(), m.float())
		return z, z
	case opLater:
		return m.later()
	case opPointer:
		in, want := m.value(depth)
		return &in, want
	}
	return nil, nil
}

func (m *maker) list(depth int) (in, want any) {
	n := m.count()
	list, wants := make([]any, n), make([]any, n)
	for i := range n {
		list[i], wants[i] = m.value(depth)
	}
	return list, wants
}

// dict builds a dict with new keys, or with most keys of the previous dict, for
// which encoders have a fast path.
func (m *maker) dict(op byte, depth int) (in, want any) {
	var keys []string
	if op == opSameKeys {
		keys = slices.Clone(m.keys)
		if i := int(m.byte()); i < len(keys) {
			keys[i] = m.key()
		}
	} else {
		for range m.count() {
			keys = append(keys, m.key())
		}
	}
	m.keys = keys
	dict, unordered, wants := codec.Dict{}, map[string]any{}, map[string]any{}
	for _, k := range keys {
		if _, has := wants[k]; has && op != opOrdered {
			continue
		} else if has {
			m.twice = true
		}
		v, w := m.value(depth)
		dict = append(dict, codec.Entry{Key: k, Value: v})
		unordered[k], wants[k] = v, w
	}
	if op == opOrdered {
		m.ordered = true
		return dict, wants
	}
	return unordered, wants
}

func typed[T any](m *maker, element func(*maker) T) (in, want any) {
	n := m.count()
	list, wants := make([]T, n), make([]any, n)
	for i := range n {
		list[i] = element(m)
		wants[i] = list[i]
	}
	return list, wants
}

// later builds a value that was received by either codec and not decoded.
func (m *maker) later() (in, want any) {
	c := codec.Codec(json.Codec)
	if m.byte()&1 == 1 {
		c = msgpack.Codec
	}
	x, s := m.float(), m.text()
	b, err := codec.Marshal(c, []any{x, s}, nil)
	if err != nil {
		panic(err)
	}
	var v codec.Value
	if err := codec.Unmarshal(c, b, &v, nil); err != nil {
		panic(err)
	}
	return v, []any{x, s}
}

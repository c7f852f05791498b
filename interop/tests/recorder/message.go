package recorder

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Messages are read with code of its own: what judges the library must not be the
// library.

// node is a value of a message.
type node struct {
	kind nodeKind
	int  *big.Int
	str  string
	list []node // a list's elements; a dict's keys and values by turns
}

type nodeKind string

const (
	aNone  nodeKind = "None"
	aBool  nodeKind = "bool"
	anInt  nodeKind = "int"
	aFloat nodeKind = "float"
	aStr   nodeKind = "str"
	aBytes nodeKind = "bytes"
	aList  nodeKind = "list"
	aDict  nodeKind = "dict"
	anExt  nodeKind = "ExtType"
)

// maxSent is the nesting that every Python peer can read.
const maxSent = 500

// parsed is a message that keeps every rule for a single message.
type parsed struct {
	typ codec.MessageType
	id  int64
}

// parseMessage reads a payload that Go has sent to Python, and says which rule
// it breaks.
func parseMessage(c codec.Codec, payload []byte) (parsed, error) {
	if len(payload) == 0 {
		return parsed{}, errors.New("a frame of length zero")
	}
	var top node
	var err error
	switch c.Name() {
	case "json":
		p := jsonParser{s: string(payload)}
		top, err = p.value(1)
		if err == nil && p.i < len(p.s) {
			err = fmt.Errorf("%d bytes behind the message", len(p.s)-p.i)
		}
	case "msgpack":
		top, err = parseMsgPack(payload)
	default: // compressed MessagePack
		m, perr := c.ParseMessage(payload, codec.Limits{})
		if perr != nil {
			return parsed{}, perr
		}
		top = node{kind: aList, list: []node{integer(int64(m.Type)), integer(m.ID), {}}}
		top.list[2], err = parseMsgPack(m.Content)
	}
	if err != nil {
		return parsed{}, fmt.Errorf("undecodable: %w", err)
	}
	return checkMessage(top)
}

func integer(n int64) node { return node{kind: anInt, int: big.NewInt(n)} }

func checkMessage(top node) (parsed, error) {
	if top.kind != aList || len(top.list) != 3 {
		return parsed{}, fmt.Errorf("no list of three but a %s of %d", top.kind, len(top.list))
	}
	typ, id, content := top.list[0], top.list[1], top.list[2]
	if typ.kind != anInt || !typ.int.IsInt64() || typ.int.Int64() < 0 || typ.int.Int64() > 2 {
		return parsed{}, fmt.Errorf("the type is none of 0, 1, 2 but %s %v", typ.kind, typ.int)
	}
	if id.kind != anInt || !id.int.IsInt64() {
		return parsed{}, fmt.Errorf("the id is no int but %s", id.kind)
	}
	p := parsed{codec.MessageType(typ.int.Int64()), id.int.Int64()}
	if err := checkTypes(content, p.typ != codec.Exception); err != nil {
		return p, err
	}
	switch p.typ {
	case codec.Request:
		return p, checkCall(content)
	case codec.Result: // any value
	case codec.Exception:
		if content.kind != aStr || content.str == "" {
			return p, fmt.Errorf("an exception that is no text but %s", content.kind)
		}
	}
	return p, nil
}

// checkCall demands [path, args, kwargs]: Python answers nothing else.
func checkCall(content node) error {
	if content.kind != aList || len(content.list) != 3 || content.list[0].kind != aStr ||
		content.list[1].kind != aList || content.list[2].kind != aDict {
		return errors.New("a request that is not [path, args, kwargs]")
	}
	if path := content.list[0].str; path == "" || path[0] == '/' {
		return fmt.Errorf("a request of the path %q", path)
	}
	for i := 0; i < len(content.list[2].list); i += 2 {
		if content.list[2].list[i].kind != aStr {
			return errors.New("a keyword that is no str")
		}
	}
	return nil
}

// checkTypes looks for dicts with the key __type__ that are no custom types.
func checkTypes(n node, allowed bool) error {
	for i, e := range n.list {
		if err := checkTypes(e, allowed); err != nil {
			return err
		}
		if n.kind != aDict || i%2 == 1 || e.kind != aStr || e.str != codec.TypeKey {
			continue
		}
		data := n.list[i+1]
		if !allowed || len(n.list) != 2 || data.kind != aList || len(data.list) != 2 ||
			data.list[0].kind != anInt || data.list[0].int.Sign() < 0 {
			return errors.New("a user's dict with the key __type__")
		}
	}
	return nil
}

// jsonParser reads what Python's json.loads reads, as far as json.dumps writes it.
type jsonParser struct {
	s string
	i int
}

func (p *jsonParser) fail(format string, args ...any) error {
	return fmt.Errorf("%s at byte %d", fmt.Sprintf(format, args...), p.i)
}

func (p *jsonParser) take(word string) bool {
	if !strings.HasPrefix(p.s[p.i:], word) {
		return false
	}
	p.i += len(word)
	return true
}

func (p *jsonParser) value(depth int) (node, error) {
	switch {
	case p.take("null"):
		return node{kind: aNone}, nil
	case p.take("true"), p.take("false"):
		return node{kind: aBool}, nil
	case p.take("NaN"), p.take("Infinity"), p.take("-Infinity"):
		return node{kind: aFloat}, nil
	case p.take("["):
		return p.container(aList, depth, "]")
	case p.take("{"):
		return p.container(aDict, depth, "}")
	case p.take(`"`):
		return p.text()
	}
	return p.number()
}

func (p *jsonParser) container(kind nodeKind, depth int, end string) (node, error) {
	n := node{kind: kind}
	if depth > maxSent {
		return n, p.fail("nested deeper than %d", maxSent)
	}
	for !p.take(end) {
		if len(n.list) > 0 && !p.take(", ") {
			return n, p.fail("no separator")
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.list = append(n.list, v)
		if kind == aDict {
			if v.kind != aStr || !p.take(": ") {
				return n, p.fail("no key")
			}
			if v, err = p.value(depth + 1); err != nil {
				return n, err
			}
			n.list = append(n.list, v)
		}
	}
	return n, nil
}

func (p *jsonParser) text() (node, error) {
	start := p.i
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '"':
			n := node{kind: aStr, str: p.s[start:p.i]}
			p.i++
			return n, nil
		case c < ' ' || c > '~':
			return node{}, p.fail("byte %#x in a str", c)
		case c == '\\':
			p.i++
			if p.i == len(p.s) || !strings.ContainsRune(`"\/bfnrtu`, rune(p.s[p.i])) {
				return node{}, p.fail("a bad escape")
			}
			if p.s[p.i] == 'u' {
				if _, err := strconv.ParseUint(p.s[min(p.i+1, len(p.s)):min(p.i+5, len(p.s))], 16, 16); err != nil {
					return node{}, p.fail("a bad escape: %v", err)
				}
				p.i += 4
			}
		}
	}
	return node{}, p.fail("a str without an end")
}

func (p *jsonParser) number() (node, error) {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte("+-.0123456789eE", p.s[p.i]) >= 0 {
		p.i++
	}
	s := p.s[start:p.i]
	if n, ok := new(big.Int).SetString(s, 10); ok && s[0] != '+' {
		if digits := len(strings.TrimPrefix(s, "-")); digits > 4300 {
			return node{}, p.fail("an int of %d digits", digits)
		} else if digits > 1 && strings.TrimPrefix(s, "-")[0] == '0' {
			return node{}, p.fail("a leading zero")
		}
		return node{kind: anInt, int: n}, nil
	}
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		return node{}, p.fail("no value: %v", err)
	}
	return node{kind: aFloat}, nil
}

// msgParser reads MessagePack.
type msgParser struct {
	b []byte
	i int
}

func parseMsgPack(b []byte) (n node, err error) {
	p := msgParser{b: b}
	defer func() {
		if r := recover(); r != nil { // past the end
			err = fmt.Errorf("byte %d: %v", p.i, r)
		}
	}()
	n, err = p.value(1)
	if err == nil && p.i < len(b) {
		err = fmt.Errorf("%d bytes behind the message", len(b)-p.i)
	}
	return n, err
}

func (p *msgParser) bytes(n int) []byte {
	b := p.b[p.i : p.i+n]
	p.i += n
	return b
}

func (p *msgParser) uint(n int) uint64 {
	return binary.BigEndian.Uint64(append(make([]byte, 8-n, 8), p.bytes(n)...))
}

func (p *msgParser) value(depth int) (node, error) {
	c := p.bytes(1)[0]
	size := 1 << (c & 3) // bytes of what many a type byte announces
	switch {
	case c <= 0x7f:
		return integer(int64(c)), nil
	case c >= 0xe0:
		return integer(int64(int8(c))), nil
	case c <= 0x8f:
		return p.container(aDict, 2*int(c&15), depth)
	case c <= 0x9f:
		return p.container(aList, int(c&15), depth)
	case c <= 0xbf:
		return p.text(int(c & 31))
	case c == 0xc0:
		return node{kind: aNone}, nil
	case c == 0xc2, c == 0xc3:
		return node{kind: aBool}, nil
	case c >= 0xc4 && c <= 0xc6:
		p.bytes(int(p.uint(1 << (c - 0xc4))))
		return node{kind: aBytes}, nil
	case c >= 0xc7 && c <= 0xc9:
		return p.ext(int(p.uint(1 << (c - 0xc7))))
	case c == 0xca, c == 0xcb:
		p.bytes(4 << (c - 0xca))
		return node{kind: aFloat}, nil
	case c >= 0xcc && c <= 0xcf:
		return node{kind: anInt, int: new(big.Int).SetUint64(p.uint(size))}, nil
	case c >= 0xd0 && c <= 0xd3:
		return integer(int64(p.uint(size)) << (64 - 8*size) >> (64 - 8*size)), nil
	case c >= 0xd4 && c <= 0xd8:
		return p.ext(1 << (c - 0xd4))
	case c >= 0xd9 && c <= 0xdb:
		return p.text(int(p.uint(1 << (c - 0xd9))))
	case c == 0xdc, c == 0xdd:
		return p.container(aList, int(p.uint(2<<(c-0xdc))), depth)
	case c == 0xde, c == 0xdf:
		return p.container(aDict, 2*int(p.uint(2<<(c-0xde))), depth)
	}
	return node{}, fmt.Errorf("byte %#x at %d", c, p.i-1)
}

func (p *msgParser) text(n int) (node, error) {
	s := string(p.bytes(n))
	if !utf8.ValidString(s) {
		return node{}, fmt.Errorf("a str of invalid UTF-8 at byte %d", p.i)
	}
	return node{kind: aStr, str: s}, nil
}

func (p *msgParser) ext(n int) (node, error) {
	typ := int8(p.bytes(1)[0])
	p.bytes(n)
	if typ < 0 {
		return node{}, fmt.Errorf("an extension of type %d", typ)
	}
	return node{kind: anExt}, nil
}

func (p *msgParser) container(kind nodeKind, n, depth int) (node, error) {
	if depth > maxSent {
		return node{}, fmt.Errorf("nested deeper than %d", maxSent)
	}
	c := node{kind: kind, list: make([]node, 0, min(n, len(p.b)-p.i))}
	for i := range n {
		v, err := p.value(depth + 1)
		if err != nil {
			return c, err
		}
		if kind == aDict && i%2 == 0 && !hashable(v) {
			return c, fmt.Errorf("a dict as the key of a dict at byte %d", p.i)
		}
		c.list = append(c.list, v)
	}
	return c, nil
}

// hashable tells that Python can have n as a key: lists arrive as tuples, and a
// custom type as whatever it is.
func hashable(n node) bool {
	if n.kind == aDict {
		return len(n.list) == 2 && n.list[0].kind == aStr && n.list[0].str == codec.TypeKey
	}
	for _, e := range n.list {
		if !hashable(e) {
			return false
		}
	}
	return true
}

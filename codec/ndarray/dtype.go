package ndarray

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// dtype is a NumPy data type, as its attribute str writes it: "<f8".
type dtype struct {
	order byte   // '<', '>', or '|' if there is none
	kind  byte   // of NumPy: b i u f c M m
	size  int    // bytes of an element
	unit  string // of M and m: "[us]", or empty for the generic ones
}

// sizes are the element sizes of each kind.
var sizes = map[byte][]int{
	'b': {1},
	'i': {1, 2, 4, 8},
	'u': {1, 2, 4, 8},
	'f': {2, 4, 8, 12, 16},
	'c': {8, 16, 24, 32},
	'M': {8},
	'm': {8},
}

func parseDType(s string) (dtype, error) {
	bad := func() (dtype, error) {
		return dtype{}, fmt.Errorf("arrays of dtype %.32q are not supported", s)
	}
	d := dtype{order: '|'}
	rest := s
	if rest != "" && strings.IndexByte("<>|=", rest[0]) >= 0 {
		d.order = rest[0]
		rest = rest[1:]
	}
	if rest == "" {
		return bad()
	}
	d.kind = rest[0]
	rest = rest[1:]
	if d.kind == 'M' || d.kind == 'm' {
		if at := strings.IndexByte(rest, '['); at >= 0 {
			rest, d.unit = rest[:at], rest[at:]
			if len(d.unit) < 3 || len(d.unit) > 16 || d.unit[len(d.unit)-1] != ']' {
				return bad()
			}
		}
	}
	var err error
	if d.size, err = strconv.Atoi(rest); err != nil || strconv.Itoa(d.size) != rest {
		return bad()
	}
	known := false
	for _, size := range sizes[d.kind] {
		known = known || size == d.size
	}
	if !known {
		return bad()
	}
	switch {
	case d.size == 1:
		d.order = '|'
	case d.order == '|' || d.order == '=': // NumPy never writes these orders for elements of several bytes
		return bad()
	}
	return d, nil
}

func (d dtype) String() string {
	return string([]byte{d.order, d.kind}) + strconv.Itoa(d.size) + d.unit
}

func (d dtype) byteOrder() binary.ByteOrder {
	if d.order == '>' {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// opaque reports whether elements are represented as bytes, since Go has no
// type for them.
func (d dtype) opaque() bool {
	return d.kind == 'f' && d.size > 8 || d.kind == 'c' && d.size > 16
}

package golden

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// tagged is a value as interop/python/tagged.py writes it down.
type tagged struct {
	T     string          `json:"t"`
	V     json.RawMessage `json:"v"`
	Bits  string          `json:"bits"`
	WTF8  string          `json:"wtf8"`
	ID    int             `json:"id"`
	Class string          `json:"class"`
	Data  json.RawMessage `json:"data"`
	Of    string          `json:"of"`
	N     int             `json:"n"`
}

// Parse returns the value that the tagged form describes, which
// interop/python/tagged.py explains.
func Parse(tagged []byte) (any, error) { return parse(tagged) }

func parse(raw json.RawMessage) (any, error) {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	var t tagged
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, err
	}
	switch t.T {
	case "list", "tuple":
		return parseList(t.V)
	case "dict":
		return parseDict(t.V)
	case "custom":
		data, err := parse(t.Data)
		return Custom{Class: t.Class, ID: t.ID, Data: data}, err
	case "ext":
		data, err := parse(t.Data)
		b, _ := data.([]byte)
		return Ext{Code: t.ID, Data: b}, err
	case "other":
		return Other{Class: t.Class}, nil
	case "repeat", "nest":
		return t.expand()
	case "str":
		if t.WTF8 != "" {
			b, err := hex.DecodeString(t.WTF8)
			return string(b), err
		}
	}
	var s string
	if err := json.Unmarshal(t.V, &s); err != nil {
		return nil, err
	}
	switch t.T {
	case "str":
		return s, nil
	case "proxy":
		return Proxy{Path: s}, nil
	case "bytes":
		b, err := hex.DecodeString(s)
		return append([]byte{}, b...), err
	case "int":
		return parseInt(s)
	case "float":
		return parseFloat(s, t.Bits)
	}
	return nil, fmt.Errorf("unknown tag %q", t.T)
}

func parseInt(s string) (any, error) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, nil
	}
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return u, nil
	}
	if b, ok := new(big.Int).SetString(s, 10); ok {
		return b, nil
	}
	return nil, fmt.Errorf("not an int: %q", s)
}

func parseFloat(s, bits string) (any, error) {
	if bits != "" {
		u, err := strconv.ParseUint(bits, 16, 64)
		return math.Float64frombits(u), err
	}
	if s == "nan" {
		return math.Float64frombits(0x7ff8000000000000), nil // Python's; Go's math.NaN has other bits
	}
	return strconv.ParseFloat(s, 64)
}

func parseList(raw json.RawMessage) (any, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, err
	}
	list := make([]any, len(items))
	for i, item := range items {
		var err error
		if list[i], err = parse(item); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func parseDict(raw json.RawMessage) (any, error) {
	var items [][2]json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, err
	}
	d := make(Dict, len(items))
	for i, item := range items {
		var err error
		if d[i].Key, err = parse(item[0]); err != nil {
			return nil, err
		}
		if d[i].Value, err = parse(item[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// expand builds the regular values that are described by "repeat" and "nest".
func (t tagged) expand() (any, error) {
	v, err := parse(t.V)
	if err != nil {
		return nil, err
	}
	if t.T == "nest" {
		for range t.N {
			if t.Of == "dict" {
				v = Dict{{"k", v}}
			} else {
				v = []any{v}
			}
		}
		return v, nil
	}
	switch v := v.(type) {
	case string:
		if t.Of == "str" {
			return strings.Repeat(v, t.N), nil
		}
	case []byte:
		if t.Of == "bytes" {
			return bytes.Repeat(v, t.N), nil
		}
	}
	if t.Of == "dict" {
		d := make(Dict, t.N)
		for i := range d {
			d[i] = Entry{strconv.Itoa(i), v}
		}
		return d, nil
	}
	list := make([]any, t.N)
	for i := range list {
		list[i] = v
	}
	return list, nil
}

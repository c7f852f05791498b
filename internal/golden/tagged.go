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
	"unicode/utf8"
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

// Format returns the tagged form of v, which may consist of the types that
// this package documents, and of any Go int, which becomes an int. It is the
// inverse of [Parse], up to lists that are told apart from tuples there.
func Format(v any) ([]byte, error) {
	f, err := format(v)
	if err != nil {
		return nil, err
	}
	return json.Marshal(f)
}

func format(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case int, int64, uint64, *big.Int:
		return simple("int", fmt.Sprint(v)), nil
	case float64:
		return formatFloat(v), nil
	case string:
		if !utf8.ValidString(v) {
			return map[string]any{"t": "str", "wtf8": hex.EncodeToString([]byte(v))}, nil
		}
		return simple("str", v), nil
	case []byte:
		return simple("bytes", hex.EncodeToString(v)), nil
	case []any:
		items, err := formatAll(v)
		return simple("list", items), err
	case Dict:
		items := make([]any, len(v))
		for i, e := range v {
			var err error
			if items[i], err = formatAll([]any{e.Key, e.Value}); err != nil {
				return nil, err
			}
		}
		return simple("dict", items), nil
	case Custom:
		data, err := format(v.Data)
		return map[string]any{"t": "custom", "class": v.Class, "id": v.ID, "data": data}, err
	case Proxy:
		return simple("proxy", v.Path), nil
	}
	return nil, fmt.Errorf("%T has no tagged form", v)
}

func simple(t string, v any) any { return map[string]any{"t": t, "v": v} }

func formatAll(values []any) ([]any, error) {
	items := make([]any, len(values))
	for i, v := range values {
		var err error
		if items[i], err = format(v); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func formatFloat(f float64) any {
	switch {
	case math.IsNaN(f):
		return map[string]any{"t": "float", "v": "nan", "bits": fmt.Sprintf("%016x", math.Float64bits(f))}
	case math.IsInf(f, 0):
		return simple("float", strings.TrimPrefix(strings.ToLower(fmt.Sprint(f)), "+"))
	}
	return simple("float", strconv.FormatFloat(f, 'x', -1, 64))
}

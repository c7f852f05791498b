package cli

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Values that JSON does not have are dicts with one of these keys, on stdout and in arguments.
const (
	bytesKey = "__bytes__" // {"__bytes__": "<base64>"}
	proxyKey = "__proxy__" // {"__proxy__": "path"}
	dictKey  = "__dict__"  // {"__dict__": [[key, value], …]}: a dict with keys that are not text, or with one of these keys
)

// all keeps unknown values as they are, and the order of dicts.
var all = new(codec.Registry).WithDecoding(codec.Decoding{Ordered: true, Opaque: true})

// parseJSON parses a value in Python's JSON, with the forms above.
func parseJSON(text []byte) (any, error) {
	var v any
	if err := codec.Unmarshal(json.Codec, text, &v, all); err != nil {
		return nil, err
	}
	return fromForms(v)
}

// fromForms replaces the forms above in a parsed value.
func fromForms(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = fromForms(v[i]); err != nil {
				return nil, err
			}
		}
	case codec.Opaque:
		v.Data, err = fromForms(v.Data)
		return v, err
	case codec.Dict:
		if len(v) == 1 {
			switch v[0].Key {
			case bytesKey, proxyKey, dictKey:
				return fromForm(v[0].Key.(string), v[0].Value)
			}
		}
		for i := range v {
			if v[i].Value, err = fromForms(v[i].Value); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func fromForm(key string, data any) (any, error) {
	switch key {
	case bytesKey:
		text, ok := data.(string)
		b, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil {
			return nil, fmt.Errorf(`%s is not followed by base64`, bytesKey)
		}
		return b, nil
	case proxyKey:
		return nil, fmt.Errorf("%s: a proxy belongs to the connection that it came by, and cannot be sent", proxyKey)
	}
	pairs, ok := data.([]any)
	if !ok {
		return nil, fmt.Errorf("%s is not followed by a list of [key, value]", dictKey)
	}
	d := codec.Dict{}
	for _, p := range pairs {
		pair, ok := p.([]any)
		if !ok || len(pair) != 2 {
			return nil, fmt.Errorf("%s is not followed by a list of [key, value]", dictKey)
		}
		k, err := fromForms(pair[0])
		if err != nil {
			return nil, err
		}
		v, err := fromForms(pair[1])
		if err != nil {
			return nil, err
		}
		d = append(d, codec.Entry{Key: k, Value: v})
	}
	return d, nil
}

// toForms converts v, decoded by a registry such as all, to the forms above where JSON has no equivalent. Custom
// types with the id proxies are proxies; if proxies is negative, there are none.
func toForms(v any, proxies int64) any {
	switch v := v.(type) {
	case []byte:
		return codec.Dict{{Key: bytesKey, Value: base64.StdEncoding.EncodeToString(v)}}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = toForms(v[i], proxies)
		}
		return list
	case codec.Opaque:
		if path, ok := v.Data.(string); ok && v.ID == proxies {
			return codec.Dict{{Key: proxyKey, Value: path}}
		}
		return codec.Opaque{ID: v.ID, Data: toForms(v.Data, proxies)}
	case codec.Dict:
		plain := true
		for _, e := range v {
			k, ok := e.Key.(string)
			plain = plain && ok && k != bytesKey && k != proxyKey && k != dictKey && k != codec.TypeKey
		}
		d, pairs := codec.Dict{}, []any{}
		for _, e := range v {
			if plain {
				d = append(d, codec.Entry{Key: e.Key, Value: toForms(e.Value, proxies)})
			} else {
				pairs = append(pairs, []any{toForms(e.Key, proxies), toForms(e.Value, proxies)})
			}
		}
		if !plain {
			return codec.Dict{{Key: dictKey, Value: pairs}}
		}
		return d
	}
	return v
}

// reader parses the arguments of a command line.
type reader struct {
	stdin io.Reader
	hex   bool // arguments are bytes
}

// value parses an argument: a value in JSON, otherwise text. @file and @- read the value from a file or stdin.
func (r reader) value(arg string) (any, error) {
	if name, ok := strings.CutPrefix(arg, "@"); ok {
		content, err := r.file(name)
		switch {
		case err != nil:
			return nil, err
		case r.hex:
			return content, nil
		}
		arg = string(content)
	} else if r.hex {
		b, err := hex.DecodeString(strings.Join(strings.Fields(arg), ""))
		if err != nil {
			return nil, usagef("%q is not hex: %w", arg, err)
		}
		return b, nil
	}
	var v any
	if err := codec.Unmarshal(json.Codec, []byte(arg), &v, all); err != nil {
		return arg, nil // plain text
	}
	v, err := fromForms(v)
	if err != nil {
		return nil, usageError{err}
	}
	return v, nil
}

// file returns the content of a file, or of stdin for "-".
func (r reader) file(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(r.stdin)
	}
	return os.ReadFile(name)
}

// call parses path, args and "key=value" arguments.
func (r reader) call(path string, args, kwargs []string) (*codec.Call, error) {
	c := &codec.Call{Path: path, Args: []any{}, Kwargs: map[string]any{}}
	for _, a := range args {
		v, err := r.value(a)
		if err != nil {
			return nil, err
		}
		c.Args = append(c.Args, v)
	}
	for _, kw := range kwargs {
		k, text, ok := strings.Cut(kw, "=")
		if _, twice := c.Kwargs[k]; !ok || k == "" || twice {
			return nil, usagef("--kw %s: want one key=value for each key", kw)
		}
		v, err := r.value(text)
		if err != nil {
			return nil, err
		}
		c.Kwargs[k] = v
	}
	return c, nil
}

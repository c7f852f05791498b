package golden

// Dict is a Python dict with its order.
type Dict []Entry

// Entry is one key and value of a [Dict].
type Entry struct{ Key, Value any }

// Custom is a value of a custom type: its class, the type id it had on the
// wire, and the data that its serializer made of it.
type Custom struct {
	Class string
	ID    int
	Data  any
}

// Ext is a MessagePack extension, which Python decodes but aiomas never writes.
type Ext struct {
	Code int
	Data []byte
}

// Proxy is a proxy of the service at a path of the peer.
type Proxy struct{ Path string }

// Other is a Python object that no codec can encode.
type Other struct{ Class string }

// Convert returns v, in which every Dict, Custom, Ext, Proxy and Other has been
// replaced by what f returns for it, from the inside out. Lists are copied.
func Convert(v any, f func(v any) any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = Convert(v[i], f)
		}
		return list
	case Dict:
		d := make(Dict, len(v))
		for i, e := range v {
			d[i] = Entry{Convert(e.Key, f), Convert(e.Value, f)}
		}
		return f(d)
	case Custom:
		v.Data = Convert(v.Data, f)
		return f(v)
	case Ext, Proxy, Other:
		return f(v)
	}
	return v
}

// Map returns d as package codec decodes a dict into any: map[string]any if all
// keys are strings, else map[any]any. It returns false when a key cannot be a
// key of a Go map, or when two keys are equal in Go.
func (d Dict) Map() (any, bool) {
	texts := make(map[string]any, len(d))
	for _, e := range d {
		if s, ok := e.Key.(string); ok {
			texts[s] = e.Value
		}
	}
	if len(texts) == len(d) {
		return texts, true
	}
	values := make(map[any]any, len(d))
	for _, e := range d {
		switch e.Key.(type) {
		case nil, bool, int64, uint64, float64, string:
			values[e.Key] = e.Value
		default:
			return nil, false
		}
	}
	return values, len(values) == len(d)
}

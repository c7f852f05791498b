// Package guess identifies the protocol or codec that a peer probably uses, by
// the first bytes of unexpected data.
package guess

import "bytes"

// foreignHeaders lists the first bytes of other protocols.
var foreignHeaders = []struct {
	prefix, what string
}{
	{"GET ", "HTTP"}, {"POST", "HTTP"}, {"PUT ", "HTTP"}, {"HEAD", "HTTP"}, {"DELE", "HTTP"},
	{"OPTI", "HTTP"}, {"PATC", "HTTP"}, {"CONN", "HTTP"}, {"HTTP", "HTTP"}, {"PRI ", "HTTP/2"},
	{"\x16\x03", "TLS (this end expects plain TCP)"}, {"\x15\x03", "a TLS alert (the peer expects TLS)"},
	{"SSH-", "SSH"}, {"[0, ", "JSON without a frame header"}, {"\x93\x00", "MessagePack without a frame header"},
}

// Header returns the protocol whose data begin with head, in place of the length
// of a frame; "" if unknown.
func Header(head []byte) string {
	for _, f := range foreignHeaders {
		if bytes.HasPrefix(head, []byte(f.prefix)) {
			return f.what
		}
	}
	return ""
}

// Codec returns the name of the codec that probably encoded payload, which must not
// be empty; "" if unknown.
func Codec(payload []byte) string {
	switch {
	case payload[0] == '[':
		return "json"
	case payload[0] == 0x93:
		return "msgpack"
	case len(payload) >= 16 && payload[0] == 2 && payload[1] <= 2:
		return "msgpack-blosc"
	}
	return ""
}

// Package golden loads, for tests, the bytes that real Python aiomas writes and
// reads. The data are captured only by interop/python/capture.py, which
// describes them at its head.
//
// Values come in the natural Go types: nil, bool, int64, else uint64, else
// *big.Int, float64, string (a lone surrogate is the three bytes of WTF-8),
// []byte, []any for a list and a tuple, [Dict], [Custom], [Ext], [Proxy] and
// [Other]. [Convert] turns the last five into whatever a test compares with.
package golden

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

//go:embed data/*.jsonl
var data embed.FS

// Kind says how a case was captured.
type Kind string

// The kinds of cases.
const (
	Value   Kind = "value"   // codec.encode(Value) gave Payload, or Error; codec.decode(Payload) gave Decoded
	Decode  Kind = "decode"  // codec.decode(Payload), a payload made by hand, gave Decoded, or Error
	Message Kind = "message" // the payload of a frame between two real peers: [Type, ID, Value]
)

// Case is one capture.
type Case struct {
	Name  string // unique among the cases of a codec
	Codec string // "json", "msgpack" or "msgpack-blosc"
	Kind  Kind

	// Types names the custom types that were registered with the codec; their
	// type ids are their positions. The last one is "object" on a connection.
	// "Point" is a class with the fields x and y and the decorator
	// @aiomas.serializable, "complex" travels as the list of its two floats,
	// "Arrow" as the text of a date, and "Refuses" fails to be serialized.
	Types []string

	Value   any // what was encoded; of a message its content
	Decoded any // what Python decoded
	// Error says why Python refused, "ExceptionType: message", or is empty.
	Error string

	MsgType uint8  // of a message: 0 REQUEST, 1 RESULT, 2 EXCEPTION
	ID      int64  // of a message
	From    string // of a message: who sent it, "client" or "server"

	// Payload is the payload of the frame. It is nil if Python refused to encode,
	// or if only its hash was kept because of its length: compare with
	// [Case.Match].
	Payload []byte

	hash string
	size int
}

// Encoded reports whether Python encoded the value, so that there is a payload.
func (c Case) Encoded() bool { return c.Payload != nil || c.hash != "" }

// Match returns nil when payload is what Python wrote, else an error that
// shows both.
func (c Case) Match(payload []byte) error {
	switch {
	case c.Payload != nil:
		if !bytes.Equal(payload, c.Payload) {
			return fmt.Errorf("%s:\n got %s\nwant %s", c.Name, show(payload), show(c.Payload))
		}
	case c.hash != "":
		if sum := sha256.Sum256(payload); len(payload) != c.size || hex.EncodeToString(sum[:]) != c.hash {
			return fmt.Errorf("%s:\n got %d bytes %s\nwant %d bytes with the hash %s", c.Name, len(payload), show(payload), c.size, c.hash)
		}
	default:
		return fmt.Errorf("%s: Python refused to encode this: %s", c.Name, c.Error)
	}
	return nil
}

// Frame returns the payload with the length in front of it.
func (c Case) Frame() []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(c.Payload))), c.Payload...)
}

// Cases returns all cases of a codec, "json", "msgpack" or "msgpack-blosc",
// each time new. It fails the test when there are none.
func Cases(tb testing.TB, codec string) []Case {
	tb.Helper()
	cases, err := load(codec)
	if err != nil {
		tb.Fatalf("golden: %v", err)
	}
	return cases
}

// Of returns the cases of one kind whose names begin with prefix.
func Of(tb testing.TB, codec string, kind Kind, prefix string) []Case {
	tb.Helper()
	var found []Case
	for _, c := range Cases(tb, codec) {
		if c.Kind == kind && strings.HasPrefix(c.Name, prefix) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		tb.Fatalf("golden: no %s case of %s begins with %q", kind, codec, prefix)
	}
	return found
}

// line is a case as it is stored.
type line struct {
	Name    string          `json:"name"`
	Codec   string          `json:"codec"`
	Kind    Kind            `json:"kind"`
	Types   []string        `json:"types"`
	Value   json.RawMessage `json:"value"`
	Decoded json.RawMessage `json:"decoded"`
	Error   string          `json:"error"`
	Type    uint8           `json:"type"`
	ID      int64           `json:"id"`
	From    string          `json:"from"`
	Hex     *string         `json:"hex"`
	SHA256  string          `json:"sha256"`
	Len     int             `json:"len"`
	Nested  *nesting        `json:"nested"`
}

func load(codec string) ([]Case, error) {
	f, err := data.Open("data/" + codec + ".jsonl")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // an embedded file: nothing can be lost
	var cases []Case
	seen := make(map[string]bool)
	for r := bufio.NewReader(f); ; {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return cases, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", codec, err)
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, fmt.Errorf("%s: %w", codec, err)
		}
		if l.Kind == "header" {
			continue
		}
		c, err := l.toCase()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", codec, l.Name, err)
		}
		if seen[c.Name] {
			return nil, fmt.Errorf("%s: %s: a name was used twice", codec, c.Name)
		}
		seen[c.Name] = true
		cases = append(cases, c)
	}
}

func (l line) toCase() (Case, error) {
	c := Case{
		Name: l.Name, Codec: l.Codec, Kind: l.Kind, Types: l.Types, Error: l.Error,
		MsgType: l.Type, ID: l.ID, From: l.From, hash: l.SHA256, size: l.Len,
	}
	var err error
	if c.Value, err = parse(l.Value); err != nil {
		return Case{}, err
	}
	c.Decoded = c.Value
	if l.Decoded != nil {
		if c.Decoded, err = parse(l.Decoded); err != nil {
			return Case{}, err
		}
	}
	switch {
	case l.Hex != nil:
		if c.Payload, err = hex.DecodeString(*l.Hex); err != nil {
			return Case{}, err
		}
		if c.Payload == nil {
			c.Payload = []byte{}
		}
	case l.Nested != nil:
		c.Payload, err = l.Nested.build()
	}
	return c, err
}

// nesting is the recipe of a payload that consists of many equal parts.
type nesting struct {
	N                   int
	Open, Inside, Close string
}

func (n nesting) build() ([]byte, error) {
	var parts [3][]byte
	for i, s := range []string{n.Open, n.Inside, n.Close} {
		var err error
		if parts[i], err = hex.DecodeString(s); err != nil {
			return nil, err
		}
	}
	return bytes.Join([][]byte{bytes.Repeat(parts[0], n.N), parts[1], bytes.Repeat(parts[2], n.N)}, nil), nil
}

func show(b []byte) string {
	const most = 200
	rest := ""
	if len(b) > most {
		b, rest = b[:most], "…"
	}
	return fmt.Sprintf("%x %q%s", b, b, rest)
}

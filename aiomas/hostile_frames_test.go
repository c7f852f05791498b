package aiomas_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
)

// Bytes that are no frame at all, or not the one that was announced: what is
// behind them cannot be trusted, so the connection ends. Python waits for the
// rest for ever and swallows all that follows.
var hostileFrames = []struct{ name, send, want string }{
	{"4 GiB announced", "\xff\xff\xff\xff", "sent a frame of 4294967295 bytes, the limit here is 1048576"},
	{"2 GiB announced", "\x80\x00\x00\x00", "sent a frame of 2147483648 bytes"},
	{"one byte past the limit", "\x00\x10\x00\x01", "sent a frame of 1048577 bytes"},
	{"HTTP GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "its first bytes look like HTTP"},
	{"HTTP POST", "POST /rpc HTTP/1.1\r\n\r\n", "its first bytes look like HTTP"},
	{"HTTP HEAD", "HEAD / HTTP/1.0\r\n\r\n", "its first bytes look like HTTP"},
	{"HTTP OPTIONS", "OPTIONS * HTTP/1.1\r\n\r\n", "its first bytes look like HTTP"},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "its first bytes look like HTTP/2"},
	{"TLS 1.0 hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "its first bytes look like TLS"},
	{"TLS 1.2 hello", "\x16\x03\x03\x00\xf4\x01\x00\x00\xf0\x03\x03", "its first bytes look like TLS"},
	{"a TLS alert", "\x15\x03\x01\x00\x02\x02\x28", "its first bytes look like a TLS alert"},
	{"SSH", "SSH-2.0-OpenSSH_9.2\r\n", "its first bytes look like SSH"},
	{"JSON without a header", `[0, 7, ["add", [1, 2], {}]]`, "its first bytes look like JSON without a frame header"},
	{"a line of text", "hello\r\n", "sent a frame of 1751477356 bytes"},
	{"a length in little-endian", "\x1b\x00\x00\x00[0, 7, null]", "sent a frame of 452984832 bytes"},
	{"0xff", strings.Repeat("\xff", 1000), "sent a frame of 4294967295 bytes"},
	{"an empty frame", "\x00\x00\x00\x00", "an empty frame"},
	{"empty frames", strings.Repeat("\x00", 4000), "an empty frame"},
}

func TestHostileFrames(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c, aiomas.WithLimits(aiomas.Limits{FrameIn: 1 << 20}))
		for _, f := range hostileFrames {
			t.Run(f.name, func(t *testing.T) { h.attackBytes(t, f.send, ends(f.want)) })
			// An honest frame before it changes nothing.
			t.Run(f.name+" behind a frame", func(t *testing.T) {
				h.attackBytes(t, withHeader(h.request(t, holdID, "nothing"))+f.send, ends(f.want))
			})
		}
		h.checkNothingLeft(t)
	})
}

func withHeader(payload string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(payload)))) + payload
}

// A request cut at every byte, within a frame of the right length: either it is
// no message, and the connection ends, or its sender is told. Never is it taken
// for a request.
func TestHostileCuts(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c)
		whole := h.request(t, rowID, "same", map[string]any{"k": []any{1, "é", 2.5, nil, true, -70000}})
		answered := 0
		for n := range len(whole) {
			cut := whole[:n]
			m, err := c.ParseMessage([]byte(cut), codec.Limits{})
			want := ends("")
			switch {
			case err == nil:
				t.Errorf("%q is a message", cut)
			case isDecodeError(err):
				answered++
				want = fails("the request cannot be read").as(m.ID) // JSON may lose digits of the id
			}
			h.attack(t, cut, want)
		}
		h.attack(t, whole, gives("map[k:[1 é 2.5 <nil> true -70000]]"))
		if c != blosc.Codec && answered < len(whole)/2 { // a cut chunk says nothing
			t.Errorf("only %d of %d cuts were answered", answered, len(whole))
		}
		h.checkNothingLeft(t)
	})
}

// A request with any one byte changed leads to an answer for its id or to the
// end of the connection, and hurts no one else.
func TestHostileFlips(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c)
		whole := h.request(t, rowID, "add", 1, 2)
		rows := 0
		for i := range len(whole) {
			for _, with := range []byte{0x00, 0xff, 0x80, 0xc1, 0xdd, '"', '[', '}', whole[i] ^ 1, whole[i] + 1} {
				if with == whole[i] {
					continue
				}
				rows++
				flipped := []byte(whole)
				flipped[i] = with
				m, err := c.ParseMessage(flipped, codec.Limits{})
				switch {
				case err != nil && !isDecodeError(err):
					h.attack(t, string(flipped), ends(""))
				case m.Type != codec.Request:
					h.attack(t, string(flipped), ignored)
				default:
					h.attackAnswered(t, string(flipped), m.ID)
				}
			}
		}
		t.Logf("%d flips", rows)
		h.checkNothingLeft(t)
	})
}

// attackAnswered sends a frame that must be answered, in whatever way.
func (h *hostileServer) attackAnswered(t *testing.T, payload string, id int64) {
	t.Helper()
	raw, client := h.connect(t)
	defer func() {
		_ = raw.conn.Close()
		<-client.Done()
	}()
	raw.send(h.request(t, holdID, "hold"), payload)
	if got, err := h.recv(t, raw); err != nil || got.ID != id {
		t.Fatalf("%q: got %v %d %q, %v, want an answer to %d", payload, got.Type, got.ID, got.text, err, id)
	}
	h.checkLife(t, raw, client)
}

func isDecodeError(err error) bool {
	_, ok := err.(*codec.DecodeError) //nolint:errorlint // what ParseMessage returns
	return ok
}

// Frames that arrive a byte at a time, glued together or cut anywhere are the
// same frames.
func TestHostileChunks(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c)
		const n = 20
		var stream strings.Builder
		for i := range n {
			stream.WriteString(withHeader(h.request(t, int64(i), "same", strings.Repeat("x", 10*i))))
		}
		for _, size := range []int{1, 2, 3, 4, 5, 7, 64, stream.Len()} {
			raw, client := h.connect(t)
			for s := stream.String(); s != ""; {
				k := min(size, len(s))
				raw.sendBytes([]byte(s[:k]))
				s = s[k:]
			}
			seen := map[int64]bool{}
			for range n {
				got, err := h.recv(t, raw)
				if err != nil || got.Type != codec.Result || len(got.text) != 10*int(got.ID) || seen[got.ID] {
					t.Fatalf("chunks of %d: %v %d %q, %v", size, got.Type, got.ID, got.text, err)
				}
				seen[got.ID] = true
			}
			_ = raw.conn.Close()
			<-client.Done()
		}
	})
}

// A peer that closes at each byte of a frame leaves nothing behind.
func TestHostileEnds(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c)
		frame := withHeader(h.request(t, rowID, "nothing"))
		for n := range len(frame) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				raw, client := h.connect(t)
				raw.send(h.request(t, holdID, "hold"))
				raw.sendBytes([]byte(frame[:n]))
				_ = raw.conn.Close()
				<-client.Done()
				if err := client.Err(); n > 0 && !isProtocolError(err) || n == 0 && isProtocolError(err) {
					t.Errorf("after %d bytes: %v", n, err)
				}
			})
		}
		h.checkNothingLeft(t)
	})
}

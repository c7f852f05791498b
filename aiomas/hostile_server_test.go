package aiomas_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	msgpackcodec "github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// badServer is a hostile server at the other end of a client's connection.
type badServer struct {
	t     *testing.T
	conn  net.Conn
	codec codec.Codec
}

// request reads the client's next message.
func (s *badServer) request() (codec.Message, error) {
	var head [4]byte
	if _, err := io.ReadFull(s.conn, head[:]); err != nil {
		return codec.Message{}, err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(s.conn, b); err != nil {
		return codec.Message{}, err
	}
	return s.codec.ParseMessage(b, codec.Limits{})
}

// write sends bytes; the client may have gone.
func (s *badServer) write(b string) { _, _ = io.WriteString(s.conn, b) }

// send sends payloads as frames.
func (s *badServer) send(payloads ...string) {
	for _, p := range payloads {
		s.write(withHeader(p))
	}
}

// message is a well-formed message.
func (s *badServer) message(typ codec.MessageType, id int64, v any) string {
	b, err := s.codec.AppendMessage(nil, typ, id, v, nil)
	if err != nil {
		s.t.Error(err)
	}
	return string(b)
}

func (s *badServer) result(id int64, v any) string { return s.message(codec.Result, id, v) }

func (s *badServer) exception(id int64, v any) string { return s.message(codec.Exception, id, v) }

// raw is a message with a content that is written by hand, in both dialects.
func (s *badServer) raw(typ codec.MessageType, id int64, json, msgpack string) string {
	if s.codec.Name() == "json" {
		return fmt.Sprintf("[%d, %d, %s]", typ, id, json)
	}
	m, err := msgpackcodec.Codec.AppendMessage(nil, typ, id, nil, nil)
	if err != nil {
		s.t.Error(err)
	}
	return s.either("", fmt.Sprintf("%x %s", m[:len(m)-1], msgpack)) // all but the None
}

// either is what the codec's own dialect has for it.
func (s *badServer) either(json, msgpack string) string {
	switch s.codec.Name() {
	case "json":
		return json
	case "msgpack-blosc":
		return stored(mp(msgpack))
	}
	return mp(msgpack)
}

// serve answers honestly until the client is gone.
func (s *badServer) serve() {
	for {
		m, err := s.request()
		if err != nil {
			return
		}
		if m.Type == codec.Request {
			s.send(s.result(m.ID, "honest"))
		}
	}
}

// A badPlay is what a hostile server does with the first call, f(), of a client
// that expects a str.
type badPlay struct {
	name  string
	first func(s *badServer)           // before the call is read, or
	play  func(s *badServer, id int64) // when the call has been read
	want  verdict
}

// A verdict is what the call ends in. If the connection lives, the next call,
// which the server answers honestly, succeeds; else it fails unsent.
type verdict struct {
	ok    func(got string, err error) bool
	words string
	lives bool
}

func gets(want string) verdict {
	return verdict{func(got string, err error) bool { return err == nil && got == want }, "the result " + want, true}
}

func getsEither(a, b string) verdict {
	return verdict{func(got string, err error) bool { return err == nil && (got == a || got == b) }, "the result " + a + " or " + b, true}
}

func raises(typ, message string) verdict {
	return verdict{func(_ string, err error) bool {
		var re *aiomas.RemoteError
		return errors.As(err, &re) && re.Type == typ && strings.Contains(re.Message, message)
	}, "a RemoteError " + typ + ": " + message, true}
}

func unreadable(text string) verdict {
	return verdict{func(_ string, err error) bool {
		var de *aiomas.DecodeError
		return errors.As(err, &de) && strings.Contains(err.Error(), text)
	}, "a DecodeError " + text, true}
}

func breaks(text string) verdict {
	return verdict{func(_ string, err error) bool {
		return isProtocolError(err) && errors.Is(err, aiomas.ErrConnection) && strings.Contains(err.Error(), text)
	}, "a ProtocolError " + text, false}
}

var (
	loses = verdict{func(_ string, err error) bool { return errors.Is(err, aiomas.ErrConnection) && !isProtocolError(err) }, "a ConnectionError", false}
	waits = verdict{func(_ string, err error) bool { return errors.Is(err, context.DeadlineExceeded) }, "the caller's deadline", true}
)

var badPlays = []badPlay{
	{name: "honest", want: gets("yes"), play: func(s *badServer, id int64) { s.send(s.result(id, "yes")) }},

	// Ids.
	{name: "a reply to nobody first", want: gets("yes"), play: func(s *badServer, id int64) { s.send(s.result(id+1, "no"), s.result(id, "yes")) }},
	{name: "a thousand replies to nobody first", want: gets("yes"), play: func(s *badServer, id int64) {
		for i := range int64(1000) {
			s.send(s.result(id+1+i, "no"))
		}
		s.send(s.result(id, "yes"))
	}},
	{name: "replies to ids at the ends of int64", want: gets("yes"), play: func(s *badServer, id int64) {
		s.send(s.result(-1, "no"), s.result(math.MaxInt64, "no"), s.exception(math.MinInt64, "no"), s.result(id, "yes"))
	}},
	// Not to id+1: on a busy machine the next call is made before that reply comes.
	{name: "only replies to nobody", want: waits, play: func(s *badServer, id int64) { s.send(s.result(id+1000, "no"), s.exception(id-1, "no")) }},
	{name: "a reply before the request", want: getsEither("too early", "honest"), first: func(s *badServer) {
		s.send(s.result(0, "too early"))
		s.serve()
	}},
	{name: "two results", want: gets("yes"), play: func(s *badServer, id int64) { s.send(s.result(id, "yes"), s.result(id, "no")) }},
	{name: "a hundred results", want: gets("yes"), play: func(s *badServer, id int64) {
		s.send(s.result(id, "yes"))
		for range 99 {
			s.send(s.result(id, "no"))
		}
	}},
	{name: "a result and an exception", want: gets("yes"), play: func(s *badServer, id int64) { s.send(s.result(id, "yes"), s.exception(id, "no")) }},
	{name: "an exception and a result", want: raises("ValueError", "42"), play: func(s *badServer, id int64) { s.send(s.exception(id, "ValueError: 42"), s.result(id, "no")) }},
	{name: "a result, and one that cannot be read", want: gets("yes"), play: func(s *badServer, id int64) { s.send(s.result(id, "yes"), s.raw(codec.Result, id, "{", "c1")) }},
	{name: "replies to the next calls in advance", want: gets("yes"), play: func(s *badServer, id int64) {
		s.send(s.result(id+1, "no"), s.result(id+2, "no"), s.result(id, "yes"))
	}},
	{name: "an id that is a float", want: breaks("the message id"), play: func(s *badServer, id int64) {
		s.send(s.either("[1, 0.0, null]", "93 01 cb 0000000000000000 c0"))
	}},
	{name: "an id that is a str", want: breaks("the message id"), play: func(s *badServer, id int64) { s.send(s.either(`[1, "0", null]`, `93 01 "0" c0`)) }},
	{name: "an id past int64", want: breaks("the message id"), play: func(s *badServer, id int64) {
		s.send(s.either("[1, 18446744073709551616, null]", "93 01 cf ffffffffffffffff c0"))
	}},
	{name: "no id", want: breaks("broke the protocol"), play: func(s *badServer, id int64) { s.send(s.either("[1]", "91 01")) }},

	// Types.
	{name: "a request instead of a reply", want: gets("yes"), play: func(s *badServer, id int64) {
		s.send(s.message(codec.Request, id, "yes"))
		if m, err := s.request(); err != nil || m.Type != codec.Exception || m.ID != id {
			s.t.Errorf("the answer to a request of the server is %v, %v", m, err)
		}
		s.send(s.result(id, "yes"))
	}},
	{name: "type 3", want: breaks("type"), play: func(s *badServer, id int64) { s.send(s.either("[3, 0, null]", "93 03 00 c0")) }},
	{name: "type -1", want: breaks("type"), play: func(s *badServer, id int64) { s.send(s.either("[-1, 0, null]", "93 ff 00 c0")) }},
	{name: "type None", want: breaks("type"), play: func(s *badServer, id int64) { s.send(s.either("[null, 0, null]", "93 c0 00 c0")) }},

	// Frames.
	{name: "4 GiB announced", want: breaks("sent a frame of 4294967295 bytes"), play: func(s *badServer, id int64) { s.write("\xff\xff\xff\xff") }},
	{name: "one byte past the limit", want: breaks("sent a frame of 67108865 bytes, the limit here is 67108864"), play: func(s *badServer, id int64) { s.write("\x04\x00\x00\x01") }},
	{name: "HTTP", want: breaks("look like HTTP"), play: func(s *badServer, id int64) { s.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") }},
	{name: "HTTP before anything", want: breaks("look like HTTP"), first: func(s *badServer) { s.write("HTTP/1.1 408 Request Timeout\r\n\r\n") }},
	{name: "a TLS alert", want: breaks("look like a TLS alert"), play: func(s *badServer, id int64) { s.write("\x15\x03\x03\x00\x02\x02\x16") }},
	{name: "an SSH banner", want: breaks("look like SSH"), first: func(s *badServer) { s.write("SSH-2.0-OpenSSH_9.2\r\n") }},
	{name: "an empty frame", want: breaks("an empty frame"), play: func(s *badServer, id int64) { s.send("") }},
	{name: "garbage", want: breaks("is not a "), play: func(s *badServer, id int64) { s.send("\xc1\xc1\xc1\xc1") }},
	{name: "the other codec", want: breaks("it looks like codec"), play: func(s *badServer, id int64) {
		if s.codec.Name() == "json" {
			s.send(mp("93 01 00 c0"))
		} else {
			s.send("[1, 0, null]")
		}
	}},
	{name: "a str in place of a message", want: breaks("broke the protocol"), play: func(s *badServer, id int64) { s.send(s.either(`"yes"`, `"yes"`)) }},
	{name: "a dict in place of a message", want: breaks("broke the protocol"), play: func(s *badServer, id int64) { s.send(s.either(`{"result": 1}`, `81 "a" 01`)) }},
	{name: "millions of lists", want: breaks("broke the protocol"), play: func(s *badServer, id int64) { s.send(strings.Repeat(s.either("[", "93"), millions())) }},
	{name: "a reply a byte at a time", want: gets("yes"), play: func(s *badServer, id int64) {
		for _, b := range []byte(withHeader(s.result(id, "yes"))) {
			s.write(string([]byte{b}))
		}
	}},
	{name: "two replies in one piece", want: gets("yes"), play: func(s *badServer, id int64) {
		s.write(withHeader(s.result(id, "yes")) + withHeader(s.result(id+9, "no")))
	}},

	// Ends.
	{name: "closed at once", want: loses, first: func(s *badServer) { _ = s.conn.Close() }},
	{name: "closed instead of a reply", want: loses, play: func(s *badServer, id int64) { _ = s.conn.Close() }},
	{name: "closed after replies to nobody", want: loses, play: func(s *badServer, id int64) {
		s.send(s.result(id+1, "no"))
		_ = s.conn.Close()
	}},
	{name: "closed in the header", want: breaks("within a frame"), play: func(s *badServer, id int64) {
		s.write("\x00\x00")
		_ = s.conn.Close()
	}},
	{name: "closed behind the header", want: breaks("within a frame"), play: func(s *badServer, id int64) {
		s.write("\x00\x00\x00\x05")
		_ = s.conn.Close()
	}},
	{name: "closed in the reply", want: breaks("within a frame"), play: func(s *badServer, id int64) {
		frame := withHeader(s.result(id, "yes"))
		s.write(frame[:len(frame)-1])
		_ = s.conn.Close()
	}},
	{name: "closed in a reply of 1 MB", want: breaks("within a frame"), play: func(s *badServer, id int64) {
		frame := withHeader(s.result(id, strings.Repeat("x", 1<<20)))
		s.write(frame[:len(frame)/2])
		_ = s.conn.Close()
	}},

	// Content of a result.
	{name: "a result cut", want: unreadable("end"), play: func(s *badServer, id int64) {
		s.send(s.either(fmt.Sprintf("[1, %d, ", id), fmt.Sprintf("93 01 %02x", id)))
	}},
	{name: "a message of two", want: unreadable(""), play: func(s *badServer, id int64) {
		s.send(s.either(fmt.Sprintf("[1, %d]", id), fmt.Sprintf("92 01 %02x", id)))
	}},
	{name: "a message of four", want: unreadable(""), play: func(s *badServer, id int64) {
		s.send(s.either(fmt.Sprintf(`[1, %d, "yes", null]`, id), fmt.Sprintf(`94 01 %02x "yes" c0`, id)))
	}},
	{name: "bytes behind the message", want: unreadable("2 bytes"), play: func(s *badServer, id int64) { s.send(s.raw(codec.Result, id, `"yes"] x`, `"yes" 7878`)) }},
	{name: "a malformed result", want: unreadable(""), play: func(s *badServer, id int64) { s.send(s.raw(codec.Result, id, `{"open": `, "c1")) }},
	{name: "invalid UTF-8", want: unreadable("UTF-8"), play: func(s *badServer, id int64) { s.send(s.raw(codec.Result, id, "\"\xff\"", "a1 ff")) }},
	{name: "None for a str", want: unreadable("result: None does not fit string"), play: func(s *badServer, id int64) { s.send(s.result(id, nil)) }},
	{name: "an int for a str", want: unreadable("result: int does not fit string"), play: func(s *badServer, id int64) { s.send(s.result(id, 1)) }},
	{name: "a list for a str", want: unreadable("result: list does not fit string"), play: func(s *badServer, id int64) { s.send(s.result(id, []int{1})) }},
	{name: "a proxy for a str", want: unreadable("result"), play: func(s *badServer, id int64) {
		s.send(s.raw(codec.Result, id, `{"__type__": [0, "a"]}`, `81 "__type__" 92 00 "a"`))
	}},
	{name: "an unknown __type__", want: unreadable("result"), play: func(s *badServer, id int64) {
		s.send(s.raw(codec.Result, id, `{"__type__": [9, "a"]}`, `81 "__type__" 92 09 "a"`))
	}},
	{name: "a bad __type__", want: unreadable("result"), play: func(s *badServer, id int64) {
		s.send(s.raw(codec.Result, id, `{"__type__": 5}`, `81 "__type__" 05`))
	}},
	{name: "nested 600 deep", want: unreadable("nested deeper than 512"), play: func(s *badServer, id int64) {
		s.send(s.raw(codec.Result, id, strings.Repeat("[", 600)+strings.Repeat("]", 600), strings.Repeat("91", 600)+"90"))
	}},
	{name: "millions of lists in a result", want: unreadable("nested deeper than 512"), play: func(s *badServer, id int64) {
		s.send(s.raw(codec.Result, id, strings.Repeat("[", millions()), strings.Repeat("91", millions())))
	}},
	{name: "a length that is not there", want: unreadable(""), play: func(s *badServer, id int64) { s.send(s.raw(codec.Result, id, `"`, "dd ffffffff")) }},
	{name: "1 MB", want: gets(strings.Repeat("x", 1<<20)), play: func(s *badServer, id int64) { s.send(s.result(id, strings.Repeat("x", 1<<20))) }},

	// Content of an exception.
	{name: "an exception cut", want: unreadable(""), play: func(s *badServer, id int64) {
		s.send(s.either(fmt.Sprintf("[2, %d, ", id), fmt.Sprintf("93 02 %02x", id)))
	}},
	{name: "an exception with an unknown __type__", want: unreadable("exception that cannot be read"), play: func(s *badServer, id int64) {
		s.send(s.raw(codec.Exception, id, `{"__type__": [9, "a"]}`, `81 "__type__" 92 09 "a"`))
	}},
	{name: "an exception that is a proxy", want: raises("", "Proxy"), play: func(s *badServer, id int64) {
		s.send(s.raw(codec.Exception, id, `{"__type__": [0, "a"]}`, `81 "__type__" 92 00 "a"`))
	}},
	{name: "an exception None", want: raises("", "None"), play: func(s *badServer, id int64) { s.send(s.exception(id, nil)) }},
	{name: "an exception int", want: raises("", "42"), play: func(s *badServer, id int64) { s.send(s.exception(id, 42)) }},
	{name: "an exception dict", want: raises("", "map[code:7]"), play: func(s *badServer, id int64) { s.send(s.exception(id, map[string]int{"code": 7})) }},
	{name: "an exception of no text", want: raises("", ""), play: func(s *badServer, id int64) { s.send(s.exception(id, "")) }},
	{name: "an exception of a newline", want: raises("", ""), play: func(s *badServer, id int64) { s.send(s.exception(id, "\n")) }},
	{name: "an exception of an empty list", want: raises("", ""), play: func(s *badServer, id int64) { s.send(s.exception(id, []any{})) }},
	{name: "an exception of a list of nonsense", want: raises("[1]", "map[]"), play: func(s *badServer, id int64) {
		s.send(s.exception(id, []any{[]int{1}, map[string]int{}, nil, 5}))
	}},
	{name: "an exception of 1 MB", want: raises("ValueError", "xxxx"), play: func(s *badServer, id int64) {
		s.send(s.exception(id, "Traceback (most recent call last):\nValueError: "+strings.Repeat("x", 1<<20)))
	}},
	{name: "an exception of 30,000 tracebacks", want: raises("ValueError", "x"), play: func(s *badServer, id int64) {
		s.send(s.exception(id, strings.Repeat("Traceback (most recent call last):\nValueError: x\n\nDuring handling of the above exception, another exception occurred:\n\n", 30_000)+
			"Traceback (most recent call last):\nValueError: x\n"))
	}},
	{name: "an exception of 300,000 newlines", want: raises("", ""), play: func(s *badServer, id int64) { s.send(s.exception(id, strings.Repeat("\n", 300_000))) }},
	{name: "an exception in terminal colours", want: raises("ValueError", "\x1b[2J"), play: func(s *badServer, id int64) { s.send(s.exception(id, "ValueError: \x1b[2J\x00")) }},

	// The server calls back what it should not.
	{name: "requests that are no calls", want: gets("yes"), play: func(s *badServer, id int64) {
		const n = 100
		for i := range int64(n) {
			s.send(s.message(codec.Request, i, nil))
		}
		for range n {
			if m, err := s.request(); err != nil || m.Type != codec.Exception {
				s.t.Errorf("got %v, %v", m, err)
			}
		}
		s.send(s.result(id, "yes"))
	}},
	{name: "requests that cannot be read", want: gets("yes"), play: func(s *badServer, id int64) {
		s.send(s.raw(codec.Request, 5, "[", "c1"), s.raw(codec.Request, 6, `["x", [], {}`, `93 "x" 90`))
		for range 2 {
			if m, err := s.request(); err != nil || m.Type != codec.Exception {
				s.t.Errorf("got %v, %v", m, err)
			}
		}
		s.send(s.result(id, "yes"))
	}},
}

// roundOf plays one call and the one after it over a connection.
func (p badPlay) roundOf(t *testing.T, c codec.Codec, client, server net.Conn, patience time.Duration) {
	t.Helper()
	ch, err := aiomas.NewChannel(client, aiomas.WithCodec(c))
	if err != nil {
		t.Fatal(err)
	}
	cl := aiomas.NewClient(ch, nil)
	s := &badServer{t, server, c}
	played := make(chan struct{})
	go func() {
		defer close(played)
		defer server.Close()
		if p.first != nil {
			p.first(s)
		} else if m, err := s.request(); err != nil {
			t.Error(err)
		} else {
			p.play(s, m.ID)
		}
		s.serve()
	}()
	call := func() (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return aiomas.Call[string](ctx, cl.Remote("f"))
	}
	got, err := call()
	if !p.want.ok(got, err) {
		t.Errorf("got  %.300q, %.300v\nwant %.300s", got, err, p.want.words)
	}
	got, err = call()
	if p.want.lives {
		if got != "honest" || err != nil {
			t.Errorf("the next call: %q, %v", got, err)
		}
	} else if ce := (*aiomas.ConnectionError)(nil); !errors.As(err, &ce) || !ce.Unsent {
		t.Errorf("the next call: %q, %v, want it unsent", got, err)
	}
	_ = cl.Close()
	<-played
	<-cl.Done()
}

// In a bubble of testing/synctest nothing can hang or be left behind: the test
// would not end.
func TestHostileServer(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		for _, p := range badPlays {
			t.Run(p.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client, server := net.Pipe()
					p.roundOf(t, c, client, server, time.Hour)
				})
			})
		}
		t.Logf("%d plays", len(badPlays))
	})
}

func TestHostileServerTCP(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		for _, p := range badPlays {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel() // one of them waits for a deadline
				client, server := tcpPair(t)
				patience := 20 * time.Second
				if p.want.words == waits.words {
					patience = 100 * time.Millisecond
				}
				p.roundOf(t, c, client, server, patience)
			})
		}
	})
}

package nats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// pieces is a connection to a NATS server that sends text, in pieces of the given lengths.
type pieces struct {
	net.Conn
	text    []byte
	lengths []byte
}

func (p *pieces) Read(b []byte) (int, error) {
	n := len(p.text)
	if len(p.lengths) > 0 {
		n, p.lengths = min(n, int(p.lengths[0])+1), p.lengths[1:]
	}
	if n == 0 {
		return 0, io.EOF
	}
	n = copy(b, p.text[:n])
	p.text = p.text[n:]
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error)        { return len(b), nil }
func (p *pieces) SetWriteDeadline(_ time.Time) error { return nil }
func (p *pieces) Close() error                       { return nil }

// linked returns a link of the world's transport to a server that sends text.
func (w *world) linked(text, lengths []byte) *link {
	ls := &links{word: []byte("SUB " + w.n.base + ".* "), base: []byte(w.n.base + ".")}
	ls.t.Store(w.n)
	l := &link{Conn: &pieces{text: text, lengths: lengths}, links: ls}
	for _, line := range []string{"CONNECT {}\r\n", "SUB " + w.n.base + ".*  7\r\n"} {
		_, _ = l.Write([]byte(line))
	}
	return l
}

// msg is a message of a server.
func msg(subject, sid, reply string, data []byte) []byte {
	if reply != "" {
		reply += " "
	}
	return fmt.Appendf(nil, "MSG %s %s %s%d\r\n%s\r\n", subject, sid, reply, len(data), data)
}

// script makes what a NATS server sends, with the part of it that is for the client. data is
// all data of messages to the open stream.
func (w *world) server() (all, client, data []byte) {
	for len(w.script) > 0 {
		var op []byte
		ours := false
		switch s := w.open; w.next() % 8 {
		case 0:
			op = []byte("PING\r\n")
		case 1:
			op = []byte("INFO {\"server_id\":\"" + string(bytes.Repeat([]byte("x"), 300*int(w.next()))) + "\"}\r\n")
		case 2:
			op = msg(w.open.subject(), "8", "", w.some(w.next())) // of another subscription
		case 3:
			op = fmt.Appendf(nil, "HMSG %s 7 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", s.subject())
		case 4:
			op = msg("_INBOX.a.b", "7", "", []byte("MSG "+s.subject()+" 7 0\r\n\r\n"))
		case 5:
			op, ours = msg(w.n.base+".none", "7", hostile+".1", bytes.Repeat([]byte("?"), 9*int(w.next()))), true
		default:
			b := bytes.Repeat([]byte{'\r', '\n', 'M', byte(len(all))}, int(w.next()))
			if len(data)+len(b) > fuzzWindow {
				b = nil
			}
			h := header{kind: kindData, seq: uint64(len(data))}
			op, ours = msg(s.subject(), "7", "", append(h.append(nil), b...)), true
			data = append(data, b...)
		}
		all = append(all, op...)
		if !ours {
			client = append(client, op...)
		}
	}
	return all, client, data
}

// FuzzLink checks that a link takes the data of streams, and passes on everything else to
// the NATS client, however the bytes arrive.
func FuzzLink(f *testing.F) {
	f.Add([]byte{7, 9, 0, 1, 3, 7, 200, 2, 5, 'h', 'e', 'l', 'l', 'o', 3, 4, 5, 30, 7, 1}, []byte{0, 1, 2, 3, 4, 50, 7})
	f.Add([]byte{1, 255, 7, 255, 5, 200, 0, 7, 255}, []byte{})
	f.Add([]byte{7, 20, 7, 20, 0}, bytes.Repeat([]byte{0}, 400))
	f.Fuzz(func(t *testing.T, script, lengths []byte) {
		if len(script) > 1000 {
			return
		}
		w := newWorld(t, script)
		all, client, data := w.server()
		l := w.linked(all, lengths)
		var passed []byte
		p := make([]byte, 100)
		for {
			n, err := l.Read(p)
			passed = append(passed, p[:n]...)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(passed, client) {
			t.Errorf("the client has got\n%q\ninstead of\n%q", passed, client)
		}
		got := make([]byte, len(data)+1)
		n, _, _ := w.open.take(got)
		if !bytes.Equal(got[:n], data) {
			t.Errorf("the stream has got %q instead of %q", got[:n], data)
		}
	})
}

package aiomas_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// A hostileRow is something that a peer sends to a server and that no honest
// peer would, and what must come of it.
type hostileRow struct {
	name string
	send string // the payload of one frame
	want outcome
}

// An outcome is what one hostile payload leads to. Its text is part of the
// result, of the exception's last line, or of the error that ends the connection.
type outcome struct {
	kind outcomeKind
	id   int64
	text string
}

type outcomeKind int

const (
	isResult    outcomeKind = iota // the request is answered
	isException                    // only this request fails
	isNothing                      // nobody is answered, nothing ends
	isEnd                          // the connection ends, with an error that names it
)

// holder has a service and a proxy of another peer as attributes, neither of
// which it declares: in Python both could be called through it.
type holder struct {
	router *aiomas.Router
	Child  *calculator
	Friend *aiomas.Proxy
}

func (h *holder) Router() *aiomas.Router { return h.router }

// rowID is the id of the request in a row, unless the row is about ids.
const rowID = 7

func gives(text string) outcome { return outcome{isResult, rowID, text} }
func fails(text string) outcome { return outcome{isException, rowID, text} }
func ends(text string) outcome  { return outcome{isEnd, 0, text} }

var ignored = outcome{kind: isNothing}

// as is the outcome for a request of another id.
func (o outcome) as(id int64) outcome {
	o.id = id
	return o
}

// maxErrorReply bounds what an error says to whoever caused it: no echo of a
// megabyte.
const maxErrorReply = 4 << 10

// hostileServer is a server under attack, with a bystander connected to it.
type hostileServer struct {
	codec     codec.Codec
	addr      string
	server    *aiomas.Server
	root      *aiomas.Router
	arrived   chan *aiomas.Client
	bystander *aiomas.Client
	gate      chan struct{} // lets a call of hold return
}

func newHostileServer(t *testing.T, c codec.Codec, opts ...aiomas.ServerOption) *hostileServer {
	t.Helper()
	h := &hostileServer{codec: c, arrived: make(chan *aiomas.Client, 1), gate: make(chan struct{})}
	service := newService(t)
	h.root = service
	service.Expose("same", func(x any) any { return x })
	service.Expose("take", func(p *aiomas.Proxy) string { return p.Path() })
	service.Expose("hold", func(ctx context.Context) string {
		select {
		case <-h.gate:
			return "held"
		case <-ctx.Done():
			return "cut"
		}
	})
	service.Expose("release", func() { h.gate <- struct{}{} })
	held := &holder{Child: newCalculator()}
	held.router = aiomas.NewObjectRouter(held)
	if err := service.Add("holder", held); err != nil {
		t.Fatal(err)
	}
	opts = append(opts, aiomas.WithCodec(c), aiomas.WithConnected(func(c *aiomas.Client) { h.arrived <- c }))
	h.server, h.addr = startServer(t, service, opts...)
	h.bystander = dial(t, h.addr, aiomas.WithCodec(c))
	<-h.arrived
	held.Friend = h.bystander.Remote()
	return h
}

// connect returns a hand-played connection and its client on the server's side.
func (h *hostileServer) connect(t *testing.T) (rawPeer, *aiomas.Client) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.addr, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return rawPeer{t, conn}, <-h.arrived
}

// request is an honest request.
func (h *hostileServer) request(t *testing.T, id int64, path string, args ...any) string {
	t.Helper()
	b, err := h.codec.AppendMessage(nil, codec.Request, id, &codec.Call{Path: path, Args: args}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// reply is a message of the server, as a hostile peer reads it.
type reply struct {
	codec.Message
	text string // of a result the value, of an exception the traceback's last line
}

func (h *hostileServer) recv(t *testing.T, raw rawPeer) (reply, error) {
	t.Helper()
	payload, err := raw.tryRecv()
	if err != nil {
		return reply{}, err
	}
	m, err := h.codec.ParseMessage([]byte(payload), codec.Limits{})
	if err != nil {
		t.Fatalf("the server sent %q: %v", payload, err)
	}
	d := h.codec.NewDecoder()
	d.Reset(m.Content, nil)
	v, err := d.Any()
	if err != nil {
		v = string(m.Content) // a proxy
	}
	text := fmt.Sprint(v)
	if m.Type == codec.Exception {
		if len(payload) > maxErrorReply {
			t.Errorf("an exception of %d bytes: %.100q…", len(payload), payload)
		}
		if !strings.HasPrefix(text, "Traceback (most recent call last):\n") || !strings.HasSuffix(text, "\n") {
			t.Errorf("an exception that is no traceback: %q", text)
		}
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		text = lines[len(lines)-1]
	}
	return reply{m, text}, nil
}

// Ids of the honest requests around the hostile one.
const (
	holdID = 1000 + iota
	releaseID
	fenceID
)

// attack sends a frame's payload in the middle of an honest conversation.
func (h *hostileServer) attack(t *testing.T, payload string, want outcome) {
	t.Helper()
	h.attackBytes(t, string(binary.BigEndian.AppendUint32(nil, uint32(len(payload))))+payload, want)
}

// attackBytes opens a connection with a call that is under way, sends these
// bytes, and checks what comes of them, of the call, and of a bystander.
func (h *hostileServer) attackBytes(t *testing.T, bytes string, want outcome) {
	t.Helper()
	raw, client := h.connect(t)
	defer func() {
		_ = raw.conn.Close()
		<-client.Done()
	}()
	raw.send(h.request(t, holdID, "hold"))
	_, _ = io.WriteString(raw.conn, bytes) // fails when the server has ended the connection before the last byte

	switch want.kind {
	case isEnd:
		h.checkEnd(t, raw, client, want)
	case isNothing:
		h.checkLife(t, raw, client)
	default:
		got, err := h.recv(t, raw)
		switch {
		case err != nil:
			t.Fatalf("the connection ended: %v, want %+v", client.Err(), want)
		case got.ID != want.id, got.Type == codec.Result != (want.kind == isResult),
			want.kind == isResult && got.text != want.text, !strings.Contains(got.text, want.text):
			t.Errorf("got  %v %d %.300q\nwant %+v", got.Type, got.ID, got.text, want)
		}
		h.checkLife(t, raw, client)
	}
	if n, err := aiomas.Call[int](t.Context(), h.bystander.Remote("add"), 1, 2); err != nil || n != 3 {
		t.Fatalf("a bystander got %d, %v", n, err)
	}
}

// checkEnd expects the end of the connection, and nothing said before it.
func (h *hostileServer) checkEnd(t *testing.T, raw rawPeer, client *aiomas.Client, want outcome) {
	t.Helper()
	if got, err := h.recv(t, raw); err == nil && got.ID != holdID {
		t.Errorf("got %v %d %.300q, want the end of the connection: %s", got.Type, got.ID, got.text, want.text)
	}
	<-client.Done()
	if err := client.Err(); !isProtocolError(err) || !strings.Contains(err.Error(), want.text) {
		t.Errorf("the connection ended with %v\nwant %s", err, want.text)
	}
}

// checkLife expects that the connection and the call under way are unharmed, and
// that no answer comes that was not asked for.
func (h *hostileServer) checkLife(t *testing.T, raw rawPeer, client *aiomas.Client) {
	t.Helper()
	raw.send(h.request(t, releaseID, "release"))
	seen := map[int64]string{}
	for range 2 {
		got, err := h.recv(t, raw)
		if err != nil {
			t.Fatalf("the connection ended: %v", client.Err())
		}
		seen[got.ID] = got.text
	}
	if seen[holdID] != "held" || seen[releaseID] != "<nil>" {
		t.Errorf("the calls around it got %q", seen)
	}
	raw.send(h.request(t, fenceID, "add", 20, 22))
	if got, err := h.recv(t, raw); err != nil || got.ID != fenceID || got.text != "42" {
		t.Errorf("afterwards %v %d %q, %v", got.Type, got.ID, got.text, err)
	}
}

// run makes each row a test.
func (h *hostileServer) run(t *testing.T, rows []hostileRow) {
	t.Helper()
	names := map[string]bool{}
	for _, r := range rows {
		if names[r.name] {
			t.Errorf("two rows are called %q", r.name)
		}
		names[r.name] = true
		if tooLargeHere(r.send) {
			continue
		}
		t.Run(r.name, func(t *testing.T) { h.attack(t, r.send, r.want) })
	}
	h.checkNothingLeft(t)
	t.Logf("%s: %d rows", h.codec.Name(), len(rows))
}

// tooLargeHere reports whether a message is left to the run of these tests without the
// race detector, which takes many seconds for it.
func tooLargeHere(message string) bool { return raceDetector && len(message) > 1<<20 }

// millions is how often a message repeats what nests or claims much.
func millions() int {
	if raceDetector {
		return 1_000_000
	}
	return 10_000_000
}

// checkNothingLeft waits until the handlers of the connections that have ended
// have seen it.
func (h *hostileServer) checkNothingLeft(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for m := h.server.Metrics(); m.Snapshot().Requests != 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d requests were never answered", m.Snapshot().Requests)
		}
	}
}

func isProtocolError(err error) bool {
	var pe *aiomas.ProtocolError
	return errors.As(err, &pe)
}

package mosaik

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Record is a line of a trace: one call between mosaik and a simulator.
type Record struct {
	Sim      string         `json:"sim"`             // the simulator's id
	Call     string         `json:"call"`            // "step", or "get_progress" if ToMosaik
	ToMosaik bool           `json:"out,omitempty"`   // the simulator called mosaik
	Start    time.Time      `json:"start"`           // arrival of the request
	Duration time.Duration  `json:"ns"`              // until the reply
	Request  int            `json:"request"`         // bytes, including the frame's header
	Reply    int            `json:"reply"`           // likewise; 0 if there was none
	Time     *int64         `json:"time,omitempty"`  // of a step
	Next     *int64         `json:"next,omitempty"`  // result of the step
	From     map[string]int `json:"from,omitempty"`  // number of a step's inputs by their simulator
	Values   int            `json:"vals,omitempty"`  // number of values that get_data returned
	Error    string         `json:"error,omitempty"` // "type: message"
}

// tap is a connection that records the messages read and written. Failures to record are
// ignored.
type tap struct {
	net.Conn
	mu      sync.Mutex
	out     *json.Encoder
	sim     string
	d       codec.Decoder
	in      stream // data read
	sent    stream // data written
	pending map[tapKey]*Record
}

type tapKey struct {
	toMosaik bool
	id       int64
}

func newTap(conn net.Conn, w io.Writer) net.Conn {
	t := &tap{Conn: conn, out: json.NewEncoder(w), d: wire.NewDecoder(), pending: map[tapKey]*Record{}}
	return t
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.in.add(p[:n], func(b []byte) { t.message(b, false) })
	return n, err
}

func (t *tap) Write(p []byte) (int, error) {
	// Record first: a reply may arrive before Write returns.
	t.mu.Lock()
	t.sent.add(p, func(b []byte) { t.message(b, true) })
	t.mu.Unlock()
	return t.Conn.Write(p)
}

// CloseWrite closes the writing side, as for sockets.
func (t *tap) CloseWrite() error {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return t.Close()
}

// Close records the calls without a reply, in the order of their requests. stop has no
// reply.
func (t *tap) Close() error {
	t.mu.Lock()
	left := slices.SortedFunc(maps.Values(t.pending), func(a, b *Record) int { return a.Start.Compare(b.Start) })
	clear(t.pending)
	for _, r := range left {
		if r.Call != "stop" {
			r.Error = "no reply"
		}
		r.Sim, r.Duration = t.sim, time.Since(r.Start)
		_ = t.out.Encode(r) // see message
	}
	t.mu.Unlock()
	return t.Conn.Close()
}

// stream splits a byte stream into messages.
type stream struct{ buf []byte }

func (s *stream) add(p []byte, message func([]byte)) {
	s.buf = append(s.buf, p...)
	for len(s.buf) >= 4 {
		n := int(binary.BigEndian.Uint32(s.buf))
		if len(s.buf)-4 < n {
			return
		}
		message(s.buf[4 : 4+n])
		s.buf = append(s.buf[:0], s.buf[4+n:]...)
	}
}

// message records a message in either direction.
func (t *tap) message(payload []byte, sent bool) {
	m, err := wire.ParseMessage(payload, codec.Limits{Depth: 10_000, Elements: 1<<31 - 1, Size: 1 << 40})
	if err != nil {
		return // the channel reports it
	}
	size := len(payload) + 4
	if m.Type == codec.Request {
		r := &Record{ToMosaik: sent, Start: time.Now(), Request: size}
		t.request(m.Content, r)
		t.pending[tapKey{sent, m.ID}] = r
		return
	}
	key := tapKey{!sent, m.ID}
	r := t.pending[key]
	if r == nil {
		return
	}
	delete(t.pending, key)
	r.Sim, r.Duration, r.Reply = t.sim, time.Since(r.Start), size
	t.reply(m, r)
	_ = t.out.Encode(r) // a full disk does not end the simulation
}

// request reads [call, args, kwargs].
func (t *tap) request(content []byte, r *Record) {
	var args []codec.Value
	var kwargs codec.Value
	t.d.Reset(content, nil)
	defer t.d.Reset(nil, nil)
	if t.d.Decode(&codec.Tuple{&r.Call, &args, &kwargs}) != nil {
		return
	}
	switch {
	case r.ToMosaik || len(args) == 0:
	case r.Call == "init":
		_ = args[0].Decode(&t.sim) // otherwise sim stays empty
	case r.Call == "step":
		var time int64
		if args[0].Decode(&time) == nil {
			r.Time = &time
		}
		if len(args) > 1 {
			r.From = flow(args[1])
		}
	}
}

// flow counts the inputs of a step by the simulator of their source.
func flow(inputs codec.Value) map[string]int {
	in, err := newReader().inputs(inputs)
	if err != nil {
		return nil
	}
	from := map[string]int{}
	for _, e := range in.entities {
		for _, a := range e.attrs {
			for _, v := range a.values {
				sid, _ := SplitID(v.Source)
				from[sid]++
			}
		}
	}
	return from
}

func (t *tap) reply(m codec.Message, r *Record) {
	t.d.Reset(m.Content, nil)
	defer t.d.Reset(nil, nil)
	switch {
	case m.Type == codec.Exception:
		var list []any
		if t.d.Decode(&list) == nil && len(list) > 1 {
			typ, _ := list[0].(string)
			msg, _ := list[1].(string)
			r.Error = typ + ": " + msg
		} else {
			r.Error = "?"
		}
	case r.Call == "step" && !r.ToMosaik:
		var next *int64
		if t.d.Decode(&next) == nil {
			r.Next = next
		}
	case r.Call == "get_data":
		if v, err := codec.NewValue(t.d); err == nil {
			if out, err := newReader().output(v); err == nil {
				for _, attrs := range out.All() {
					r.Values += len(attrs)
				}
			}
		}
	}
}

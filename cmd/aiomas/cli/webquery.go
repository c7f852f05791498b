package cli

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// webMessage is a message as a line of the page.
type webMessage struct {
	Seq     int64  `json:"seq"`
	At      int64  `json:"at"`
	Conn    int64  `json:"conn"`
	From    string `json:"from"`
	To      string `json:"to"`
	Kind    string `json:"kind"` // request, result, exception, undecodable, opened, ended, rest
	ID      int64  `json:"id"`
	Path    string `json:"path"`
	Text    string `json:"text"`
	Latency int64  `json:"latency"` // microseconds, -1 if it is not a reply
	Size    int    `json:"size"`
	Failed  bool   `json:"failed"`
}

// query has the criteria of a search.
type query struct {
	from, to      int64 // microseconds; 0 means no limit
	before, after int64 // numbers, or -1; with after, the oldest come first
	text          string
	path          string // only this path, if set
	edge          [2]string
	failed        bool
	limit         int
}

// found has the found messages, in order.
type found struct {
	Messages []webMessage `json:"messages"`
	Done     bool         `json:"done"` // there are no more
	At       int64        `json:"at"`   // the number of the last message that was checked
}

// searchTime limits the time of one search; the page continues it with further requests.
const searchTime = 150 * time.Millisecond

// lineLength is the most characters of a message in a line.
const lineLength = 160

func (m *moment) find(q query) *found {
	begin, end := m.span()
	from, to := cmp.Or(q.from, begin-slack), cmp.Or(q.to, end+slack)
	names := m.names(cmp.Or(q.from, begin), cmp.Or(q.to, end))
	backwards := q.after < 0
	f := &found{Messages: []webMessage{}, Done: true}
	text := strings.ToLower(q.text)
	began, looked := time.Now(), 0
	m.each(from, to, backwards, func(seq int64, e *entry) bool {
		if q.before >= 0 && seq >= q.before || !backwards && seq <= q.after {
			return true
		}
		if looked++; len(f.Messages) == q.limit || looked%64 == 0 && time.Since(began) > searchTime {
			f.Done = false
			return false
		}
		f.At = seq
		if q.failed && !e.failed || q.path != "" && cmp.Or(e.path, noPath) != q.path {
			return true
		}
		if q.edge[0] != "" && !q.on(names, e) {
			return true
		}
		w := e.message(seq, names)
		if text != "" && !strings.Contains(strings.ToLower(w.Text), text) {
			return true
		}
		w.Text = cut(w.Text, lineLength)
		f.Messages = append(f.Messages, w)
		return true
	})
	if backwards {
		slices.Reverse(f.Messages)
	}
	return f
}

// on reports whether a message was sent between the two programs of q, in either direction.
func (q *query) on(names nodeNames, e *entry) bool {
	a, b := names.of(e.conn, record.Client), names.of(e.conn, record.Server)
	return a == q.edge[0] && b == q.edge[1] || b == q.edge[0] && a == q.edge[1]
}

// decoded returns the message as record.Tracker decodes it.
func (e *entry) decoded() record.Message {
	event := record.Event{Conn: e.conn.number, Kind: e.kind, From: e.from, Data: e.data, Reason: e.reason, Time: time.UnixMicro(e.at)}
	ends := e.conn.ends.Load()
	event.Addrs, event.Names = ends.addrs, ends.programs
	m := (&record.Tracker{Codec: e.codec}).Add(event)
	m.Path, m.Latency, m.Answers = e.path, e.latency, e.answers
	return m
}

// forgotten reports whether the message was too long to be kept.
func (e *entry) forgotten() bool { return e.data == nil && e.size > 0 }

func (e *entry) message(seq int64, names nodeNames) webMessage {
	w := webMessage{
		Seq: seq, At: e.at, Conn: e.conn.number, From: names.of(e.conn, e.from), To: names.of(e.conn, e.from.Other()),
		Kind: e.kind.String(), ID: e.id, Path: e.path, Latency: -1, Size: e.size, Failed: e.failed,
	}
	if e.answers {
		w.Latency = e.latency.Microseconds()
	}
	switch {
	case e.kind == record.Opened:
		w.Text = "opened"
	case e.kind == record.Ended:
		w.Text = "ended: " + e.reason
	case e.kind == record.Rest:
		w.Text = byteCount(e.size) + " that are no message"
	case !e.known:
		w.Kind = "undecodable"
	default:
		w.Kind = strings.ToLower(e.typ.String())
	}
	switch {
	case e.kind != record.Frame:
	case e.forgotten():
		w.Text = strings.TrimSpace(e.path + " (" + byteCount(e.size) + ", too long to be kept)")
	default:
		m := e.decoded()
		_, w.Text = describe(&m)
		w.Text = strings.TrimPrefix(w.Text, strconv.FormatInt(m.ID, 10)+" ")
	}
	w.Text = strings.ToValidUTF8(w.Text, "\ufffd")
	return w
}

// webDetail has all details of a message.
type webDetail struct {
	webMessage
	Codec     string `json:"codec"`
	Content   string `json:"content"`
	Traceback string `json:"traceback"`
	Error     string `json:"error"`
	Hex       string `json:"hex"`
	Other     int64  `json:"other"` // the number of the reply or request, or -1 if it is not kept
}

// The most bytes of one message that the page shows.
const (
	maxContent = 256 << 10
	maxHex     = 16 << 10
)

func (m *moment) detail(seq int64) *webDetail {
	e := m.at(seq)
	if e == nil {
		return nil
	}
	d := &webDetail{webMessage: e.message(seq, nodeNames{}), Other: m.other(seq, e)}
	ends := e.conn.ends.Load()
	d.From, d.To = ends.whole(e.from), ends.whole(e.from.Other())
	if e.codec != nil {
		d.Codec = e.codec.Name()
	}
	if e.forgotten() {
		d.Error = "the message is too long to be kept"
		return d
	}
	full := e.decoded()
	if full.Err != nil {
		d.Error = full.Err.Error()
	}
	if e.kind == record.Frame && full.Err == nil {
		content := full.Content
		if full.IsCall {
			content = codec.Dict{{Key: "args", Value: full.Args}, {Key: "kwargs", Value: full.Kwargs}}
		}
		pretty, err := formatPretty(content, -1)
		if err != nil {
			d.Error = err.Error()
		}
		d.Content = shortened(string(pretty), maxContent)
		d.Traceback = shortened(full.Exception.Traceback, maxContent)
	}
	d.Hex = hex.Dump(e.data[:min(len(e.data), maxHex)])
	if len(e.data) > maxHex {
		d.Hex += "… " + byteCount(len(e.data)-maxHex) + " more\n"
	}
	return d
}

// other returns the reply to a request, or the request of a reply.
func (m *moment) other(seq int64, e *entry) int64 {
	other := int64(-1)
	if e.kind != record.Frame || !e.known {
		return other
	}
	asks := e.typ == codec.Request
	begin, end := m.span()
	m.each(begin-slack, end+slack, !asks, func(n int64, o *entry) bool {
		if o.conn == e.conn && o.kind == record.Frame && o.known && o.id == e.id && o.from != e.from &&
			(o.typ == codec.Request) != asks && (n > seq) == asks {
			other = n
		}
		return other < 0
	})
	return other
}

func shortened(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "\n… " + byteCount(len(s)-n) + " more"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

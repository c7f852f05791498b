package cli

import (
	"fmt"
	"path"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// exchange is a request of a recording and its reply.
type exchange struct {
	request record.Message
	reply   *record.Message // nil if there was none
	after   int             // number of messages of the other side before the request
}

// conversation is a connection in a recording.
type conversation struct {
	conn  int64
	asked [2][]*exchange // by the requesting side
}

// conversations reads all exchanges of a recording or capture, by connection in the order of opening.
func conversations(cmd *cobra.Command, name string, limit int64) ([]*conversation, error) {
	in, err := open(cmd, []string{name})
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	var all []*conversation
	byConn := map[int64]*conversation{}
	open := map[int64]*[2]map[int64]*exchange{}
	sent := map[int64]*[2]int{}
	var tracker record.Tracker
	err = readEvents(in, auto, limit, func(e record.Event) error {
		m := tracker.Add(e)
		c := byConn[e.Conn]
		if c == nil {
			c = &conversation{conn: e.Conn}
			byConn[e.Conn], open[e.Conn], sent[e.Conn] = c, &[2]map[int64]*exchange{{}, {}}, &[2]int{}
			all = append(all, c)
		}
		if e.Kind != record.Frame || !m.Envelope {
			return nil
		}
		if m.Type == codec.Request {
			x := &exchange{request: m, after: sent[e.Conn][m.From.Other()]}
			c.asked[m.From] = append(c.asked[m.From], x)
			open[e.Conn][m.From][m.ID] = x
		} else if x := open[e.Conn][m.From.Other()][m.ID]; x != nil {
			x.reply = &m
			delete(open[e.Conn][m.From.Other()], m.ID)
		}
		sent[e.Conn][m.From]++
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return all, nil
}

// key returns the content of a request: requests with the same key are equal.
func (x *exchange) key() string { return x.request.Path + "(" + arguments(&x.request) + ")" }

// said returns the content of a reply, without the frames of a traceback, which differ between languages.
func said(m *record.Message) string {
	switch {
	case m == nil:
		return "no reply"
	case m.Err != nil:
		return "what cannot be decoded"
	case m.Type == codec.Exception:
		return "raised " + exceptionLine(m.Exception.Type, m.Exception.Message)
	}
	return inline(m.Content)
}

// matches reports whether a path matches one of the patterns.
func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, _ := path.Match(p, name); ok {
			return true
		}
	}
	return false
}

func checkPatterns(flag string, patterns []string) error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return usagef("--%s %s: %w", flag, p, err)
		}
	}
	return nil
}

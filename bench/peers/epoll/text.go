//go:build linux

package main

import (
	"errors"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
)

// text does with texts what any codec must: it checks what is sent and what is received. With
// fresh, it also makes a new string of what is received, as decoders of strings do.
type text struct {
	fresh bool
	last  string
}

var errNotText = errors.New("not UTF-8")

// sends checks a payload to be sent. Its fields are no text.
func (t *text) sends(payload []byte) error {
	if !utf8.Valid(payload[rawframe.Fields:]) {
		return errNotText
	}
	return nil
}

// received checks a received payload.
func (t *text) received(payload []byte) error {
	p := payload[rawframe.Fields:]
	if !utf8.Valid(p) {
		return errNotText
	}
	if t.fresh {
		t.last = string(p)
	}
	return nil
}

// textHandler is rawHandler for long texts.
type textHandler struct {
	rawHandler
	texts text
}

func (h *textHandler) handle(s *server, c *conn, p []byte) error {
	if err := h.texts.received(p); err != nil {
		return err
	}
	if r, ok := rawframe.Parse(p); ok && int(r.Reply) < len(zeros) { // the reply is of these
		if err := h.texts.sends(zeros[:r.Reply]); err != nil {
			return err
		}
	}
	return h.rawHandler.handle(s, c, p)
}

// textMessages are rawMessages of long texts.
type textMessages struct {
	rawMessages
	texts text
}

func (m *textMessages) request(c *conn, call int, slow bool) error {
	if err := m.texts.sends(m.frame[rawframe.Header:]); err != nil {
		return err
	}
	return m.rawMessages.request(c, call, slow)
}

func (m *textMessages) reply(p []byte) (int, error) {
	if err := m.texts.received(p); err != nil {
		return 0, err
	}
	return m.rawMessages.reply(p)
}

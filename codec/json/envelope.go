package json

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// ParseMessage scans payload, a list of three, once and without decoding it.
func (*jsonCodec) ParseMessage(payload []byte, lim codec.Limits) (msg codec.Message, err error) {
	return parseMessage(payload, lim, nil)
}

// ParseMessageKnown is ParseMessage, and sets a text whose end is known.
func (*jsonCodec) ParseMessageKnown(payload []byte, lim codec.Limits, known *gap.Known) (codec.Message, error) {
	return parseMessage(payload, lim, known)
}

func parseMessage(payload []byte, lim codec.Limits, known *gap.Known) (msg codec.Message, err error) {
	var s scanner
	s.init(payload, lim)
	t, id, bad := s.envelope()
	if bad != nil {
		return msg, &codec.EnvelopeError{Offset: bad.offset, Reason: bad.reason}
	}
	msg.Type, msg.ID = t, id // in place: copying a Message costs more than scanning the envelope
	content, bad := s.content()
	if bad != nil {
		return msg, &codec.DecodeError{Offset: bad.offset, Reason: bad.reason}
	}
	msg.Content = content
	if known != nil {
		*known = s.known
	}
	return msg, nil
}

// ParseValue scans data, which holds one value.
func (*jsonCodec) ParseValue(data []byte, lim codec.Limits) ([]byte, error) {
	var s scanner
	s.init(data, lim)
	bad := s.size()
	if bad == nil {
		bad = s.value()
	}
	if bad == nil {
		bad = s.end()
	}
	if bad != nil {
		return nil, &codec.DecodeError{Offset: bad.offset, Reason: bad.reason}
	}
	return data, nil
}

// envelope scans the list as far as the id.
func (s *scanner) envelope() (codec.MessageType, int64, *syntaxError) {
	i := space(s.data, 0)
	if i >= len(s.data) || s.data[i] != '[' {
		return 0, 0, s.unexpected(i, "a list of three")
	}
	if err := s.enter(i, false); err != nil {
		return 0, 0, err
	}
	s.elements--
	s.pos = i + 1
	at := space(s.data, s.pos)
	t, err := s.integer("the message type")
	if err != nil {
		return 0, 0, err
	}
	if t < 0 || t > int64(codec.Exception) {
		return 0, 0, s.fail(at, "message type %d", t)
	}
	if i = space(s.data, s.pos); i >= len(s.data) || s.data[i] != ',' {
		return 0, 0, s.unexpected(i, "',' and the message id")
	}
	s.pos = i + 1
	id, err := s.integer("the message id")
	if err != nil {
		return 0, 0, err
	}
	return codec.MessageType(t), id, nil
}

// size checks the number of bytes. It is called after the envelope was read, so
// that the call to fail is known.
func (s *scanner) size() *syntaxError {
	if int64(len(s.data)) > s.most {
		return s.fail(0, "%d bytes, more than %d", len(s.data), s.most)
	}
	return nil
}

// integer scans an int64 of the envelope.
func (s *scanner) integer(what string) (int64, *syntaxError) {
	s.elements--
	start := space(s.data, s.pos)
	if start >= len(s.data) || s.data[start] != '-' && (s.data[start] < '0' || s.data[start] > '9') {
		return 0, s.unexpected(start, what+", an int")
	}
	if n, end := shortInt(s.data, start); end > 0 {
		s.pos = end
		return n, nil
	}
	end, err := s.number(start)
	if err != nil {
		return 0, err
	}
	parts, length := number.Parse(s.data[start:end])
	n, ok := toInt64(parts)
	if !ok || length != end-start {
		return 0, s.fail(start, "expecting %s, an int of 64 bits, not %.40s", what, s.data[start:end])
	}
	s.pos = end
	return n, nil
}

// shortInt reads the int at i and returns the index after it, or 0 if there is none or it is
// written in another way than with a few digits, as most are.
func shortInt(data []byte, i int) (n int64, end int) {
	const most = 18 // digits, which fit
	first := i
	for ; i < len(data) && data[i]-'0' <= 9; i++ {
		n = n*10 + int64(data[i]-'0')
	}
	switch digits := i - first; {
	case digits == 0 || digits > most || i == len(data) || digits > 1 && data[first] == '0':
	case data[i] == ',' || data[i] == ']':
		return n, i
	}
	return 0, 0
}

// content scans the rest of the list, after the id.
func (s *scanner) content() ([]byte, *syntaxError) {
	if err := s.size(); err != nil {
		return nil, err
	}
	i := space(s.data, s.pos)
	if i >= len(s.data) || s.data[i] != ',' {
		return nil, s.unexpected(i, "',' and the content")
	}
	start := space(s.data, i+1)
	s.pos = start
	if err := s.value(); err != nil {
		return nil, err
	}
	end := s.pos
	if i = space(s.data, end); i >= len(s.data) || s.data[i] != ']' {
		return nil, s.unexpected(i, "the end of a list of three")
	}
	s.pos = i + 1
	return s.data[start:end:end], s.end()
}

// end returns an error unless the input ends.
func (s *scanner) end() *syntaxError {
	if i := space(s.data, s.pos); i < len(s.data) {
		return s.fail(i, "%d bytes after the end", len(s.data)-i)
	}
	return nil
}

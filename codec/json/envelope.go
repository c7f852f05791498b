package json

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
)

// ParseMessage scans payload, a list of three, once and without decoding it.
func (jsonCodec) ParseMessage(payload []byte, lim codec.Limits) (codec.Message, error) {
	var s scanner
	s.init(payload, lim)
	msg, bad := s.envelope()
	if bad != nil {
		return codec.Message{}, &codec.EnvelopeError{Offset: bad.offset, Reason: bad.reason}
	}
	if bad = s.size(lim); bad == nil {
		bad = s.content(&msg)
	}
	if bad != nil {
		msg.Content = nil
		return msg, &codec.DecodeError{Offset: bad.offset, Reason: bad.reason}
	}
	return msg, nil
}

// ParseValue scans data, which holds one value.
func (jsonCodec) ParseValue(data []byte, lim codec.Limits) ([]byte, error) {
	var s scanner
	s.init(data, lim)
	bad := s.size(lim)
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
func (s *scanner) envelope() (codec.Message, *syntaxError) {
	i := s.space(0)
	if i >= len(s.data) || s.data[i] != '[' {
		return codec.Message{}, s.unexpected(i, "a list of three")
	}
	if err := s.enter(i, false); err != nil {
		return codec.Message{}, err
	}
	s.elements--
	s.pos = i + 1
	at := s.space(s.pos)
	t, err := s.integer("the message type")
	if err != nil {
		return codec.Message{}, err
	}
	if t < 0 || t > int64(codec.Exception) {
		return codec.Message{}, s.fail(at, "message type %d", t)
	}
	if i = s.space(s.pos); i >= len(s.data) || s.data[i] != ',' {
		return codec.Message{}, s.unexpected(i, "',' and the message id")
	}
	s.pos = i + 1
	id, err := s.integer("the message id")
	if err != nil {
		return codec.Message{}, err
	}
	return codec.Message{Type: codec.MessageType(t), ID: id}, nil
}

// size checks the number of bytes. It comes after the envelope: whose message
// it is can still be told.
func (s *scanner) size(lim codec.Limits) *syntaxError {
	if most := lim.WithDefaults().Size; int64(len(s.data)) > most {
		return s.fail(0, "%d bytes, more than %d", len(s.data), most)
	}
	return nil
}

// integer scans an int64 of the envelope.
func (s *scanner) integer(what string) (int64, *syntaxError) {
	s.elements--
	start := s.space(s.pos)
	if start >= len(s.data) || s.data[start] != '-' && (s.data[start] < '0' || s.data[start] > '9') {
		return 0, s.unexpected(start, what+", an int")
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

// content scans the rest of the list, after the id.
func (s *scanner) content(msg *codec.Message) *syntaxError {
	i := s.space(s.pos)
	if i >= len(s.data) || s.data[i] != ',' {
		return s.unexpected(i, "',' and the content")
	}
	start := s.space(i + 1)
	s.pos = start
	if err := s.value(); err != nil {
		return err
	}
	msg.Content = s.data[start:s.pos:s.pos]
	if i = s.space(s.pos); i >= len(s.data) || s.data[i] != ']' {
		return s.unexpected(i, "the end of a list of three")
	}
	s.pos = i + 1
	return s.end()
}

// end demands that nothing follows.
func (s *scanner) end() *syntaxError {
	if i := s.space(s.pos); i < len(s.data) {
		return s.fail(i, "%d bytes after the end", len(s.data)-i)
	}
	return nil
}

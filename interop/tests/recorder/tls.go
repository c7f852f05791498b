package recorder

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// tlsReader reads a TLS 1.2 or 1.3 connection that passes by, with the secrets that
// one of its ends logs. It takes part in nothing: what the ends agree on is between
// them.
type tlsReader struct {
	keys   string // the file of the secrets
	sides  [2]tlsSide
	random struct{ client, server []byte }
	suite  tlsSuite
	err    error
}

// tlsSide is what one side sends.
type tlsSide struct {
	input     []byte // records that are not complete, or whose secrets are not there yet
	handshake []byte // of a handshake message that has begun
	secured   bool   // records are encrypted from here on
	opener    cipher.AEAD
	iv        []byte
	seq       uint64
	finished  bool // its handshake is
}

// The types of records and of handshake messages that count here.
const (
	recordCipher    = 20
	recordAlert     = 21
	recordHandshake = 22
	recordData      = 23

	helloClient = 1
	helloServer = 2
	keyUpdate   = 24
	finished    = 20
)

const recordHeader = 5

// errNoSecret means that an end has not logged it yet.
var errNoSecret = errors.New("its secret is not in the log")

func newTLSReader(keys string) *tlsReader { return &tlsReader{keys: keys} }

// read takes what a side has sent and gives the plain data of the application to
// data. Records of a handshake may wait for their secrets; an end has logged those
// of its data before the other end can send any.
func (t *tlsReader) read(from Side, b []byte, data func(Side, []byte)) error {
	t.sides[from].input = append(t.sides[from].input, b...)
	if t.err != nil {
		return nil // was told
	}
	for _, side := range []Side{from, from.other()} {
		if err := t.records(side, data); err != nil && !errors.Is(err, errNoSecret) {
			t.err = fmt.Errorf("what side %d sends: %w", side, err)
			return t.err
		}
	}
	return nil
}

// unread tells what was never understood.
func (t *tlsReader) unread() error {
	if t.err != nil {
		return nil // was told
	}
	for side, s := range t.sides {
		if n := len(s.input); n >= recordHeader {
			return fmt.Errorf("%d bytes of side %d: %w", n, side, errNoSecret)
		}
	}
	return nil
}

// records reads the complete records of a side.
func (t *tlsReader) records(from Side, data func(Side, []byte)) error {
	s := &t.sides[from]
	in := s.input
	defer func() { s.input = s.input[:copy(s.input, in)] }()
	for len(in) >= recordHeader {
		n := recordHeader + int(binary.BigEndian.Uint16(in[3:]))
		if len(in) < n {
			return nil
		}
		typ, plain, err := t.open(from, in[:n])
		if err != nil {
			return err
		}
		in = in[n:]
		switch typ {
		case recordCipher:
			s.secured = !t.suite.is13() // in 1.3 it says nothing
		case recordHandshake:
			if err := t.handshake(from, plain); err != nil {
				return err
			}
		case recordData:
			data(from, plain)
		}
	}
	return nil
}

// open decrypts a record if it is encrypted.
func (t *tlsReader) open(from Side, record []byte) (typ byte, plain []byte, err error) {
	s := &t.sides[from]
	typ, body := record[0], record[recordHeader:]
	if t.suite.is13() && typ != recordData || !t.suite.is13() && !s.secured {
		return typ, body, nil
	}
	if s.opener == nil {
		if s.opener, s.iv, err = t.secrets(from); err != nil {
			return 0, nil, err
		}
		s.seq = 0
	}
	seq := binary.BigEndian.AppendUint64(nil, s.seq)
	nonce := bytes.Clone(s.iv)
	extra := bytes.Clone(record[:recordHeader])
	if t.suite.is13() {
		for i, b := range seq {
			nonce[len(nonce)-8+i] ^= b
		}
	} else {
		if len(body) < 8+s.opener.Overhead() {
			return 0, nil, errors.New("a record that is too short")
		}
		nonce, body = append(nonce, body[:8]...), body[8:]
		extra = append(seq, record[:3]...)
		extra = binary.BigEndian.AppendUint16(extra, uint16(len(body)-s.opener.Overhead()))
	}
	plain, err = s.opener.Open(nil, nonce, body, extra)
	if err != nil {
		return 0, nil, err
	}
	s.seq++
	if t.suite.is13() { // the true type is behind the data, and then padding
		plain = bytes.TrimRight(plain, "\x00")
		if len(plain) == 0 {
			return 0, nil, errors.New("a record without a type")
		}
		typ, plain = plain[len(plain)-1], plain[:len(plain)-1]
	}
	return typ, plain, nil
}

// handshake takes a part of the handshake.
func (t *tlsReader) handshake(from Side, b []byte) error {
	s := &t.sides[from]
	s.handshake = append(s.handshake, b...)
	for len(s.handshake) >= 4 {
		n := 4 + int(s.handshake[1])<<16 + int(s.handshake[2])<<8 + int(s.handshake[3])
		if len(s.handshake) < n {
			return nil
		}
		message := s.handshake[4:n]
		switch s.handshake[0] {
		case helloClient, helloServer:
			if err := t.hello(from, message); err != nil {
				return err
			}
		case finished:
			if t.suite.is13() {
				s.finished, s.opener = true, nil // what follows has other keys
			}
		case keyUpdate:
			return errors.New("an update of the keys, which is not followed here")
		}
		s.handshake = s.handshake[n:]
	}
	return nil
}

// hello takes the random bytes of a side, and from the server what was agreed on.
func (t *tlsReader) hello(from Side, message []byte) error {
	const randomAt, idAt = 2, 34
	if len(message) <= idAt || len(message) < idAt+int(message[idAt])+3 {
		return errors.New("a short hello")
	}
	random := bytes.Clone(message[randomAt:idAt])
	if from == Dialler {
		t.random.client = random
		return nil
	}
	t.random.server = random
	suite := binary.BigEndian.Uint16(message[idAt+1+int(message[idAt]):])
	t.suite = newTLSSuite(suite)
	if t.suite.size == 0 {
		return fmt.Errorf("the cipher suite %s is not read here", t.suite.name)
	}
	return nil
}

// secret is what the log has under a label for this connection.
func (t *tlsReader) secret(label string) ([]byte, error) {
	log, err := readKeyLog(t.keys)
	if err != nil {
		return nil, err
	}
	prefix := fmt.Sprintf("%s %x ", label, t.random.client)
	for line := range strings.Lines(log) {
		if hexed, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(line, "\n") {
			var secret []byte
			_, err := fmt.Sscanf(hexed, "%x\n", &secret)
			return secret, err
		}
	}
	return nil, errNoSecret
}

package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// The first line of a recording: {"aiomas": "recording", "version": 1}.
const (
	format  = "recording"
	version = 1
)

type header struct {
	Aiomas  string `json:"aiomas"`
	Version int    `json:"version"`
}

// line is one line of a recording, an event as JSON.
type line struct {
	Time   time.Time `json:"time"`
	Conn   int64     `json:"conn"`
	Kind   string    `json:"kind"`
	From   string    `json:"from,omitempty"`
	Addrs  []string  `json:"addrs,omitempty"` // client, server
	Names  []string  `json:"names,omitempty"` // likewise
	Data   []byte    `json:"data,omitempty"`  // base64
	Reason string    `json:"reason,omitempty"`
}

// Writer writes a recording, as lines of JSON. It does not buffer, so that all written lines can be
// read after a crash. It is not safe for concurrent use.
type Writer struct {
	enc *json.Encoder
	err error
}

// NewWriter returns a Writer that has written the first line.
func NewWriter(w io.Writer) *Writer {
	wr := &Writer{enc: json.NewEncoder(w)}
	wr.enc.SetEscapeHTML(false)
	wr.err = wr.enc.Encode(header{format, version})
	return wr
}

// Write writes an event. After an error all further calls return the same error.
func (w *Writer) Write(e Event) error {
	if w.err != nil {
		return w.err
	}
	l := line{Time: e.Time, Conn: e.Conn, Kind: e.Kind.String(), Data: e.Data, Reason: e.Reason}
	if e.Kind == Opened {
		l.Addrs = e.Addrs[:]
		if e.Names != [2]string{} {
			l.Names = e.Names[:]
		}
	} else {
		l.From = e.From.String()
	}
	w.err = w.enc.Encode(l)
	return w.err
}

// ErrNotRecording means that a file is not a recording of this version.
var ErrNotRecording = errors.New("record: not a recording")

// Reader reads a recording. It is not safe for concurrent use.
type Reader struct {
	dec   *json.Decoder
	begun bool
	lines int
}

// NewReader returns a Reader of a recording written by a [Writer].
func NewReader(r io.Reader) *Reader { return &Reader{dec: json.NewDecoder(bufio.NewReader(r))} }

// Next returns the next event. The error is io.EOF at the end, io.ErrUnexpectedEOF if the last line
// is incomplete, or matches [ErrNotRecording].
func (r *Reader) Next() (Event, error) {
	if !r.begun {
		var h header
		if err := r.dec.Decode(&h); err != nil || h.Aiomas != format || h.Version != version {
			return Event{}, ErrNotRecording
		}
		r.begun = true
	}
	r.lines++
	var l line
	if err := r.dec.Decode(&l); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return Event{}, err
		}
		return Event{}, fmt.Errorf("%w: event %d: %w", ErrNotRecording, r.lines, err)
	}
	kind := slices.Index(kindNames, l.Kind)
	if kind < 0 || l.Kind == kindNames[Opened] && len(l.Addrs) != 2 || l.Kind != kindNames[Opened] && l.From != Client.String() && l.From != Server.String() {
		return Event{}, fmt.Errorf("%w: event %d: its kind, from or addrs are wrong", ErrNotRecording, r.lines)
	}
	e := Event{Time: l.Time, Conn: l.Conn, Kind: Kind(kind), Data: l.Data, Reason: l.Reason}
	if e.Kind == Opened {
		e.Addrs = [2]string(l.Addrs)
		copy(e.Names[:], l.Names)
	} else if l.From == Server.String() {
		e.From = Server
	}
	return e, nil
}

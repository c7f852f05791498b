package cli

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

func newDecode() *cobra.Command {
	var f connFlags
	var v view
	var format string
	cmd := &cobra.Command{
		Use:   "decode [FILE]",
		Short: "Print the messages of a recording, a capture of packets, or bytes",
		Long: `decode prints what tap prints, of what is in FILE, or comes on stdin: a recording of tap, a pcap or pcapng file
(tcpdump -w, whose streams are put together), or one direction of a stream, as bytes or in hex. What it is, is found out.`,
		Example: `  aiomas decode today.rec --errors
  tcpdump -i lo -w - tcp port 5555 | aiomas decode --json
  echo 00000009 5b312c20302c20335d | aiomas decode`,
		Args: wants(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := v.check(); err != nil {
				return err
			}
			if _, err := settle(cmd, ""); err != nil {
				return err
			}
			in, err := f.openMessages(cmd, args)
			if err != nil {
				return err
			}
			defer func() { _ = in.Close() }()
			p := v.printer(cmd)
			err = f.readMessages(in, format, p.print)
			p.summary()
			return err
		},
	}
	f.addCodec(cmd)
	v.add(cmd)
	cmd.Flags().StringVar(&format, "format", auto, "`format`: recording, pcap, hex, raw, or auto")
	return cmd
}

// open opens the file in args, or stdin if args is empty.
func open(cmd *cobra.Command, args []string) (io.ReadCloser, error) {
	if len(args) == 0 || args[0] == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return os.Open(args[0])
}

// openMessages opens a source of messages. It returns an error if their codec is unknown.
func (f *connFlags) openMessages(cmd *cobra.Command, args []string) (io.ReadCloser, error) {
	if f.codecName != auto && record.CodecByName(f.codecName) == nil {
		return nil, usagef("unknown codec %q: json, msgpack, msgpack-blosc or auto", f.codecName)
	}
	return open(cmd, args)
}

// readMessages calls tell for all messages of a recording, a capture, or a stream of bytes.
func (f *connFlags) readMessages(in io.Reader, format string, tell func(record.Message) error) error {
	tracker := record.Tracker{Codec: record.CodecByName(f.codecName), Limits: codec.Limits{Size: int64(f.maxFrame)}}
	return readEvents(in, format, int64(f.maxFrame), func(e record.Event) error { return tell(tracker.Add(e)) })
}

// readEvents calls tell for all events of a recording, a capture, or a stream of bytes.
func readEvents(in io.Reader, format string, limit int64, tell func(record.Event) error) error {
	b := bufio.NewReaderSize(in, 64<<10)
	if format == auto {
		format = guessFormat(b)
	}
	switch format {
	case "recording":
		for r := record.NewReader(b); ; {
			e, err := r.Next()
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case errors.Is(err, io.ErrUnexpectedEOF):
				return errors.New("the recording is cut off")
			case err != nil:
				return err
			}
			if err := tell(e); err != nil {
				return err
			}
		}
	case "pcap":
		return readPcap(b, limit, tell)
	case "raw":
		return readStream(b, limit, tell)
	case "hex":
		text, err := io.ReadAll(b)
		if err != nil {
			return err
		}
		raw, err := hex.DecodeString(string(bytes.Join(bytes.Fields(text), nil)))
		if err != nil {
			return err
		}
		return readStream(bytes.NewReader(raw), limit, tell)
	}
	return usagef("--format %s: want recording, pcap, hex, raw or auto", format)
}

func guessFormat(b *bufio.Reader) string {
	head, _ := b.Peek(512)
	switch {
	case bytes.HasPrefix(head, []byte(`{"aiomas"`)):
		return "recording"
	case isPcap(head):
		return "pcap"
	}
	for _, c := range bytes.Join(bytes.Fields(head), nil) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return "raw"
		}
	}
	return "hex"
}

// readStream calls tell for the frames of one direction. It also accepts the payload of one message without a header.
func readStream(in io.Reader, limit int64, tell func(record.Event) error) error {
	split := record.Splitter{Limit: limit}
	piece := make([]byte, 64<<10)
	var err error
	now := time.Now()
	add := func(kind record.Kind, data []byte) {
		if err == nil {
			err = tell(record.Event{Time: now, Conn: 1, Kind: kind, Data: data})
		}
	}
	for first := true; err == nil; first = false {
		n, rerr := io.ReadFull(in, piece)
		if first && n > frame.HeaderSize && record.Detect(piece[:n]) != nil && rerr != nil {
			add(record.Frame, bytes.Clone(piece[:n]))
			return err
		}
		split.Add(piece[:n], func(data []byte, rest bool) {
			if rest {
				add(record.Rest, data)
			} else {
				add(record.Frame, data)
			}
		})
		if rerr != nil {
			if rest := split.Rest(); len(rest) > 0 {
				add(record.Rest, rest)
			}
			if !errors.Is(rerr, io.EOF) && !errors.Is(rerr, io.ErrUnexpectedEOF) {
				return rerr
			}
			return err
		}
	}
	return err
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

func newBridge() *cobra.Command {
	var f connFlags
	var listen, to, toCodec, web, token string
	cmd := &cobra.Command{
		Use:   "bridge",
		Short: "Join programs with different codecs or transports",
		Long: `bridge accepts connections, makes one to another address for each, and translates the messages of both directions: from
one codec to another, from TCP to Unix sockets or TLS. Ids, errors, callbacks, services and custom types keep working. What
the other codec cannot carry (bytes in JSON, ints past 64 bits in MsgPack) fails the one call, with a SerializationError.
Each connection keeps its order. The files of --tls-… are used on the sides whose address is tcp+tls://.

With --http it is a gateway for curl and browsers instead: POST /path with a list of arguments, or an object of keyword
arguments, answers with the result. With "Accept: text/event-stream" the answer is an event, for calls that take long.
GET /openapi.json describes it. It listens on this machine only, unless there is a --token to be sent as
"Authorization: Bearer TOKEN". --codec is then that of the service.`,
		Example: `  aiomas bridge --listen :5556 --codec json --to 127.0.0.1:5555 --to-codec msgpack-blosc
  aiomas bridge --http :8080 --to 127.0.0.1:5555
  curl -H 'Content-Type: application/json' -d '[1, 2]' localhost:8080/add`,
		Args: wants(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return usagef("--to ADDRESS is missing")
			}
			if err := f.resolve(cmd, to); err != nil {
				return err
			}
			if web != "" {
				return f.serveHTTP(cmd, web, token)
			}
			from, _, err := parseAddress(listen)
			if err != nil {
				return err
			}
			out := record.CodecByName(toCodec)
			if out == nil && toCodec != auto {
				return usagef("unknown codec %q: json, msgpack, msgpack-blosc or auto", toCodec)
			}
			return f.bridge(cmd, route{from, f.address}, &foundCodec{codec: out})
		},
	}
	f.add(cmd, 0)
	flags := cmd.Flags()
	flags.Lookup("codec").Usage = "`codec` of those who connect: json, msgpack, msgpack-blosc, or auto, which is that of the first message"
	flags.Lookup("timeout").Usage = "`time` to connect; 0 is none"
	flags.StringVarP(&listen, "listen", "l", "tcp://127.0.0.1:0", "`address` to listen on")
	flags.StringVar(&to, "to", "", "`address` of the other side")
	flags.StringVar(&toCodec, "to-codec", "json", "`codec` of the other side: json, msgpack, msgpack-blosc, or auto, which is found out when somebody connects")
	flags.StringVar(&web, "http", "", "`address` to offer the service by HTTP on, host:port or :port")
	flags.StringVar(&token, "token", os.Getenv("AIOMAS_TOKEN"), "`token` that HTTP requests must have (default the environment's AIOMAS_TOKEN)")
	flags.Lookup("token").DefValue = ""
	return cmd
}

// foundCodec is the codec of the other side, which is found out when it is needed, once.
type foundCodec struct {
	mu    sync.Mutex
	codec codec.Codec // nil: not yet known
}

func (o *foundCodec) get(ctx context.Context, cmd *cobra.Command, f *connFlags) (codec.Codec, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.codec != nil {
		return o.codec, nil
	}
	probe := *f
	probe.codecName, probe.agentID = auto, ""
	p, err := probe.dial(ctx, cmd)
	if err != nil {
		return nil, err
	}
	o.codec = p.ch.Codec()
	return o.codec, p.ch.Close()
}

func (f *connFlags) bridge(cmd *cobra.Command, r route, to *foundCodec) error {
	listeners, err := f.listenAll(cmd, []route{r})
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), "ready", aiomas.FormatAddress(listeners[0].Addr()))
	say := func(err error) {
		fmt.Fprintln(cmd.ErrOrStderr(), "aiomas:", printable(strings.TrimPrefix(err.Error(), "aiomas: "), false))
	}
	return acceptAll(cmd.Context(), listeners[0], func(ctx context.Context, client net.Conn) {
		out, err := to.get(ctx, cmd, f)
		var server net.Conn
		if err == nil {
			server, err = f.dialConn(ctx, r.to)
		}
		if err != nil {
			_ = client.Close()
			say(err)
			return
		}
		b := &bridged{limits: codec.Limits{Size: int64(f.maxFrame)}}
		for side, conn := range []net.Conn{client, server} {
			b.ends[side] = &end{conn: conn, out: bufio.NewWriterSize(conn, 64<<10), known: make(chan struct{})}
		}
		b.ends[record.Server].is(out)
		if c := record.CodecByName(f.codecName); c != nil {
			b.ends[record.Client].is(c)
		}
		if err := b.run(ctx); err != nil && ctx.Err() == nil {
			say(err)
		}
	})
}

// bridged is a connection with its translation.
type bridged struct {
	ends   [2]*end
	limits codec.Limits
}

// end is one end of it.
type end struct {
	conn  net.Conn
	codec codec.Codec
	known chan struct{} // closed when codec is set
	mu    sync.Mutex    // guards out: the other direction writes errors
	out   *bufio.Writer
	buf   []byte
}

func (e *end) is(c codec.Codec) {
	e.codec = c
	close(e.known)
}

// run translates both directions until one of them ends, and returns what was wrong with the first one that did.
func (b *bridged) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		for _, e := range b.ends {
			_ = e.conn.Close()
		}
	})()
	var both sync.WaitGroup
	var once sync.Once
	var err error
	for side := range b.ends {
		both.Go(func() {
			perr := b.pump(ctx, b.ends[side], b.ends[1-side])
			once.Do(func() { err = perr })
			cancel() // to Python, the end of one direction is the end of the connection
		})
	}
	both.Wait()
	return err
}

// writeTime is how long an end may take none of what is written to it.
const writeTime = 30 * time.Second

func (b *bridged) pump(ctx context.Context, from, to *end) error {
	in := bufio.NewReaderSize(from.conn, 64<<10)
	frames := frame.NewReader(in, b.limits.Size)
	for {
		fr, err := frames.Next()
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("%s: %w", from.conn.RemoteAddr(), err)
		}
		payload := fr[frame.HeaderSize:]
		if from.codec == nil {
			c := record.Detect(payload)
			if c == nil {
				return fmt.Errorf("%s sent what is no message of a known codec: %.40q", from.conn.RemoteAddr(), payload)
			}
			from.is(c)
		}
		select {
		case <-to.known:
		case <-ctx.Done():
			return nil
		}
		if err := b.translate(payload, from, to); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := to.flush(); err != nil {
				return fmt.Errorf("%s: %w", to.conn.RemoteAddr(), err)
			}
		}
	}
}

// translate writes a message to an end in its codec, or says why it cannot to whoever waits for a reply.
func (b *bridged) translate(payload []byte, from, to *end) error {
	m, err := from.codec.ParseMessage(payload, b.limits)
	if envelope := (*codec.EnvelopeError)(nil); errors.As(err, &envelope) {
		return fmt.Errorf("%s: %w", from.conn.RemoteAddr(), err)
	}
	var content any
	if err == nil {
		err = m.Decode(from.codec, &content, all)
	}
	if err == nil {
		err = to.write(m.Type, m.ID, content)
	}
	var encode *codec.EncodeError
	var decode *codec.DecodeError
	if err == nil || !errors.As(err, &encode) && !errors.As(err, &decode) {
		return err
	}
	text := "Traceback (most recent call last):\naiomas.exceptions.SerializationError: " +
		strings.ToValidUTF8(fmt.Sprintf("a bridge from %s to %s: %v", from.codec.Name(), to.codec.Name(), err), "\ufffd") + "\n"
	if m.Type != codec.Request {
		return to.write(codec.Exception, m.ID, text)
	}
	if err := from.write(codec.Exception, m.ID, text); err != nil {
		return err
	}
	return from.flush()
}

func (e *end) write(t codec.MessageType, id int64, content any) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var err error
	e.buf, err = frame.AppendFunc(e.buf[:0], func(b []byte) ([]byte, error) { return e.codec.AppendMessage(b, t, id, content, nil) })
	if err != nil {
		return err
	}
	_ = e.conn.SetWriteDeadline(time.Now().Add(writeTime))
	_, err = e.out.Write(e.buf)
	if cap(e.buf) > 1<<20 {
		e.buf = nil
	}
	return err
}

func (e *end) flush() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.conn.SetWriteDeadline(time.Now().Add(writeTime))
	return e.out.Flush()
}

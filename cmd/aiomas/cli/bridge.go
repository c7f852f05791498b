package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
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
The order of arrival is kept, across plain connections on Linux too. The files of --tls-… are used on the sides whose address is tcp+tls://, those of
--to-tls-… on that of --to.

With --nats, either address may be a name, nats://plant.b: programs that know TCP only reach names by a local port, and are
reached by one. Addresses in their messages stay as they are.

With --http it is a gateway for curl and browsers instead: POST /path with a list of arguments, or an object of keyword
arguments, answers with the result. With "Accept: text/event-stream" the answer is an event, for calls that take long.
GET /openapi.json describes it. It listens on this machine only, unless there is a --token to be sent as
"Authorization: Bearer TOKEN". --codec is then that of the service.`,
		Example: `  aiomas bridge --listen :5556 --codec json --to 127.0.0.1:5555 --to-codec msgpack-blosc
  aiomas bridge --http :8080 --to 127.0.0.1:5555
  aiomas bridge --nats nats://broker:4222 --listen :7001 --to nats://plant.b
  aiomas bridge --nats nats://broker:4222 --listen nats://plant.b --to 127.0.0.1:5555
  curl -H 'Content-Type: application/json' -d '[1, 2]' localhost:8080/add`,
		Args: wants(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return usagef("--to ADDRESS is missing")
			}
			if err := f.resolve(cmd, to); err != nil {
				return err
			}
			from, _, err := parseAddress(listen)
			if err != nil {
				return err
			}
			if isName(from) && f.natsURL == "" {
				return usagef("%s needs --nats URL", from)
			}
			out := record.CodecByName(toCodec)
			if out == nil && toCodec != auto {
				return usagef("unknown codec %q: json, msgpack, msgpack-blosc or auto", toCodec)
			}
			end, err := f.openNames(cmd.Context())
			if err != nil {
				return err
			}
			defer end()
			if web != "" {
				return f.serveHTTP(cmd, web, token)
			}
			return f.bridge(cmd, route{from, f.address}, &foundCodec{codec: out})
		},
	}
	f.add(cmd, 0)
	f.addToSide(cmd)
	flags := cmd.Flags()
	flags.Lookup("codec").Usage = "`codec` of those who connect: json, msgpack, msgpack-blosc, or auto, which is that of the first message"
	flags.Lookup("timeout").Usage = "`time` to connect; 0 is none"
	flags.StringVarP(&listen, "listen", "l", "tcp://127.0.0.1:0", "`address` to listen on")
	flags.StringVar(&to, "to", "", "`address` of the other side")
	flags.StringVar(&toCodec, "to-codec", "json", "`codec` of the other side: json, msgpack, msgpack-blosc, or auto, which is found out when somebody connects")
	flags.StringVar(&f.natsURL, "nats", "", "`URL` of the NATS server for addresses nats://name, nats://broker:4222")
	flags.StringVar(&web, "http", "", "`address` to offer the service by HTTP on, host:port or :port")
	flags.StringVar(&token, "token", os.Getenv("AIOMAS_TOKEN"), "`token` that HTTP requests must have (default the environment's AIOMAS_TOKEN)")
	flags.Lookup("token").DefValue = ""
	return cmd
}

// foundCodec is the codec of the other side, which is detected once, when it is first needed.
type foundCodec struct {
	mu    sync.Mutex
	codec codec.Codec // nil until it is detected
}

func (o *foundCodec) get(ctx context.Context, cmd *cobra.Command, f *connFlags) (codec.Codec, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.codec != nil {
		return o.codec, nil
	}
	probe := f.toSide()
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
		fmt.Fprintln(cmd.ErrOrStderr(), "aiomas:", printable(withoutPrefix(err), false))
	}
	passages := &record.Passages{WriteTimeout: writeTime}
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
		b := newBridged(codec.Limits{Size: int64(f.maxFrame)}, record.CodecByName(f.codecName), out)
		b.names = [2]string{client.RemoteAddr().String(), server.RemoteAddr().String()}
		passages.Join(ctx, client, server, b.take)
		if b.err != nil && ctx.Err() == nil {
			say(b.err)
		}
	})
}

package cli

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/record"
	"github.com/aiomas-go/aiomas-go/interop/conformance"
)

func newServe() *cobra.Command {
	var f connFlags
	var listen, script string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the conformance service, or answers from a file: a mock for tests",
		Long: `serve serves the conformance service (add, echo, identity, fail, sleep, call_back …), or with --script the answers of a
JSON or YAML file. It prints "ready ADDRESS" on stdout once it accepts connections, and ends with SIGTERM or Ctrl-C.
With --codec auto each connection speaks the codec of its first message.

A script maps paths to answers. An answer is a result, or a dict with some of the keys
  result: VALUE    error: "ValueError: boom"    delay: 500ms    sequence: [ANSWER, …]
of which sequence gives one answer after the other, and repeats the last one.`,
		Example: `  aiomas serve --listen tcp://127.0.0.1:5555
  aiomas serve --script mock.yaml --codec msgpack`,
		Args: wants(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.resolve(cmd, listen); err != nil {
				return err
			}
			var answers aiomas.Service
			if script != "" {
				var err error
				if answers, err = loadScript(script, cmd.InOrStdin()); err != nil {
					return err
				}
			}
			return f.serve(cmd, answers)
		},
	}
	f.add(cmd, 0)
	cmd.Flags().StringVarP(&listen, "listen", "l", "tcp://127.0.0.1:0", "`address` to listen on")
	cmd.Flags().StringVar(&script, "script", "", "`file` of answers, in JSON or YAML; - is stdin")
	_ = cmd.Flags().MarkHidden("timeout")
	_ = cmd.Flags().MarkHidden("retry")
	return cmd
}

// listenOptions returns the options of a listener at f.address.
func (f *connFlags) listenOptions() []aiomas.ListenOption {
	if !f.tls() {
		return nil
	}
	return []aiomas.ListenOption{aiomas.WithTLSFiles(f.ca, f.cert, f.key)}
}

// serve serves until the command is interrupted. If service is nil, it serves the conformance service.
func (f *connFlags) serve(cmd *cobra.Command, service aiomas.Service) error {
	ctx := cmd.Context()
	ln, err := aiomas.Listen(ctx, f.address, f.listenOptions()...)
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), "ready", aiomas.FormatAddress(ln.Addr()))
	var open atomic.Int64
	return acceptAll(ctx, ln, func(ctx context.Context, conn net.Conn) {
		open.Add(1)
		defer open.Add(-1)
		c := record.CodecByName(f.codecName)
		if c == nil {
			var first *peeked
			if first, c = peekCodec(conn); c == nil {
				c = json.Codec // reports the error
			}
			conn = first
		}
		ch, err := aiomas.NewChannel(conn, f.options(cmd, c))
		if err != nil {
			_ = conn.Close()
			return
		}
		served := service
		if served == nil {
			served = conformanceOf(c, &open)
		}
		client := aiomas.NewClient(ch, served)
		select {
		case <-client.Done():
		case <-ctx.Done():
			_ = client.Close()
		}
	})
}

func conformanceOf(c codec.Codec, open *atomic.Int64) aiomas.Service {
	return conformance.New(c, func() int { return int(open.Load()) })
}

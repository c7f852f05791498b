// Command peer is the Go conformance peer: the same command line and the same
// service as interop/python/peer.py, so that any client can be tried against
// either and the answers compared. docs/conformance.md describes the service.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/interop/conformance"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

var codecs = map[string]codec.Codec{
	json.Codec.Name():    json.Codec,
	msgpack.Codec.Name(): msgpack.Codec,
	blosc.Codec.Name():   blosc.Codec,
}

// run serves until ctx ends. The exit status is 0 after a clean end, 2 for a
// wrong command line, else 1.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("peer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "tcp://127.0.0.1:0", "`address`: tcp://host:port or unix:///path")
	codecName := flags.String("codec", "json", "json, msgpack or msgpack-blosc")
	ca := flags.String("tls-ca", "", "`file` with the CA's certificate; turns TLS on")
	cert := flags.String("tls-cert", "", "`file` with the certificate")
	key := flags.String("tls-key", "", "`file` with the private key")
	asAgent := flags.Bool("agent", false, "serve as agent 0 of a container")
	verbose := flags.Bool("verbose", false, "log to stderr")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	c, ok := codecs[*codecName]
	if !ok || flags.NArg() > 0 {
		fmt.Fprintf(stderr, "peer: unknown codec %q or extra arguments %q\n", *codecName, flags.Args())
		return 2
	}
	shared := []aiomas.Option{aiomas.WithCodec(c)}
	if *verbose {
		shared = append(shared, aiomas.WithLogger(slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	}
	plain := []aiomas.ServerOption{aiomas.WithOptions(shared...)}
	ofAgent := []agent.Option{agent.WithConnection(shared...)}
	if *ca != "" || *cert != "" || *key != "" {
		plain = append(plain, aiomas.WithTLSFiles(*ca, *cert, *key))
		ofAgent = append(ofAgent, agent.WithTLSFiles(*ca, *cert, *key))
	}
	var err error
	if *asAgent {
		err = serveAgent(ctx, c, *listen, stdout, ofAgent)
	} else {
		err = serve(ctx, c, *listen, stdout, plain)
	}
	if err != nil {
		fmt.Fprintf(stderr, "peer: %v\n", err)
		return 1
	}
	return 0
}

// shutdownGrace is what running handlers get to finish.
const shutdownGrace = 5 * time.Second

func serve(ctx context.Context, c codec.Codec, addr string, stdout io.Writer, opts []aiomas.ServerOption) error {
	var srv *aiomas.Server
	srv = aiomas.NewServer(conformance.New(c, func() int { return len(srv.Clients()) }), opts...)
	return srv.Run(ctx, addr, func(addr string) {
		// It says tcp:// with TLS, too, as the Python peer does.
		fmt.Fprintln(stdout, "ready", strings.Replace(addr, "tcp+tls:", "tcp:", 1))
	})
}

func serveAgent(ctx context.Context, c codec.Codec, addr string, stdout io.Writer, opts []agent.Option) error {
	container, err := agent.NewContainer(ctx, addr, opts...)
	if err != nil {
		return err
	}
	svc := conformance.New(c, func() int { return len(container.Clients()) })
	a, err := container.Register(svc, agent.Class("PeerAgent"))
	if err != nil {
		_ = container.Close()
		return err
	}
	fmt.Fprintln(stdout, "ready", a.Addr())
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	return container.Shutdown(grace)
}

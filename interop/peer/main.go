// Command peer is the Go conformance peer: the same command line and the same
// service as interop/python/peer.py, so that any client can be tried against
// either and the answers compared. docs/conformance.md describes the service.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
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
	agent := flags.Bool("agent", false, "serve as agent 0 of a container")
	verbose := flags.Bool("verbose", false, "log to stderr")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	c, ok := codecs[*codecName]
	if !ok || flags.NArg() > 0 {
		fmt.Fprintf(stderr, "peer: unknown codec %q or extra arguments %q\n", *codecName, flags.Args())
		return 2
	}
	opts := []aiomas.Option{aiomas.WithCodec(c)}
	if *verbose {
		opts = append(opts, aiomas.WithLogger(slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	}
	if *ca != "" || *cert != "" || *key != "" {
		opts = append(opts, aiomas.WithTLSFiles(*ca, *cert, *key))
	}
	if err := serve(ctx, c, *listen, *agent, stdout, opts); err != nil {
		fmt.Fprintf(stderr, "peer: %v\n", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, c codec.Codec, addr string, agent bool, stdout io.Writer, opts []aiomas.Option) error {
	svc := newService(c)
	root, suffix := aiomas.Service(svc), ""
	if agent {
		// A container's connections carry dates as custom type 0.
		opts = append(opts, aiomas.WithSerializers(dates))
		root, suffix = inContainer(svc), "/0"
	}
	ln, err := aiomas.Listen(ctx, addr, opts...)
	if err != nil {
		return err
	}
	srv := aiomas.NewServer(root, opts...)
	svc.peers = func() int { return len(srv.Clients()) }

	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(grace)
	}()
	fmt.Fprintf(stdout, "ready %s%s\n", aiomas.FormatAddress(ln.Addr()), suffix)
	if err := srv.Serve(context.WithoutCancel(ctx), ln); !errors.Is(err, aiomas.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// inContainer puts the service where a container has its agent 0.
func inContainer(svc *service) *aiomas.Router {
	agents := aiomas.NewRouter()
	root := aiomas.NewRouter()
	root.Expose("validate_aid", func(aid any) any {
		if aid == "0" {
			return "Peer"
		}
		return nil
	}, aiomas.Params("aid"))
	if err := errors.Join(agents.Add("0", svc), root.Add("agents", agents)); err != nil {
		panic(err)
	}
	return root
}

package aiomas_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/doccode"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

type message doccode.Message

// onPage checks that docs/errors.md has these messages, as they were provoked.
func onPage(t *testing.T, list []message) {
	t.Helper()
	var all []doccode.Message
	for _, m := range list {
		all = append(all, doccode.Message(m))
	}
	doccode.Messages(t, "../docs/errors.md", "go test ./aiomas -run "+t.Name()+" -update", all)
}

func TestErrorsOfAddresses(t *testing.T) {
	dial := func(addr string) error {
		_, err := aiomas.Dial(t.Context(), addr)
		return err
	}
	onPage(t, []message{
		{dial("localhost"), `aiomas: address "localhost": no scheme; want tcp://host:port, tcp+tls://host:port or unix:///path`,
			"There is no port.", "`localhost:5555`, which is short for `tcp://localhost:5555`."},
		{dial(":6070"), `aiomas: address ":6070": want tcp://:6070, which is every interface, or localhost:6070`,
			"Without a host it is not clear which is meant.", "Say which."},
		{dial("tcp:6070"), `aiomas: address "tcp:6070": want tcp://host:port`, "`//` is missing.", "`tcp://localhost:6070`."},
		{dial("tcp://localhost"), `aiomas: address "tcp://localhost": want host:port after tcp://`, "There is no default port.", "Add the port."},
		{dial("tcp://::1:6001"), `aiomas: address "tcp://::1:6001": an IPv6 address needs brackets; want tcp://[::1]:6001`,
			"Where the address ends and the port begins cannot be told.", "The brackets."},
		{dial("tcp://localhost:5555/0"), `aiomas: address "tcp://localhost:5555/0": want only host:port after tcp://; an agent's address is for agent containers`,
			"This is the address of an agent.", "`Container.Connect` takes it; `Dial` the part before `/0`."},
		{dial("unix://tmp/x"), `aiomas: address "unix://tmp/x": want unix:///tmp/x, or unix:tmp/x for a path below the working directory`,
			"An absolute path begins with a slash, the third one.", "Say which is meant."},
		{dial("http://localhost:80"), `aiomas: address "http://localhost:80": unknown scheme http; want tcp, tcp+tls or unix`,
			"No transport has this scheme.", "One of those, or `WithTransport` for one of your own."},
		{dial("tcp+tls://localhost:5555"), `aiomas: address "tcp+tls://localhost:5555" needs WithTLS`,
			"The address asks for TLS, and there are no certificates.", "`WithTLSFiles` or `WithTLS`: [TLS](tls.md)."},
	})
}

func TestErrorsOfConnecting(t *testing.T) {
	addr := "tcp://127.0.0.1:" + strconv.Itoa(testnet.FreePort(t))
	_, refused := aiomas.Dial(t.Context(), addr)
	_, taken := aiomas.Listen(t.Context(), listening(t))
	var limit, deadline, reconnector error
	synctest.Test(t, func(t *testing.T) {
		fails := func(err error) aiomas.DialOption {
			return aiomas.WithDialer(func(context.Context, string, string) (net.Conn, error) { return nil, err })
		}
		_, limit = aiomas.Dial(t.Context(), "localhost:5555", fails(syscall.ECONNREFUSED), aiomas.WithRetry(3*time.Second))
		_, deadline = aiomas.Dial(timeout(t, time.Second), "localhost:5555", fails(syscall.ECONNREFUSED), aiomas.WithRetry(-1))
		r, err := aiomas.NewReconnector("localhost:5555", aiomas.ReconnectPolicy{}, fails(errors.New("no such host")))
		if err != nil {
			t.Fatal(err)
		}
		_, reconnector = aiomas.Call[int](timeout(t, time.Second), r.Remote("math", "add"), 1, 2)
		_ = r.Close()
	})
	onPage(t, []message{
		{refused, "aiomas: cannot connect to tcp://…: dial tcp …: connect: connection refused",
			"Nobody listens there: the program is not up yet, or at another address.", "Start it first, or `WithRetry`, which waits for it; a client that lives long is a `Reconnector`."},
		{limit, "aiomas: cannot connect to localhost:5555: connection refused (tried for 3s)",
			"Nobody listened there for as long as `WithRetry` says.", "As above."},
		{deadline, "aiomas: cannot connect to localhost:5555: connection refused (tried for 1s: connect: context deadline exceeded)",
			"Nobody listened there until the context ended.", "As above."},
		{reconnector, "aiomas: connect to localhost:5555: context deadline exceeded (the last attempt: cannot connect to localhost:5555: no such host)",
			"A call by a `Reconnector` waited for a connection until its context ended. In brackets is why there was none.", "Fix that; the `Reconnector` goes on trying."},
		{taken, "aiomas: cannot listen on tcp://…: listen tcp …: bind: address already in use",
			"Another program, or this one, listens there.", "Stop it, or take another port; port 0 is a free one, which `Run` tells to its third argument."},
	})
}

// listening is the address of somebody who listens.
func listening(t *testing.T) string {
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return aiomas.FormatAddress(ln.Addr())
}

func timeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestErrorsOfOptions(t *testing.T) {
	dial := func(opts ...aiomas.DialOption) error {
		_, err := aiomas.Dial(t.Context(), "localhost:1", opts...)
		return err
	}
	type point struct{ X, Y float64 }
	points := codec.NewStructSerializer[point]()
	ca, text := testcert.NewCA(t), filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	channel, _ := newRawChannel(t)
	onPage(t, []message{
		{dial(aiomas.WithLimits(aiomas.Limits{Depth: 1})), "aiomas: limit Depth is 1, must be 3…10000", "A limit cannot work.", "[Limits](limits.md) has the range of each."},
		{dial(aiomas.WithConcurrency(-1)), "aiomas: WithConcurrency(-1): must not be negative", "0 is no limit.", "0, or a number of handlers."},
		{dial(aiomas.WithReplyDeadline(-1)), "aiomas: WithReplyDeadline(-1ns): must not be negative", "0 is no deadline.", "0, or a duration: [reply deadline](limits.md#reply-deadline)."},
		{dial(aiomas.WithCodec(nil)), "aiomas: WithCodec(nil)", "An option was given nothing; so with `WithTLS(nil)`, `WithTransport(scheme, nil)` and others.", "Leave it out."},
		{dial(aiomas.WithSerializers(points, points)), `aiomas: There is already a serializer for type "aiomas_test.point"`,
			"The type is registered twice, perhaps once as a pointer.", "Once: a serializer carries a `T` and a `*T`."},
		{dial(aiomas.WithSerializers(codec.Serializer{})), "aiomas: serializer 0 is empty: make it with NewSerializer", "It was not made by a function of package `codec`.", "`codec.NewSerializer` or `codec.NewStructSerializer`."},
		{dial(aiomas.WithSerializers(codec.NewSerializer(func(s string) (any, error) { return s, nil }, func(any) (string, error) { return "", nil }))),
			`aiomas: type "string" cannot have a serializer: it is built in; define a type of your own`, "The codec knows the type.", "`type name string`, and a serializer for that."},
		{func() error {
			_, err := aiomas.Listen(t.Context(), "localhost:0", aiomas.WithTLS(emptyTLS))
			return err
		}(),
			"aiomas: WithTLS: a server needs a certificate", "The configuration is one of a client.", "`WithTLSFiles`, or a `tls.Config` with `Certificates`."},
		{dial(aiomas.WithTLSFiles("none.pem", "cert.pem", "key.pem")), "aiomas: WithTLSFiles: stat none.pem: no such file or directory", "One of the three files is not there.", "[TLS](tls.md) says how they are made."},
		{dial(aiomas.WithTLSFiles(text, text, text)), "aiomas: CA: … contains no certificate", "The first file is not that of a CA.", "CA, certificate, key: in this order."},
		{dial(aiomas.WithTLSFiles(ca.File, text, text)), "aiomas: certificate and key: tls: failed to find any PEM data in certificate input", "The second and third file are not a certificate and its key.", "As above."},
		{dial(aiomas.WithTLSFiles(t.TempDir(), text, text)), "aiomas: CA: read …: is a directory", "The file cannot be read.", "A file."},
		{func() error {
			_, err := aiomas.DialChannel(t.Context(), "localhost:1", aiomas.WithService(aiomas.NewRouter()))
			return err
		}(),
			"aiomas: DialChannel: WithService is for Dial; a Channel has no service, see NewClient", "A channel has requests, and no functions.", "`Dial`, or `NewClient(channel, service)`."},
		{func() error {
			_, err := aiomas.NewReconnector("localhost:1", aiomas.ReconnectPolicy{First: time.Hour, Most: 1})
			return err
		}(),
			"aiomas: ReconnectPolicy: wait First is 1h0m0s and Most is 1ns; want 0 < First ≤ Most", "The first wait is longer than the longest.", "0 is a default that fits."},
		{panics(t, func() { aiomas.NewClient(channel, noRouter{}) }), "aiomas: NewClient: …", "The service has no router: its method `Router` returns nil. So with `WithService` and `NewServer`.", "`NewObjectRouter(object)`, kept and returned by `Router`."},
	})
}

// What peers are not told is in the log.
func TestErrorsInTheLog(t *testing.T) {
	logged := func(request string) string {
		sub, r := aiomas.NewRouter(), aiomas.NewRouter()
		sub.Expose("get_name", func() string { return "" })
		if err := r.Add("sub", sub); err != nil {
			t.Fatal(err)
		}
		r.Expose("move", func(int) {})
		r.Expose("stream", func() any { return make(chan int) })
		r.Expose("fall", func() { panic("too deep") })
		var log lockedLog
		_, raw := newRawClient(t, r, aiomas.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "stack" {
				return slog.Attr{}
			}
			return a
		}}))))
		raw.send(`[0, 0, ` + request + `]`)
		raw.recv()
		return oneLine(log.String())
	}
	onPage(t, []message{
		{logged(`["move", [], {"n": 1}]`), `…msg="call refused"…path=move…the argument \"n\" was passed by keyword, and move was exposed without Params…`,
			"Go does not know the names of parameters at run time. The peer gets Python's `TypeError: move() got an unexpected keyword argument 'n'`.", "`Expose(\"move\", move, aiomas.Params(\"n\"))`."},
		{logged(`["sub/GetName", [], {}]`), `…msg="call refused"…path=sub/GetName…did you mean \"get_name\"?…`,
			"A peer called a name that is not there. It gets Python's `LookupError`.", "Methods are exposed under their names in snake_case; `aiomas.Name` sets another."},
		{logged(`["stream", [], {}]`), `…msg="result cannot be sent"…path=stream…No serializer found for type \"chan int\"…`,
			"A result is of a type that cannot be encoded. The peer gets a `SerializationError`.", "Return plain values, or register a serializer: [custom types](custom-types.md)."},
		{logged(`["fall", [], {}]`), `…msg="…panic…path=fall…too deep…`, "A handler panicked. The peer gets a `RuntimeError`; nothing else is touched.", "Fix the handler; the stack is in the line."},
	})
}

package aiomas_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testlog"
)

var emptyTLS = &tls.Config{MinVersion: tls.VersionTLS12}

// oneLine is a log with one line.
func oneLine(log string) string { return strings.TrimSuffix(log, "\n") }

func TestErrorsOfExpose(t *testing.T) {
	type opts struct{ A int }
	expose := func(fn any, o ...aiomas.ExposeOption) error {
		return panics(t, func() { aiomas.NewRouter().Expose("f", fn, o...) })
	}
	taken, other := aiomas.NewRouter(), aiomas.NewRouter()
	taken.Expose("f", func() {})
	add := func(name string, s aiomas.Service) error { return taken.Add(name, s) }
	if err := add("sub", other); err != nil {
		t.Fatal(err)
	}
	onPage(t, []message{
		{expose(func(chan int) {}), `aiomas: cannot expose "f": parameter 1 is a chan int: a channel cannot be encoded: return a list, or call a *aiomas.Proxy of the peer's for each value`,
			"No peer can send a channel.", "A list; or the peer passes a service, and the function calls it for each value."},
		{expose(func(func()) {}), `aiomas: cannot expose "f": parameter 1 is a func(): a function cannot be encoded: take a *aiomas.Proxy, or return a service that the peer calls`,
			"No peer can send a function.", "A `*aiomas.Proxy`, which can be called."},
		{expose(func() (error, int) { return nil, 0 }), `aiomas: cannot expose "f": result 1 is an error, which must come last`, //nolint:staticcheck // that is the point
			"An error that is not the last result would be a value.", "`(int, error)`."},
		{expose(func(int, context.Context) {}), `aiomas: cannot expose "f": parameter 2 is a context, which must come first`, "A context is not an argument of the peer.", "Put it first."},
		{expose(func(aiomas.Kwargs, int) {}), `aiomas: cannot expose "f": parameter 1 is a aiomas.Kwargs: keyword arguments must be a single parameter of type Kwargs, the last one`,
			"As `**kwargs` in Python, it comes last.", "Put it last; before a variadic parameter, if there is one."},
		{expose(func(aiomas.Kwargs, aiomas.Kwargs) {}), `aiomas: cannot expose "f": parameter 1 is a aiomas.Kwargs: keyword arguments must be a single parameter of type Kwargs, the last one`,
			"There is one set of keyword arguments.", "One `Kwargs`."},
		{expose(func(a, b int) {}, aiomas.Params("a")), `aiomas: cannot expose "f": Params names 1 parameters, the function has 2`, "Each parameter needs its name.",
			"All names, without that of a context, a variadic parameter and `Kwargs`."},
		{expose(func(a int) {}, aiomas.Params("a"), aiomas.Defaults(aiomas.Kwargs{"a": "x"})), `aiomas: cannot expose "f": default of "a": x (string) does not fit int`, "A default is of another type.", "A value of the parameter's type."},
		{expose(func(opts) {}, aiomas.KeywordStruct(1)), `aiomas: cannot expose "f": KeywordStruct: the defaults are a int, the last parameter is a aiomas_test.opts`, "The defaults are a struct of that type.", "`KeywordStruct(opts{A: 1})`."},
		{panics(t, func() { aiomas.NewObjectRouter(byValue{}).ExposeMethod("SetName") }),
			`aiomas: aiomas_test.byValue has no exported method "SetName" to expose: it is one of *aiomas_test.byValue, give NewObjectRouter a pointer`,
			"Methods with a pointer receiver are those of the pointer.", "`NewObjectRouter(&object)`."},
		{panics(t, func() { aiomas.NewObjectRouter(byValue{}).ExposeMethod("get_name") }),
			`aiomas: aiomas_test.byValue has no exported method "get_name" to expose: did you mean "GetName"?`, "Methods are named as in Go.", "`GetName`, which Python calls as `get_name`."},
		{panics(t, func() { taken.Expose("f", func() {}) }), `aiomas: the name "f" is taken`, "Something else has that name.", "`Router.Remove` first, or another name."},
		{panics(t, func() { taken.Expose("a/b", func() {}) }), `aiomas: "a/b" cannot be the name of a function`, "A slash separates the names of a path.", "A router `a` with the function `b`."},
		{expose(func() {}, aiomas.Name("g")), `aiomas: cannot expose "f": Name("g") is for methods`, "`Expose` is told the name already.", "`Expose(\"g\", …)`."},
		{add("sub2", nil), `aiomas: sub-service "sub2" is nil`, "There is no service.", "A `*Router`, or whatever has one."},
		{taken.SetSubRouter(nil, "sub2"), `aiomas: "sub2" is not a valid router`, "There is no router.", "`NewRouter` or `NewObjectRouter`."},
		{add("a/b", aiomas.NewRouter()), `aiomas: "a/b" cannot be the name of a sub-service`, "A slash separates the names of a path.", "One `Add` for each level."},
		{add("sub2", other), `aiomas: "sub2" is already the sub-service "sub" of another service`, "A service has one place.", "A second router that exposes the same functions."},
		{other.Add("up", taken), `aiomas: "up" would be a sub-service of itself`, "The services would make a circle.", "Pass the service as an argument instead."},
	})
}

func TestErrorsOfCalls(t *testing.T) {
	client, raw := newRawClient(t, nil)
	served, _ := newRawClient(t, aiomas.NewRouter())
	other := aiomas.NewRouter()
	call := func(result any, reply string) error {
		p := client.Remote("units", "get").Go(t.Context(), result)
		m := raw.recv()
		raw.send(strings.Replace(reply, "ID", m[4:strings.IndexByte(m[4:], ',')+4], 1))
		return p.Wait(t.Context())
	}
	var n int
	exception := func(text string) string {
		b, err := json.Marshal("Traceback (most recent call last):\n" + text + "\n")
		if err != nil {
			t.Fatal(err)
		}
		return "[2, ID, " + string(b) + "]"
	}
	late, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	canceled := client.Remote("units", "get").Go(t.Context(), nil)
	canceled.Cancel()
	raw.recv() // of canceled
	onPage(t, []message{
		{client.Remote("units/set").Call(t.Context(), nil, 1, []any{make(chan int)}), `aiomas: call of units/set at tcp://…: cannot encode args[1][0]: No serializer found for type "chan int"`,
			"An argument cannot be encoded; the error says which, of which call. Nothing was sent.", "Plain values, or a serializer: [custom types](custom-types.md)."},
		{call(&n, `[1, ID, "x"]`), "aiomas: call of units/get at tcp://…: cannot decode result: str does not fit int",
			"The peer's result is of another type than the variable. The function was called.", "The right type; `any` takes all. [What fits what](types.md#typed-targets-are-strict)."},
		{client.Remote("f").Call(t.Context(), nil, other),
			`aiomas: call of f at tcp://…: cannot encode args[0]: No RPC service running for this side of the connection. Cannot send service proxy: use WithService.`,
			"A service is an argument, and this side of the connection serves none, so the peer could not call it.", "`Dial(…, aiomas.WithService(service))`."},
		{served.Remote("f").Call(t.Context(), nil, other),
			`aiomas: call of f at tcp://…: cannot encode args[0]: RPC service "*aiomas.Router" is not exposed for this connection: mount it under the connection's service with Router.Add`,
			"A service is an argument that is nowhere in the tree of this side's service.", "`service.Add(\"name\", other)`; `Remove` takes it away."},
		{served.Remote("f").Call(t.Context(), nil, client.Remote("g")),
			`aiomas: call of f at tcp://…: cannot encode args[0]: No serializer found for type "Proxy": …`,
			"A proxy is of one connection; as in Python, it cannot be passed on.", "Pass the address of the agent or service, to which the other one connects."},
		{client.Remote("f").Call(t.Context(), nil, aiomas.Kwargs{"a": 1}, 2), "aiomas: call of f: keyword arguments must be a single Kwargs, as the last argument", "`Kwargs` comes first.", "Put it last."},
		{client.Remote("f").Call(t.Context(), nil, aiomas.Kwargs{"a": 1}, aiomas.Kwargs{"b": 1}), "aiomas: call of f: keyword arguments must be a single Kwargs, as the last argument", "There are two.", "One with all keywords."},
		{client.Remote("f").Call(t.Context(), n), "aiomas: the result must be a non-nil pointer or nil, not int", "The second argument is where the result goes.", "`&n`; `nil` if it does not matter."},
		{client.Remote().Call(t.Context(), nil), "aiomas: No RPC function name specified.", "The proxy stands for the root of the peer.", "`Remote(\"name\")`."},
		{call(nil, exception("ValueError: no root of -1")), "aiomas: remote error from units/get at tcp://…: ValueError: no root of -1",
			"The peer's function raised this exception.", "`errors.Is(err, aiomas.ValueError)`; `errors.As` with a `*aiomas.RemoteError`, which has the traceback."},
		{func() error {
			p := client.Remote("units/GetName").Go(t.Context(), nil)
			m := raw.recv()
			raw.send(strings.Replace(exception(`LookupError: Name "GetName" not found in "units"`), "ID", m[4:strings.IndexByte(m[4:], ',')+4], 1))
			return p.Wait(t.Context())
		}(), `aiomas: remote error from units/GetName at tcp://…: LookupError: Name "GetName" not found in "units" (did you mean "get_name"?)`,
			"The peer has no function of this name, or does not expose it.", "The name as in Python."},
		{call(nil, `[2, ID, {"__type__": [9, 1]}]`), "aiomas: call of units/get at tcp://…: the peer sent an exception that cannot be read: …", "The peer sends failures in a form of its own.", "`aiomas.WithFailures` reads it."},
		{call(nil, exception("aiomas_go.shutdown.ConnectionError: the peer is shutting down")), "aiomas: remote error from units/get at tcp://…: aiomas_go.shutdown.ConnectionError: the peer is shutting down",
			"The peer, a Go one, ends, and has not run the call. It is `aiomas.ErrShuttingDown`.", "Call again elsewhere; a `Reconnector` does."},
		{client.Remote("units", "get").Call(late, nil), "aiomas: call of units/get: context deadline exceeded", "No reply came in time. Nobody knows whether the function ran; a late reply is dropped.",
			"A longer deadline, or look at the peer."},
		{canceled.Wait(t.Context()), "aiomas: call of units/get: context canceled", "The call was given up by this side.", "–"},
	})
}

func TestErrorsOfSerializers(t *testing.T) {
	type point struct{ X, Y int }
	type circle struct{ X, Y, R int }
	points, circles := codec.NewStructSerializer[point](), codec.NewStructSerializer[circle]()
	service := aiomas.NewRouter()
	service.Expose("center", func() point { return point{1, 2} })
	_, addr := startServer(t, service, aiomas.WithSerializers(points, circles))
	swapped, none := dial(t, addr, aiomas.WithSerializers(circles, points)), dial(t, addr)
	onPage(t, []message{
		{swapped.Remote("center").Call(t.Context(), new(any)),
			`aiomas: call of center at tcp://…: cannot decode result: the field "r" of aiomas_test.circle is missing (both ends need the same serializers in the same order)`,
			"The number of a custom type is its place in the list, and the lists of the two ends differ.", "The same list at both ends: `WithSerializers(…)`, `extra_serializers=[…]`."},
		{swapped.Remote("center").Call(t.Context(), new(point)),
			`aiomas: call of center at tcp://…: cannot decode result: custom type 0 (aiomas_test.circle) does not fit aiomas_test.point (both ends need the same serializers in the same order)`,
			"As above; or the variable is of another type than the result.", "As above."},
		{none.Remote("center").Call(t.Context(), new(any)), `aiomas: call of center at tcp://…: cannot decode result: a service comes as its path, not as dict (both ends need the same serializers in the same order)`,
			"This end has no serializer for a type that the peer sends: it takes it for a service, which comes after all of its own.", "As above."},
	})
}

func TestErrorsOfConnections(t *testing.T) {
	logger, log := testlog.NewErrors()
	_, addr := startServer(t, echoService(), aiomas.WithLogger(logger))
	hungUp := dial(t, addr, aiomas.WithCodec(msgpack.Codec)).Remote("echo").Call(t.Context(), nil, "x")
	mismatch := <-log
	closed := dial(t, addr)
	_ = closed.Close()
	client, raw := newRawClient(t, nil)
	pending := client.Remote("f").Go(t.Context(), nil)
	raw.recv()
	raw.sendBytes([]byte("HTTP/1.1 400 Bad Request\r\n"))
	half, large, silent, again, late := endings(t)
	r, err := aiomas.NewReconnector("localhost:5555", aiomas.ReconnectPolicy{})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	_, closedReconnectorErr := r.Client(t.Context())
	var next func(context.Context) (any, error)
	_, intercepted := startServer(t, echoService(), aiomas.WithHandlerInterceptors(func(_ context.Context, _ aiomas.Incoming, n func(context.Context) (any, error)) (any, error) {
		next = n
		return "before", nil
	}))
	if err := dial(t, intercepted).Remote("echo").Call(t.Context(), nil, "x"); err != nil {
		t.Fatal(err)
	}
	_, kept := next(t.Context())
	server := aiomas.NewServer(aiomas.NewRouter())
	broken := server.Serve(t.Context(), brokenListener{})
	_ = server.Close()
	served := server.ListenAndServe(t.Context(), "localhost:0")
	onPage(t, []message{
		{hungUp, "aiomas: connection to tcp://… ended: EOF (it has never sent anything: does it expect codec msgpack and no TLS? A Python with msgpack 1.0 or newer needs aiomas_compat for this codec.)",
			"The peer closed the connection at the first message. Python says nothing when it cannot read it.",
			"The same codec at both ends, TLS at both or none; [aiomas_compat](../interop/python/aiomas_compat/README.md) for aiomas 2.0.1 with a new msgpack."},
		{mismatch, "aiomas: tcp://… broke the protocol: …is not a json message; it looks like codec msgpack…", "A client has another codec.", "The same at both ends: `WithCodec`."},
		{half.Err(), "aiomas: connection to tcp://… ended: tcp://… broke the protocol: the connection ended within a frame: unexpected EOF", "The peer ended, or was cut off, in the middle of a message.", "Look at the peer, and what lies between."},
		{large.Err(), "aiomas: connection to tcp://… ended: tcp://… broke the protocol: sent a frame of 1025 bytes, the limit here is 1024 (Limits.FrameIn)", "A message exceeds `Limits.FrameIn`.", "Raise it, or send less at once: [limits](limits.md)."},
		{silent.Err(), "aiomas: connection to tcp://… ended: idle for 1ms", "There was no call for as long as `Limits.Idle` says.", "A longer time, or a `Reconnector`."},
		{closedReconnectorErr, "aiomas: closed", "The `Reconnector` or channel was closed by this side.", "Call before that."},
		{served, "aiomas: server closed", "What `Serve` and `ListenAndServe` return after `Shutdown` or `Close`: nothing is wrong.", "`errors.Is(err, aiomas.ErrServerClosed)`; `Run` returns nil instead."},
		{broken, "aiomas: the listener has ended: out of order", "A listener of one's own failed, otherwise than by being closed.", "Its error is wrapped."},
		{again, "aiomas: request was already replied to", "`Reply` or `Fail` was called twice.", "Once for each request."},
		{late, "aiomas: reply dropped, its deadline has passed", "The reply was not ready within `WithReplyDeadline`.", "Nothing: the caller has given up. [Reply deadline](limits.md#reply-deadline)."},
		{kept, "aiomas: next outlived its interceptor", "`next` was called after its interceptor had returned.", "Wait for it within the interceptor."},
		{closed.Remote("f").Call(t.Context(), nil), "aiomas: connection to tcp://… ended: closed", "This side has closed the connection, by `Close` or `Shutdown`.", "Call before that; a `Reconnector` if it should last."},
		{pending.Wait(t.Context()), "aiomas: connection to tcp://… ended: tcp://… broke the protocol: …HTTP…", "What listens there speaks another protocol.", "The right port."},
	})
}

// endings are connections that end, and what is said of requests that come too late.
func endings(t *testing.T) (half, large, silent *aiomas.Channel, again, late error) {
	channel := func(opts ...aiomas.Option) (*aiomas.Channel, rawPeer) { return newRawChannel(t, opts...) }
	half, raw := channel()
	raw.sendBytes([]byte{0, 0, 0, 9, '['})
	_ = raw.conn.Close()
	large, raw = channel(aiomas.WithLimits(aiomas.Limits{FrameIn: 1024}))
	raw.sendBytes([]byte{0, 0, 4, 1})
	silent, _ = channel(aiomas.WithLimits(aiomas.Limits{Idle: time.Millisecond}))
	for _, ch := range []*aiomas.Channel{half, large, silent} {
		<-ch.Done()
	}
	reply := func(opts ...aiomas.Option) func() error {
		ch, raw := channel(opts...)
		raw.send(`[0, 0, "x"]`)
		request, err := ch.Recv(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return func() error { return request.Reply(t.Context(), "y") }
	}
	twice := reply()
	if err := twice(); err != nil {
		t.Error(err)
	}
	return half, large, silent, twice(), reply(aiomas.WithReplyDeadline(1))()
}

type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, errors.New("out of order") }
func (brokenListener) Close() error              { return nil }
func (brokenListener) Addr() net.Addr            { return &net.TCPAddr{} }

func TestErrorsOfTLS(t *testing.T) {
	ca, otherCA := testcert.NewCA(t), testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	good := aiomas.WithTLSFiles(ca.File, pair.Cert, pair.Key)
	call := func(server, client aiomas.TLSOption) (got, logged error) {
		logger, log := testlog.NewErrors()
		_, addr := startServer(t, echoService(), server, aiomas.WithLogger(logger))
		got = callOnce(t, addr, client)
		return got, <-log
	}
	files := func(ca *testcert.CA, p testcert.Pair) aiomas.TLSOption {
		return aiomas.WithTLSFiles(ca.File, p.Cert, p.Key)
	}
	stranger, strangerLogged := call(files(ca, otherCA.Issue(t, "localhost")), good)
	elsewhere, _ := call(files(ca, ca.Issue(t, "elsewhere")), good)
	refused, _ := call(good, files(ca, otherCA.Issue(t, "client")))
	plainServer, _ := call(nil, good)
	plainClient, plainLogged := call(good, nil)
	onPage(t, []message{
		{stranger, "aiomas: cannot connect to tcp://…: TLS: …certificate signed by unknown authority…", "The server's certificate is not of the CA that this end trusts.", "The same `ca.pem` at both ends."},
		{strangerLogged, "aiomas: TLS: the peer does not accept this end's certificate: …", "The same, in the log of the server.", "As above."},
		{elsewhere, "aiomas: cannot connect to tcp://…: TLS: …certificate is valid for elsewhere, not localhost…", "The certificate is for another host.", "Dial by the name that is in it, or issue it for this one."},
		{refused, "aiomas: …TLS: the peer does not accept this end's certificate: …", "The server wants a certificate of its CA.", "`WithTLSFiles` with one."},
		{plainServer, "aiomas: …TLS: …it may expect plain TCP…", "The server does not speak TLS.", "TLS at both ends, or at none."},
		{plainClient, "aiomas: …broke the protocol: …a TLS alert (the peer expects TLS)…", "The server speaks TLS, this end does not.", "As above."},
		{plainLogged, "aiomas: TLS: the peer does not speak TLS but plain TCP, with codec json: …", "The same, in the log of the server.", "As above."},
	})
}

// What a Python caller of a Go function reads.
func TestErrorsThatPythonReads(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("move", func(speed int, points []float64) {}, aiomas.Params("speed", "points"))
	r.Expose("stream", func() any { return make(chan int) })
	r.Expose("fall", func() { panic("too deep") })
	r.Expose("own", func() error { return tooHot{} })
	_, raw := newRawClient(t, r, aiomas.WithLimits(aiomas.Limits{Path: 20}))
	noService, rawNone := newRawClient(t, nil)
	defer noService.Close()
	last := func(p rawPeer, request string) string {
		p.send("[0, 0, " + request + "]")
		var m []any
		if err := json.Unmarshal([]byte(p.recv()), &m); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(m[2].(string)), "\n")
		return lines[len(lines)-1]
	}
	release := make(chan struct{})
	defer close(release)
	slow := aiomas.NewRouter()
	slow.Expose("wait", func() { <-release })
	_, one := newRawClient(t, slow, aiomas.WithLimits(aiomas.Limits{Requests: 1}))
	one.send(`[0, 1, ["wait", [], {}]]`)
	busy := last(one, `["wait", [], {}]`)
	onPage(t, []message{
		{last(raw, `["move", ["x", []], {}]`), "TypeError: move() argument 'speed': str does not fit int", "The argument is of another type than the parameter.", "The right type; a parameter of type `any` takes all."},
		{last(raw, `["move", [1, [1, "x"]], {}]`), "TypeError: move() argument 'points': [1]: str does not fit float64", "So is something within it.", "As above."},
		{last(raw, `["move", [1], {}]`), "TypeError: move() missing 1 required positional argument: 'points'", "As Python says it.", "Pass it, or `aiomas.Defaults` in Go."},
		{last(raw, `["move", [], {"fast": 1}]`), "TypeError: move() got an unexpected keyword argument 'fast'", "No parameter has this name; in Go, only `aiomas.Params` gives names.", "The right name. The server's log says if there are none."},
		{last(raw, `["jump", [], {}]`), `LookupError: Name "jump" not found in ""`, "Nothing is exposed under this name. The log of the server may know what was meant.", "The right name, or `Expose`."},
		{last(raw, `["stream", [], {}]`), `aiomas.exceptions.SerializationError: No serializer found for type "chan int"`, "The result cannot be encoded.", "Plain values or a serializer in Go."},
		{last(raw, `["fall", [], {}]`), "RuntimeError: panic: too deep", "The Go function panicked; its stack is in the log.", "Fix it; `WithStacks(true)` sends the stack too."},
		{last(raw, `["own", [], {}]`), "TooHot: 90 degrees", "A Go error with the method `PythonType() string`. What it returns is what `except` sees in the last line, without `__main__.`.", "Without that method, an error is a `RuntimeError`; `aiomas.ValueError.New` makes a `ValueError`."},
		{last(rawNone, `["f", [], {}]`), "RuntimeError: No RPC service running for this side of the connection: it was made without WithService.", "The Go side of this connection serves nothing.", "`WithService` in Go. Python would never answer."},
		{busy, "RuntimeError: too many requests at once (limit 1)", "More requests are under way than `Limits.Requests`.", "Fewer at once, or a higher limit: [limits](limits.md)."},
		{last(raw, `["`+strings.Repeat("x", 21)+`", [], {}]`), "ValueError: …limit…", "A limit of the server: [limits](limits.md) has what each says.", "Keep to it, or raise it."},
	})
}

type tooHot struct{}

func (tooHot) Error() string      { return "90 degrees" }
func (tooHot) PythonType() string { return "TooHot" }

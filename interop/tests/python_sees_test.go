package tests

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	jsoncodec "github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/doccode"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// sees is what sees.py prints.
type sees struct {
	Got string   `json:"got"`
	Log []string `json:"log"`
}

func (s *sees) read(t *testing.T, out []byte) {
	t.Helper()
	if err := json.Unmarshal(out, s); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// A view is a row of docs/python-sees.md.
type view struct{ when, got, log, then string }

// row is a row of the page, once it has been found to be true.
func (v view) row(t *testing.T, s sees) string {
	t.Helper()
	log := strings.Join(s.Log, "; ")
	if !doccode.Matches(v.got, s.Got) || !doccode.Matches(v.log, log) {
		t.Errorf("%s:\ngot  %s\nwant %s\nlog  %s\nwant %s", v.when, s.Got, v.got, log, v.log)
	}
	cell := func(text, none string) string {
		if text == "" {
			return none
		}
		return "`" + text + "`"
	}
	return "| " + v.when + " | " + cell(v.got, "–") + " | " + cell(v.log, "nothing") + " | " + v.then + " |\n"
}

func onSeesPage(t *testing.T, head string, rows []string) {
	t.Helper()
	table := "| when | " + head + " | what to do |\n| --- | --- | --- | --- |\n" + strings.Join(rows, "")
	doccode.Section(t, "../../docs/python-sees.md", "go -C interop/tests test -run "+t.Name()+" -update", table)
}

// goService is what Python calls here.
func goService(hangUp func()) *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("check", func(n int) (int, error) {
		if n < 0 {
			return 0, aiomas.ValueError.New("negative")
		}
		return n, nil
	})
	released := make(chan struct{})
	r.Expose("slow", func(ctx context.Context) { // longer than the caller's patience
		select {
		case <-released:
		case <-ctx.Done():
		}
	})
	r.Expose("release", func() { close(released) })
	r.Expose("stuck", func(ctx context.Context) { <-ctx.Done() })
	r.Expose("hang_up", hangUp)
	return r
}

// A Python program calls Go, and something is wrong.
func TestPythonSeesAsCaller(t *testing.T) {
	py := pyenv.RequireOne(t)
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "127.0.0.1")
	var rows []string
	for situation, v := range inOrder(
		"exception", view{"a Go function returns an error", "RemoteException, its remote_traceback ends with ValueError: negative", "", "`except aiomas.RemoteException`; Python's class is not raised again. `exc.origin` is the address."},
		"name", view{"the function is not there, or not exposed", `RemoteException, its remote_traceback ends with LookupError: Name "Check" not found in ""`, "", "The name in snake_case; `Expose` in Go. The Go log has what may have been meant."},
		"keyword", view{"a keyword is used, and Go has no `Params`", "RemoteException, its remote_traceback ends with TypeError: check() got an unexpected keyword argument 'x'", "", "`aiomas.Params` in Go, or no keyword."},
		"object", view{"an argument cannot be encoded", `SerializationError: Could not serialize object "<object object at …>": No serializer found for type "<class 'object'>"`, "", "Plain values, or a serializer. Nothing was sent."},
		"forgotten", view{"`await` was forgotten, and the function fails", "returns 'nothing'", "ERROR asyncio: Future exception was never retrieved … RemoteException: …", "`await` each call. It was made all the same."},
		"lost", view{"the Go program ends during a call", "ConnectionResetError: …", "", "Connect again, and decide whether to call again: nobody knows if it ran."},
		"afterwards", view{"a call is made when the connection has ended", "ConnectionResetError: …", "", "As above. `on_connection_reset` tells when it happens."},
		"nobody", view{"nobody listens", "ConnectionRefusedError: [Errno 111] Connect call failed …", "", "Start it first, or `open_connection(…, timeout=5)`, which tries again."},
		"codec", view{"the Go server has another codec", "ConnectionResetError: …", "", "The same at both ends. The Go log says which one Python speaks."},
		"tls", view{"the Go server has TLS, Python has not", "ConnectionResetError: …", "", "`ssl=` in Python."},
		"certificate", view{"the server's certificate is of another CA", "SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: …", "", "The same CA at both ends."},
		"unclosed", view{"the program ends without `await con.close()`", "returns 1", "ERROR asyncio: unhandled exception during asyncio.run() shutdown … AssertionError: ", "Close each connection, a server's clients too. It does no harm otherwise."},
		"impatient", view{"a call is cancelled by `asyncio.wait_for`, and its reply comes late", "RuntimeError: Request was cancelled.", "", "What is shown is what *another* call gets: the connection is lost. `WithReplyDeadline` in Go drops late replies: [reply deadline](limits.md#reply-deadline)."},
	) {
		var opts []aiomas.ServerOption
		switch situation {
		case "tls":
			opts = append(opts, aiomas.WithTLSFiles(ca.File, pair.Cert, pair.Key))
		case "certificate":
			other := testcert.NewCA(t)
			p := other.Issue(t, "127.0.0.1")
			opts = append(opts, aiomas.WithTLSFiles(other.File, p.Cert, p.Key))
		}
		rows = append(rows, v.row(t, pythonCalls(t, py, situation, ca.File, opts...)))
	}
	onSeesPage(t, "the caller gets | Python's log has", rows)
}

// inOrder are pairs of a name and its view.
func inOrder(pairs ...any) func(func(string, view) bool) {
	return func(yield func(string, view) bool) {
		for i := 0; i < len(pairs); i += 2 {
			if !yield(pairs[i].(string), pairs[i+1].(view)) {
				return
			}
		}
	}
}

func pythonCalls(t *testing.T, py pyenv.Python, situation, ca string, opts ...aiomas.ServerOption) (s sees) {
	t.Helper()
	var srv *aiomas.Server
	srv = aiomas.NewServer(goService(func() { go func() { _ = srv.Close() }(); <-t.Context().Done() }), opts...)
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := aiomas.FormatAddress(ln.Addr())
	go func() { _ = srv.Serve(t.Context(), ln) }()
	defer srv.Close()
	if situation == "nobody" {
		addr = "tcp://127.0.0.1:" + strconv.Itoa(testnet.FreePort(t))
	}
	cmd := py.Command(t, "sees.py", situation, addr, ca)
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		errors.As(err, &failed)
		t.Fatalf("%s: %v: %s", situation, err, failed.Stderr)
	}
	s.read(t, out)
	return s
}

// A Go program calls Python, and something is wrong.
func TestPythonSeesAsService(t *testing.T) {
	py := pyenv.RequireOne(t)
	var rows []string
	for _, c := range []struct {
		view
		codec codec.Codec
		opts  []aiomas.DialOption
		call  func(ctx context.Context, c *aiomas.Client) error
	}{
		{view{"a Python function raises", "aiomas: remote error from broken at …: ValueError: broken", "", "The traceback is in the error, `RemoteError.Traceback`, and nowhere in Python: log it where it is caught."},
			jsoncodec.Codec, nil, func(ctx context.Context, c *aiomas.Client) error { return c.Remote("broken").Call(ctx, nil) }},
		{view{"a Python function returns what cannot be encoded", `aiomas: remote error from wrong_result at …: aiomas.exceptions.SerializationError: Could not serialize object "<object object at …>": No serializer found for type "<class 'object'>"`, "", "Plain values, or a serializer."},
			jsoncodec.Codec, nil, func(ctx context.Context, c *aiomas.Client) error { return c.Remote("wrong_result").Call(ctx, nil) }},
		{view{"an argument is of a custom type that Python does not have", "aiomas: connection to … ended: EOF…", "ERROR asyncio: Fatal error: protocol.data_received() call failed. … KeyError: 1", "The connection ends, with all calls on it. The same serializers in the same order at both ends."},
			jsoncodec.Codec, []aiomas.DialOption{aiomas.WithSerializers(codec.NewStructSerializer[dot](), codec.NewStructSerializer[circle]())},
			func(ctx context.Context, c *aiomas.Client) error {
				return c.Remote("add").Call(ctx, nil, circle{}, 1)
			}},
		{view{"Go has another codec", "aiomas: connection to … ended: EOF (it has never sent anything: does it expect codec json and no TLS?)", "ERROR asyncio: Fatal error: protocol.data_received() call failed. … ExtraData: unpack(b) received extra data.", "The same at both ends."},
			msgpack.Codec, nil, func(ctx context.Context, c *aiomas.Client) error { return c.Remote("add").Call(ctx, nil, 1, 2) }},
		{view{"Go closes the connection while a Python function runs", "aiomas: connection to … ended: closed", "", "Nothing: the reply has nowhere to go. `Shutdown` in Go waits for calls."},
			jsoncodec.Codec, nil, func(ctx context.Context, c *aiomas.Client) error {
				call := c.Remote("slow").Go(ctx, nil)
				if err := c.Remote("add").Call(ctx, nil, 1, 2); err != nil { // slow has begun
					return err
				}
				_ = c.Close()
				return call.Wait(ctx)
			}},
		{view{"what connects is no aiomas program", "", "", "Python waits for the rest of a message that it takes `GET ` for the length of. A Go server refuses it and logs what it is."},
			jsoncodec.Codec, nil, nil},
	} {
		rows = append(rows, c.row(t, goCalls(t, py, c.codec.Name(), c.opts, c.call)))
	}
	onSeesPage(t, "the Go caller gets | Python's log has", rows)
}

type (
	dot    struct{ X, Y int }
	circle struct{ X, Y, R int }
)

func goCalls(t *testing.T, py pyenv.Python, name string, opts []aiomas.DialOption, call func(context.Context, *aiomas.Client) error) (s sees) {
	t.Helper()
	cmd := py.Command(t, "sees.py", "serve", name)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSpace(strings.TrimPrefix(first, "ready "))
	got := ""
	if call == nil {
		conn, err := net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n"); err != nil {
			t.Error(err)
		}
	} else {
		conn, err := aiomas.Dial(t.Context(), addr, opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		got = call(t.Context(), conn).Error()
	}
	_ = in.Close()
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	s.read(t, rest)
	s.Got = got
	return s
}

package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
)

// Every limit has a test that it holds, and a row in the documentation.
func TestEveryLimitIsTested(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				tests[fn.Name.Name] = true
			}
		}
	}
	docs, err := os.ReadFile(filepath.Join("..", "docs", "limits.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[aiomas.Limits]()) {
		if !tests["TestLimit"+f.Name] {
			t.Errorf("there is no TestLimit%s", f.Name)
		}
		if !strings.Contains(string(docs), "\n| `"+f.Name+"` |") {
			t.Errorf("docs/limits.md has no row for %s", f.Name)
		}
	}
}

// A limit outside its range is an error that names it, wherever options are used.
func TestLimitsAreChecked(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[aiomas.Limits]()) {
		var l aiomas.Limits
		reflect.ValueOf(&l).Elem().FieldByIndex(f.Index).SetInt(-1)
		_, err := aiomas.NewChannel(nil, aiomas.WithLimits(l))
		if err == nil || !strings.Contains(err.Error(), "limit "+f.Name+" is -1") {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	_, err := aiomas.Dial(t.Context(), "tcp://127.0.0.1:1", aiomas.WithLimits(aiomas.Limits{FrameIn: 10, Depth: 20_000}))
	if err == nil || !strings.Contains(err.Error(), "FrameIn") || !strings.Contains(err.Error(), "Depth") {
		t.Errorf("two at once: %v", err)
	}
	if err := aiomas.CheckServer(newService(t), aiomas.WithLimits(aiomas.Limits{Path: -1})); err == nil {
		t.Error("a server took it")
	}
}

// A message of a given size in bytes.
func sized(n int) string {
	const empty = `[0, 0, ["nothing", [], {"x": ""}]]`
	return strings.Replace(empty, `""`, `"`+strings.Repeat("x", n-len(empty))+`"`, 1)
}

func TestLimitFrameIn(t *testing.T) {
	ch, raw := newRawChannel(t, limits(aiomas.Limits{FrameIn: 2000}))
	raw.send(sized(2000))
	if _, err := ch.Recv(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw.sendBytes([]byte{0, 0, 7, 0xd1}) // of the frame that is too large, the header is enough
	_, err := ch.Recv(t.Context())
	var pe *aiomas.ProtocolError
	if !errors.As(err, &pe) || !strings.Contains(pe.Reason, "a frame of 2001 bytes, the limit here is 2000") {
		t.Error(err)
	}
}

// FrameIn bounds what a compressed frame says that it expands to, too.
func TestLimitFrameInDecompressed(t *testing.T) {
	message := func(n int) []byte {
		b, err := blosc.Codec.AppendMessage(nil, codec.Request, 7, strings.Repeat("x", n), nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ch, raw := newRawChannel(t, aiomas.WithCodec(blosc.Codec), aiomas.WithLimits(aiomas.Limits{FrameIn: 2000}))
	for _, b := range [][]byte{message(1500), message(100_000)} {
		if len(b) > 2000 {
			t.Fatalf("the message has %d bytes compressed", len(b))
		}
		raw.sendBytes(append([]byte{0, 0, byte(len(b) >> 8), byte(len(b))}, b...))
	}
	if _, err := ch.Recv(t.Context()); err != nil {
		t.Fatal(err)
	}
	var pe *aiomas.ProtocolError
	if _, err := ch.Recv(t.Context()); !errors.As(err, &pe) {
		t.Error(err)
	}
}

func TestLimitFrameOut(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("text", func(n int) string { return strings.Repeat("x", n) })
	_, addr := startServer(t, r, limits(aiomas.Limits{FrameOut: 1024}))
	c := dial(t, addr, limits(aiomas.Limits{FrameOut: 1024}))
	fits := 1024 - len(`[1, 0, ""]`)
	if err := c.Remote("text").Call(t.Context(), nil, fits); err != nil {
		t.Errorf("a result of 1024 bytes: %v", err)
	}
	var re *aiomas.RemoteError
	if err := c.Remote("text").Call(t.Context(), nil, fits+1); !errors.As(err, &re) || !errors.Is(err, aiomas.ExceptionType("SerializationError")) {
		t.Errorf("a result of 1025 bytes: %v", err)
	}
	var ee *aiomas.EncodeError
	if err := c.Remote("text").Call(t.Context(), nil, strings.Repeat("x", 1024)); !errors.As(err, &ee) {
		t.Errorf("an argument of 1024 bytes: %v", err)
	}
	if err := c.Remote("text").Call(t.Context(), nil, 1); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestLimitDepth and TestLimitElements: what exceeds them fails its call alone,
// request or reply.
func TestLimitDepth(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	testContentLimit(t, aiomas.Limits{Depth: 10}, nested(7), nested(8))
}

func TestLimitElements(t *testing.T) {
	list := func(n int) string { return "[" + strings.Repeat("0, ", n-1) + "0]" }
	// The message, its type and id, the request, its path, args and kwargs: 7.
	testContentLimit(t, aiomas.Limits{Elements: 100}, list(92), list(93))
}

// testContentLimit sends an argument, and a result that nests as deep as it, that
// are just within the limit and just past it.
func testContentLimit(t *testing.T, l aiomas.Limits, within, past string) {
	t.Helper()
	r := aiomas.NewRouter()
	r.Expose("take", func(any) {})
	c, raw := newRawClient(t, r, limits(l))
	ask := func(id int, arg string) string {
		raw.send(fmt.Sprintf(`[0, %d, ["take", [%s], {}]]`, id, arg))
		return raw.recv()
	}
	if got := ask(0, within); got != `[1, 0, null]` {
		t.Errorf("an argument within the limit: %s", got)
	}
	if got := ask(1, past); !strings.Contains(got, "ValueError: the request cannot be read") {
		t.Errorf("an argument past it: %s", got)
	}
	answer := func(result string) error {
		ended := make(chan error, 1)
		go func() { ended <- c.Remote("x").Call(context.Background(), nil) }()
		var id int
		if _, err := fmt.Sscanf(raw.recv(), "[0, %d,", &id); err != nil {
			t.Fatal(err)
		}
		raw.send(fmt.Sprintf(`[1, %d, [["x", %s, {}], 0]]`, id, result))
		return <-ended
	}
	if err := answer(within[1 : len(within)-1]); err != nil {
		t.Errorf("a result within the limit: %v", err)
	}
	var de *aiomas.DecodeError
	if err := answer("[" + past + "]"); !errors.As(err, &de) {
		t.Errorf("a result past it: %v", err)
	}
	if got := ask(2, within); got != `[1, 2, null]` {
		t.Errorf("the connection afterwards: %s", got)
	}
}

// Requests past the limit are refused at once, and taken again afterwards.
func TestLimitRequests(t *testing.T) {
	release := make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("wait", func() { <-release })
	var m aiomas.Metrics
	_, raw := newRawClient(t, r, aiomas.WithLimits(aiomas.Limits{Requests: 3}), aiomas.WithMetrics(&m))
	for i := range 5 {
		raw.send(fmt.Sprintf(`[0, %d, ["wait", [], {}]]`, i))
	}
	for i := 3; i < 5; i++ {
		if got := raw.recv(); !strings.HasPrefix(got, fmt.Sprintf("[2, %d, ", i)) || !strings.Contains(got, "too many requests at once (limit 3)") {
			t.Errorf("request %d: %s", i, got)
		}
	}
	if got := m.Snapshot(); got.Requests != 3 || got.RequestsRefused != 2 {
		t.Errorf("%+v", got)
	}
	close(release)
	for range 3 {
		if got := raw.recv(); !strings.HasPrefix(got, "[1, ") {
			t.Error(got)
		}
	}
	raw.send(`[0, 5, ["wait", [], {}]]`)
	raw.expect(`[1, 5, null]`)
}

// The bytes of requests that are not answered are bounded: past the limit the peer
// is told so at once, and the connection lives. One request of any size is taken.
func TestLimitPendingIn(t *testing.T) {
	release := make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("wait", func(...string) { <-release })
	var m aiomas.Metrics
	_, raw := newRawClient(t, r, aiomas.WithLimits(aiomas.Limits{PendingIn: 1 << 20}), aiomas.WithMetrics(&m))
	wait := func(id, size int) string {
		return fmt.Sprintf(`[0, %d, ["wait", ["%s"], {}]]`, id, strings.Repeat("x", size))
	}
	refused := func(id int) {
		t.Helper()
		if got := raw.recv(); !strings.HasPrefix(got, fmt.Sprintf("[2, %d, ", id)) ||
			!strings.Contains(got, "RuntimeError: too many requests at once (") || !strings.Contains(got, " bytes, limit 1048576)") {
			t.Errorf("request %d: %s", id, got)
		}
	}
	raw.send(wait(0, 3<<20), wait(1, 10))
	refused(1)
	release <- struct{}{}
	raw.expect(`[1, 0, null]`)

	raw.send(wait(2, 900<<10), wait(3, 10), wait(5, 10), wait(4, 200<<10))
	refused(4)
	if got := m.Snapshot(); got.Requests != 3 && got.Requests != 4 || got.RequestsRefused != 2 { // 0 may not have ended quite
		t.Errorf("%+v", got)
	}
	close(release)
	for range 3 {
		if got := raw.recv(); !strings.HasPrefix(got, "[1, ") {
			t.Error(got)
		}
	}
	raw.send(wait(6, 5<<20))
	raw.expect(`[1, 6, null]`)
}

// Requests that wait for Recv, or for its reader's answer, count too.
func TestLimitPendingInOfRecv(t *testing.T) {
	ch, raw := newRawChannel(t, limits(aiomas.Limits{PendingIn: 1000}))
	raw.send(sized(600), sized(600))
	if got := raw.recv(); !strings.Contains(got, "too many requests at once") {
		t.Error(got)
	}
	r, err := ch.Recv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw.send(sized(600))
	if got := raw.recv(); !strings.Contains(got, "too many requests at once") {
		t.Error(got)
	}
	if err := r.Reply(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	raw.expect(`[1, 0, 1]`)
	raw.send(sized(600))
	if r, err = ch.Recv(t.Context()); err != nil || r.Fail(t.Context(), errors.New("x")) != nil {
		t.Fatal(err)
	}
}

// A peer that keeps to the limits is never refused, however soon after an answer
// it sends its next request.
func TestLimitsCountNoAnsweredRequests(t *testing.T) {
	_, addr := startServer(t, newService(t), limits(aiomas.Limits{Requests: 1, PendingIn: 1}))
	add := dial(t, addr).Remote("add")
	for i := range 5000 {
		if sum, err := aiomas.Call[int](t.Context(), add, i, 1); err != nil || sum != i+1 {
			t.Fatal(sum, err)
		}
	}
}

func TestLimitPath(t *testing.T) {
	_, raw := newRawClient(t, newService(t), limits(aiomas.Limits{Path: 20}))
	raw.send(`[0, 0, ["` + strings.Repeat("x", 20) + `", [], {}]]`)
	if got := raw.recv(); !strings.Contains(got, "LookupError: Name") {
		t.Errorf("20 bytes: %s", got)
	}
	raw.send(`[0, 1, ["` + strings.Repeat("x", 21) + `", [], {}]]`)
	if got := raw.recv(); !strings.Contains(got, "ValueError: path of 21 bytes exceeds the limit of 20") {
		t.Errorf("21 bytes: %s", got)
	}
}

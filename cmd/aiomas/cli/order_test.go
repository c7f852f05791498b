package cli

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// An update by one connection and then a question by another come to a server in this order, as without a tap or a bridge
// in between: the answer is never the old value.
func TestOrderAcrossConnections(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux reports the order of arrival")
	}
	var value int // guarded by the turn
	service := aiomas.NewRouter()
	service.Expose("set", func(v int) { value = v })
	service.Expose("get", func() int { return value })
	serve := func(opts ...aiomas.ServerOption) string {
		ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		srv := aiomas.NewServer(service, append(opts, aiomas.WithTurns())...)
		served := make(chan error, 1)
		go func() { served <- srv.Serve(context.Background(), ln) }()
		t.Cleanup(func() {
			_ = srv.Close()
			<-served
		})
		return aiomas.FormatAddress(ln.Addr())
	}
	for _, args := range [][]string{
		{"tap", "--quiet", "--to", serve()},
		{"bridge", "--codec", "json", "--to-codec", "msgpack", "--to", serve(aiomas.WithCodec(msgpack.Codec))},
	} {
		r := start(t, args...)
		if args[0] == "tap" {
			r.ready(t, r.stderr)
		} else {
			r.ready(t, r.stdout)
		}
		var conns [2]net.Conn
		var replies [2]*frame.Reader
		for i := range conns {
			conn, err := aiomas.DialConn(t.Context(), r.addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			conns[i], replies[i] = conn, frame.NewReader(conn, 0)
		}
		say := func(i int, format string, args ...any) {
			b, err := frame.Append(nil, fmt.Appendf(nil, format, args...))
			if err == nil {
				_, err = conns[i].Write(b) // each by a system call of its own
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		hear := func(i int) string {
			f, err := replies[i].Next()
			if err != nil {
				t.Fatal(err)
			}
			return string(f[frame.HeaderSize:])
		}
		for i := range conns { // which of two connections is made first is nobody's business
			say(i, `[0, 0, ["get", [], {}]]`)
			hear(i)
		}
		for n := 1; n < 500; n++ {
			say(0, `[0, %d, ["set", [%d], {}]]`, n, n)
			say(1, `[0, %d, ["get", [], {}]]`, n)
			if got, want := hear(1), fmt.Sprintf(`[1, %d, %d]`, n, n); got != want {
				t.Fatalf("%s: got %s, want %s", args[0], got, want)
			}
			hear(0)
		}
		r.stop()
	}
}

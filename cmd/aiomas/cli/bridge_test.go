package cli

import (
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/internal/golden"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// The whole conformance client on one codec, real Python with another one on the other side.
func TestBridgeConformance(t *testing.T) {
	py := pyenv.RequireBlosc(t, pyenv.RequireOne(t))
	addr := py.StartPeer(t, "--listen", "unix://"+filepath.Join(testnet.SocketDir(t), "s"), "--codec", "msgpack-blosc").Addr
	bridge := start(t, "bridge", "--to", addr, "--to-codec", "msgpack-blosc")
	bridge.ready(t, bridge.stdout)
	if n := len(py.RunClient(t, "--connect", bridge.addr, "--codec", "msgpack")); n < 50 {
		t.Errorf("%d checks", n)
	}
	if code := bridge.stop(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// Each codec to each other one: values, errors, callbacks, custom types, and what the other codec cannot carry.
func TestBridge(t *testing.T) {
	eachPeer(t, func(t *testing.T, to, addr string) {
		for _, from := range codecNames {
			bridge := start(t, "bridge", "--to", addr, "--to-codec", to)
			bridge.ready(t, bridge.stdout)
			py := pyenv.RequireOne(t)
			if from == "msgpack-blosc" {
				py = pyenv.RequireBlosc(t, py)
			}
			client := py.StartSession(t, "--connect", bridge.addr, "--codec", from)
			check := func(path string, want any, args ...any) {
				t.Helper()
				got, err := client.Call(path, args, nil)
				if !golden.Equal(got, want) {
					t.Errorf("%s to %s: %s(%v) is %v, %v, want %v", from, to, path, args, got, err, want)
				}
			}
			for _, v := range []any{nil, true, int64(-1), uint64(1 << 63), 1.0, 1e300, "é\x00", []any{[]any{}, "a"}, strings.Repeat("x", 25_000)} {
				check("identity", v, v)
			}
			check("identity", golden.Dict{{Key: "b", Value: int64(1)}, {Key: "a", Value: 2.0}}, golden.Dict{{Key: "b", Value: int64(1)}, {Key: "a", Value: 2.0}})
			check("call_back", []any{int64(0), int64(2), int64(4)}, pyenv.Service{}, int64(3))
			check("call_back_fail", []any{"ValueError", "boom"}, pyenv.Service{})
			_, err := client.Call("fail", []any{"KeyError", "x"}, nil)
			if e, ok := err.(*pyenv.Error); !ok || e.Type != "KeyError" || !e.Remote { //nolint:errorlint // not wrapped
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if (from == "json") != (to == "json") {
				check("add", int64(3), int64(1), int64(2)) // the connection lives afterwards
				var value any = []byte{1}
				if from == "json" {
					value = new(big.Int).Lsh(big.NewInt(1), 70)
				}
				_, err := client.Call("identity", []any{value}, nil)
				if e, ok := err.(*pyenv.Error); !ok || !strings.HasSuffix(e.Type, "SerializationError") { //nolint:errorlint // not wrapped
					t.Errorf("%s to %s: %v is %v", from, to, value, err)
				}
				check("add", int64(3), int64(1), int64(2))
			}
		}
	})
}

// Calls of one connection arrive in the order in which they were made.
func TestBridgeOrder(t *testing.T) {
	py := pyenv.RequireOne(t)
	addr := py.StartPeer(t, "--listen", "tcp://127.0.0.1:0", "--codec", "msgpack").Addr
	behind := startTap(t, addr, "--json", "--path", "identity")
	bridge := start(t, "bridge", "--to", behind.addr, "--to-codec", "msgpack")
	bridge.ready(t, bridge.stdout)
	before := startTap(t, bridge.addr, "--json", "--path", "identity")
	client := py.StartSession(t, "--connect", before.addr)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if v, err := client.Call("identity", []any{int64(i)}, nil); err != nil || v != int64(i) {
				t.Errorf("%v, %v", v, err)
			}
		})
	}
	all.Wait()
	_ = client.Close()
	before.stop()
	behind.stop()
	requests := func(s string) (list []string) {
		for l := range strings.Lines(s) {
			if _, rest, ok := strings.Cut(l, `"type": "request", `); ok {
				rest, _, _ = strings.Cut(rest, `, "size"`)
				list = append(list, rest)
			}
		}
		return list
	}
	in, out := requests(before.stdout.String()), requests(behind.stdout.String())
	if len(in) != 200 || !cmp.Equal(in, out) {
		t.Errorf("%d requests: %s", len(in), cmp.Diff(in, out))
	}
}

func TestBridgeNobody(t *testing.T) {
	bridge := start(t, "bridge", "--to", fmt.Sprintf("127.0.0.1:%d", testnet.FreePort(t)))
	bridge.ready(t, bridge.stdout)
	if got := aiomasCmd(t, "", "call", bridge.addr, "add", "--codec", "json"); got.code != exitConnection {
		t.Errorf("%+v", got)
	}
	aiomasCmd(t, "", "bridge").want(t, exitUsage, "", "aiomas: --to ADDRESS is missing")
	aiomasCmd(t, "", "bridge", "--to", "a:1", "--to-codec", "x").want(t, exitUsage, "", `aiomas: unknown codec "x": json, msgpack, msgpack-blosc or auto`)
}

// Whoever sends no messages gets no further than the bridge, which lives.
func TestBridgeHostile(t *testing.T) {
	addr := pyenv.RequireOne(t).StartPeer(t, "--listen", "tcp://127.0.0.1:0").Addr
	behind := startTap(t, addr)
	bridge := start(t, "bridge", "--to", behind.addr, "--max-frame", "1M")
	bridge.ready(t, bridge.stdout)
	for _, bytes := range []string{"GET / HTTP/1.1\r\n\r\n", "\x00\x00\x00\x00", "\x00\x00\x00\x02[]", "\x00\x00\x00\x06\xdd\xff\xff\xff\xff\x00", "\x00\x00\x00\x05[9,0]"} {
		conn, err := testDial(bridge.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(bytes)); err != nil {
			t.Error(err)
		}
		if n, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("%q: %d bytes come back", bytes, n)
		}
		_ = conn.Close()
	}
	aiomasCmd(t, "", "call", bridge.addr, "add", "1", "2").want(t, 0, "3\n", "")
	bridge.stop()
	behind.stop()
	if s := behind.stdout.String(); strings.Contains(s, "no message") || strings.Contains(s, "cannot be decoded") {
		t.Error(s)
	}
}

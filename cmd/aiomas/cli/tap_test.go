package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// startTap starts a tap in front of addr.
func startTap(t *testing.T, addr string, args ...string) *running {
	t.Helper()
	tap := start(t, append([]string{"tap", "--listen", "127.0.0.1:0", "--to", addr}, args...)...)
	return tap.ready(t, tap.stderr)
}

// masked replaces what differs from run to run.
func masked(s string) string {
	for _, m := range []struct{ pattern, by string }{
		{`\d\d:\d\d:\d\d\.\d{6}`, "TIME"},
		{`"time": "[^"]*"`, `"time": "TIME"`},
		{`127\.0\.0\.1:\d+`, "HOST"},
		{`\S+ \d+ \(HOST\)`, "HOST"},
		{`, "(client|server)_program": "[^"]*"`, ""},
		{`"ms": [\d.e-]+`, `"ms": MS`},
		{`"(p50|p90|p99|max)_ms": [\d.e-]+`, `"${1}_ms": MS`},
		{`[\d.]+ (µs|ms|s)\b`, "TOOK"},
		{` +TOOK`, " TOOK"},
	} {
		s = regexp.MustCompile(m.pattern).ReplaceAllString(s, m.by)
	}
	return s
}

// Real Python on both sides of a tap: what it prints, and that nobody notices it.
func TestTap(t *testing.T) {
	eachPeer(t, func(t *testing.T, codec, addr string) {
		tap := startTap(t, addr)
		py := pyenv.RequireOne(t)
		if codec == "msgpack-blosc" {
			py = pyenv.RequireBlosc(t, py)
		}
		client := py.StartSession(t, "--connect", tap.addr, "--codec", codec)
		if _, err := client.Call("add", []any{int64(1)}, map[string]any{"b": int64(2)}); err != nil {
			t.Error(err)
		}
		if _, err := client.Call("fail", []any{"ValueError", "boom\x1b[2J"}, nil); err == nil {
			t.Error("fail did not raise")
		}
		if _, err := client.Call("call_back", []any{pyenv.Service{}, int64(1)}, nil); err != nil {
			t.Error(err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if code := tap.stop(); code != exitOK {
			t.Errorf("exit code %d, %s", code, tap.stderr)
		}
		got := regexp.MustCompile(`  \d+ B\n`).ReplaceAllString(masked(tap.stdout.String()), "\n")
		want := `TIME #1 opened by HOST to HOST
TIME #1 → 0 add(1, b=2)
TIME #1 ← 0 add = 3 TOOK
TIME #1 → 1 fail("ValueError", "boom\u001b[2J")
TIME #1 ← 1 fail raised ValueError: boom\x1b[2J TOOK
TIME #1 → 2 call_back({"__type__": [0, ""]}, 1)
TIME #1 ← 0 notify(0)
TIME #1 → 0 notify = 0 TOOK
TIME #1 ← 2 call_back = [0] TOOK
TIME #1 → ended: EOF
TIME #1 ← ended: EOF
`
		lines, summary, _ := strings.Cut(got, "1 connections, ")
		if lines != want {
			t.Errorf("got\n%s\nwant\n%s", lines, want)
		}
		for _, row := range []string{"8 messages, ", "\nadd ", "\nfail ", "\ncall_back ", "\nnotify "} {
			if !strings.Contains(summary, row) {
				t.Errorf("the summary has no %q:\n%s", row, summary)
			}
		}
	})
}

// The whole conformance client does not notice a tap, and it can decode all that passes.
func TestTapConformance(t *testing.T) {
	py := pyenv.RequireOne(t)
	file := filepath.Join(t.TempDir(), "all.rec")
	tap := startTap(t, py.StartPeer(t, "--listen", "tcp://127.0.0.1:0").Addr, "--quiet", "--record", file)
	py.RunClient(t, "--connect", tap.addr)
	if code := tap.stop(); code != exitOK || strings.Contains(tap.stdout.String(), "could not be decoded") {
		t.Errorf("exit code %d\n%s", code, tap.stdout)
	}
	if info, err := os.Stat(file); err != nil || info.Size() < 10_000 {
		t.Errorf("the recording: %v, %v", info, err)
	}
}

func TestTapFilters(t *testing.T) {
	addr := pyenv.RequireOne(t).StartPeer(t, "--listen", "tcp://127.0.0.1:0").Addr
	for _, c := range []struct{ flags, want string }{
		{"--errors --json", `{"time": "TIME", "conn": 1, "from": "server", "type": "exception", "id": 1, "path": "fail", "ms": MS, "exception": {"type": "ValueError", "message": "boom"}, "content": `},
		{"--path a*", "TIME #1 → 0 add(1, 2)  27 B\nTIME #1 ← 0 add = 3 TOOK  9 B\n1 connections, 6 messages"},
		{"--path s* --slow 20ms", "TIME #1 ← 2 sleep = \"x\" TOOK  11 B\n1 connections, "},
		{"--path add --raw", "TIME #1 → 0 add(1, 2)  27 B\n00000000  5b 30 2c 20 30 2c 20 5b  22 61 64 64 22 2c 20 5b  |[0, 0, [\"add\", [|\n"},
		{"--path add --raw --json", `{"time": "TIME", "conn": 1, "from": "client", "type": "request", "id": 0, "path": "add", "args": [1, 2], "kwargs": {}, "size": 27, "codec": "json", "hex": "5b302c20302c205b22616464222c205b312c20325d2c207b7d5d5d"}`},
		{"--path sleep --width 40", "TIME #1 → 2 sleep(0.03…  34 B\n"},
		{"--path add --color always", "\x1b[2mTIME #1 → \x1b[0m\x1b[36m0 add(1, 2)\x1b[0m\x1b[2m  27 B\x1b[0m\n"},
		{"--quiet", "1 connections, 6 messages"},
	} {
		tap := startTap(t, addr, strings.Fields(c.flags)...)
		calls := pyenv.RequireOne(t).StartSession(t, "--connect", tap.addr)
		_, err1 := calls.Call("add", []any{int64(1), int64(2)}, nil)
		_, err2 := calls.Call("fail", []any{"ValueError", "boom"}, nil)
		_, err3 := calls.Call("sleep", []any{0.03, "x"}, nil)
		if err1 != nil || err2 == nil || err3 != nil {
			t.Errorf("%v, %v, %v", err1, err2, err3)
		}
		_ = calls.Close()
		tap.stop()
		if got := masked(tap.stdout.String()); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.flags, got, c.want)
		}
	}
}

func TestTapTLS(t *testing.T) {
	ca := testcert.NewCA(t)
	files := ca.Issue(t, "localhost", "127.0.0.1")
	tls := []string{"--tls-ca", ca.File, "--tls-cert", files.Cert, "--tls-key", files.Key}
	addr := pyenv.RequireOne(t).StartPeer(t, append([]string{"--listen", "tcp://127.0.0.1:0"}, tls...)...).Addr
	secure := strings.Replace(addr, "tcp:", "tcp+tls:", 1)
	inside := startTap(t, secure, tls...) // plain before it, TLS behind it
	aiomasCmd(t, "", "call", inside.addr, "add", "1", "2").want(t, 0, "3\n", "")
	both := start(t, append([]string{"tap", "--listen", "tcp+tls://127.0.0.1:0", "--to", secure}, tls...)...).readyOnStderr(t)
	aiomasCmd(t, "", append([]string{"call", both.addr, "add", "1", "2"}, tls...)...).want(t, 0, "3\n", "")
	for _, tap := range []*running{inside, both} {
		tap.stop()
		if !strings.Contains(tap.stdout.String(), "add(1, 2)") {
			t.Error(tap.stdout)
		}
	}
}

// A range of ports, each to its own peer.
func TestTapPorts(t *testing.T) {
	py := pyenv.RequireOne(t)
	port := testnet.FreePort(t)
	py.StartPeer(t, "--listen", fmt.Sprintf("tcp://127.0.0.1:%d", port))
	tapped := testnet.FreePort(t)
	tap := start(t, "tap", "--listen", "127.0.0.1", "--to", "127.0.0.1", "--ports", fmt.Sprint(tapped), "--shift", fmt.Sprint(port-tapped)).readyOnStderr(t)
	if tap.addr != fmt.Sprintf("tcp://127.0.0.1:%d", tapped) {
		t.Errorf("it listens on %s", tap.addr)
	}
	aiomasCmd(t, "", "call", tap.addr, "add", "1", "2").want(t, 0, "3\n", "")
	for args, want := range map[string]string{
		"--ports 5-4":    "--ports 5-4: want FIRST-LAST, 1000 ports at most",
		"--ports 1-5000": "--ports 1-5000: want FIRST-LAST, 1000 ports at most",
		"--ports 5555":   "tcp://127.0.0.1:5555 would be passed on to itself: --to another host, or --shift",
		"--path [":       "--path [: syntax error in pattern",
		"--color blue":   "--color blue: want auto, always or never",
	} {
		aiomasCmd(t, "", append([]string{"tap", "--to", "127.0.0.1"}, strings.Fields(args)...)...).
			want(t, exitUsage, "", "aiomas: "+want)
	}
	aiomasCmd(t, "", "tap").want(t, exitUsage, "", "aiomas: --to ADDRESS is missing")
}

// Whoever dials while the server is not there is told so, and the tap lives.
func TestTapNobody(t *testing.T) {
	port := testnet.FreePort(t)
	tap := startTap(t, fmt.Sprintf("127.0.0.1:%d", port))
	conn, err := net.Dial("tcp", strings.TrimPrefix(tap.addr, "tcp://"))
	if err == nil { // else the reset was as fast
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("somebody answered")
		}
		_ = conn.Close()
	}
	tap.stderr.until(t, func(s string) bool { return strings.Contains(s, "connection refused") })
	pyenv.RequireOne(t).StartPeer(t, "--listen", fmt.Sprintf("tcp://127.0.0.1:%d", port))
	aiomasCmd(t, "", "call", tap.addr, "add", "1", "2").want(t, 0, "3\n", "")
}

func TestTapSummaryOnSignal(t *testing.T) {
	tap := startTap(t, pyenv.RequireOne(t).StartPeer(t, "--listen", "tcp://127.0.0.1:0").Addr, "--quiet", "--json")
	aiomasCmd(t, "", "call", tap.addr, "add", "1", "2", "--codec", "json").want(t, 0, "3\n", "")
	// Messages are passed on before they are counted.
	var got string
	for lines := 1; lines < 1000 && !strings.Contains(got, `"messages": 2`); lines++ {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		said := tap.stdout.until(t, func(s string) bool { return strings.Count(s, "\n") == lines })
		got = masked(said[strings.LastIndexByte(said[:len(said)-1], '\n')+1:])
	}
	want := `{"type": "summary", "conns": 1, "messages": 2, "bytes": 36, "undecodable": 0, "paths": [` +
		`{"path": "add", "calls": 1, "open": 0, "errors": 0, "bytes": 36, "p50_ms": MS, "p90_ms": MS, "p99_ms": MS, "max_ms": MS}]}` + "\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The two sides of a tap, and of a bridge, can have certificates of different CAs.
func TestTLSOfEachSide(t *testing.T) {
	files := func(prefix string) []string {
		ca := testcert.NewCA(t)
		pair := ca.Issue(t, "127.0.0.1")
		return []string{prefix + "ca", ca.File, prefix + "cert", pair.Cert, prefix + "key", pair.Key}
	}
	inside, outside := files("--to-tls-"), files("--tls-")
	server := []string{"serve", "--listen", "tcp+tls://127.0.0.1:0"}
	for i, arg := range inside {
		if i%2 == 0 {
			arg = strings.Replace(arg, "--to-", "--", 1)
		}
		server = append(server, arg)
	}
	behind := start(t, server...)
	behind.ready(t, behind.stdout)
	to := "tcp+tls://" + strings.TrimPrefix(strings.TrimPrefix(behind.addr, "tcp+tls://"), "tcp://")
	for _, verb := range [][]string{{"tap", "--quiet"}, {"bridge", "--to-codec", "auto"}} {
		args := append(append(verb, "--listen", "tcp+tls://127.0.0.1:0", "--to", to), outside...)
		r := start(t, append(args, inside...)...)
		if verb[0] == "tap" {
			r.ready(t, r.stderr)
		} else {
			r.ready(t, r.stdout)
		}
		aiomasCmd(t, "", append([]string{"call", r.addr, "add", "1", "2", "--codec", "json"}, outside...)...).want(t, 0, "3\n", "")
	}
}

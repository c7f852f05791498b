package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

func TestProgramName(t *testing.T) {
	for args, want := range map[string]string{
		"/usr/bin/plant --port 1":       "plant",
		"python3.12 -u plant/main.py 1": "main.py",
		"/venv/bin/python -m plant.run": "plant.run",
		"python":                        "python",
		"python3 -c pass":               "python3",
		"node server.js":                "server.js",
	} {
		if got := programName(strings.Fields(args)); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
	if got := programName(nil); got != "" {
		t.Errorf("no arguments: %s", got)
	}
}

// The programs at both ends of a connection within this machine are named, by TCP, a Unix socket, and both.
func TestTapNamesPrograms(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells which program has the other end of a connection")
	}
	self := named(filepath.Base(os.Args[0]), os.Getpid())
	for _, to := range []string{"tcp://127.0.0.1:0", "unix://" + filepath.Join(t.TempDir(), "s")} {
		server := start(t, "serve", "--listen", to)
		server.ready(t, server.stdout)
		tap := start(t, "tap", "--listen", "127.0.0.1:0", "--to", server.addr, "--json").readyOnStderr(t)
		c, err := aiomas.Dial(t.Context(), tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := aiomas.Call[int](t.Context(), c.Remote("add"), 1, 2); err != nil {
			t.Error(err)
		}
		_ = c.Close()
		tap.stop()
		want := fmt.Sprintf(`"client_program": %q, "server_program": %q`, self, self)
		if line, _, _ := strings.Cut(tap.stdout.String(), "\n"); !strings.Contains(line, want) {
			t.Errorf("%s: %s, want %s", to, line, want)
		}
	}
}

// opened is a history of connections with these ends: client, its program, server, its program.
func opened(ends ...[4]string) *history {
	h := newHistory(1 << 20)
	var tracker record.Tracker
	for i, e := range ends {
		m := tracker.Add(record.Event{
			Time: time.UnixMicro(int64(i)), Conn: int64(i + 1), Kind: record.Opened,
			Addrs: [2]string{e[0], e[2]}, Names: [2]string{e[1], e[3]},
		})
		h.add(&m)
	}
	return h
}

// A program is one node, whatever ports it dials from; there are never more nodes than can be looked at.
func TestNodes(t *testing.T) {
	const host = "127.0.0.1:"
	many := func(n int, f func(i int) [4]string) (ends [][4]string) {
		for i := range n {
			ends = append(ends, f(i))
		}
		return ends
	}
	for name, c := range map[string]struct {
		ends [][4]string
		want string
	}{
		"agents that dial each other": {
			[][4]string{{host + "41", "a.py 1", host + "5556", "b.py 2"}, {host + "42", "b.py 2", host + "5555", "a.py 1"}}, "a.py :5555|b.py :5556",
		},
		"a client that connects again": {
			[][4]string{{host + "41", "load.py 9", host + "5555", "a.py 1"}, {host + "42", "load.py 9", host + "5555", "a.py 1"}}, "a.py :5555|load.py 9",
		},
		"nothing is known": {
			[][4]string{{host + "41", "", host + "5555", ""}, {host + "42", "", host + "5555", ""}, {"[::1]:9", "", host + "5555", ""}},
			"127.0.0.1:5555|clients on 127.0.0.1|clients on ::1",
		},
		"a client that is dialled, too": {[][4]string{{"b:1", "", "c:1", ""}, {"a:1", "", "b:1", ""}}, "b:1|c:1|clients on a"},
		"a Unix socket":                 {[][4]string{{"", "", "/run/plant", "plant.py 7"}, {"@", "", "/run/plant", "plant.py 7"}}, "@|client|plant.py /run/plant"},
		"many processes": {
			many(100, func(i int) [4]string {
				return [4]string{host + "1", fmt.Sprint("load.py ", i), host + "5555", "a.py 1000"}
			}), "a.py :5555|load.py",
		},
		"many servers": {
			many(100, func(i int) [4]string { return [4]string{host + "1", "", fmt.Sprint(host, 5000+i), ""} }), "clients on 127.0.0.1|servers on 127.0.0.1",
		},
		"many hosts": {many(100, func(i int) [4]string { return [4]string{fmt.Sprintf("10.0.0.%d:1", i), "", "10.1.0.1:1", ""} }), "clients|servers"},
	} {
		now := opened(c.ends...).now()
		if got := strings.Join(now.names(0, 1<<40).all(), "|"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

package main

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

func testDial(addr string) (net.Conn, error) {
	return net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
}

func TestBench(t *testing.T) {
	eachPeer(t, func(t *testing.T, codec, addr string) {
		for _, c := range []struct{ args, want string }{
			{"add 1 2 -n 200 -c 2 -p 5", `^200 calls in [\d.]+ \S+, \d+ a second\nlatency: mean .*, p50 .*, p90 .*, p99 .*, p99.9 .*, max .*\n$`},
			{"add 1 2 -n 20 --rate 1000", `^20 calls in .*, \d+ a second of 1000 offered\nlatency: .*\n$`},
			{"add 1 2 -d 50ms --json", `^{"calls": \d+, "failed": 0, "seconds": [\d.]+, "calls_per_second": [\d.]+, "mean_ms": [\d.]+, "p50_ms": [\d.]+, "p90_ms": [\d.]+, "p99_ms": [\d.]+, "p999_ms": [\d.]+, "max_ms": [\d.]+}\n$`},
		} {
			got := aiomasCmd(t, "", append([]string{"bench", addr}, strings.Fields(c.args)...)...)
			if got.code != 0 || got.stderr != "" || !regexp.MustCompile(c.want).MatchString(got.stdout) {
				t.Errorf("%s: %+v", c.args, got)
			}
		}
		got := aiomasCmd(t, "", "bench", addr, "fail", "ValueError", "boom", "-n", "3")
		if got.code != exitRemote || !strings.HasPrefix(got.stdout, "3 calls in ") || got.stderr != "ValueError: boom\n" {
			t.Errorf("%+v", got)
		}
	})
}

// With a rate, what waits behind a slow call counts: one after the other, calls of 20 ms take longer and longer.
func TestBenchCountsWaiting(t *testing.T) {
	slow := start(t, "serve", "--script", writeFile(t, "slow: {delay: 20ms}\n"))
	slow.ready(t, slow.stdout)
	got := aiomasCmd(t, "", "bench", slow.addr, "slow", "-n", "20", "--rate", "1000", "--json")
	if got.code != 0 || !strings.HasPrefix(got.stdout, `{"calls": 20, `) {
		t.Errorf("%+v", got)
	}
}

func TestAgents(t *testing.T) {
	addr := pyenv.RequireOne(t).StartPeer(t, "--listen", "tcp://127.0.0.1:0", "--agent").Addr
	container := strings.TrimSuffix(addr, "/0")
	aiomasCmd(t, "", "agents", container).want(t, 0, addr+" PeerAgent\n", "")
	aiomasCmd(t, "", "agents", addr, "--json").want(t, 0, `{"address": "`+addr+`", "class": "PeerAgent"}`+"\n", "")
	server := start(t, "serve")
	server.ready(t, server.stdout)
	aiomasCmd(t, "", "agents", server.addr).want(t, 4, "", `LookupError: Name "validate_aid" not found in ""`)
}

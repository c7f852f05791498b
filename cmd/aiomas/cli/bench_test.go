package cli

import (
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

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

// The bar has the room that a terminal leaves it, and none in a narrow one.
func TestBenchProgress(t *testing.T) {
	for _, c := range []struct {
		load   load
		width  int
		done   int64
		failed int64
		want   string
	}{
		{load{calls: 1000}, 80, 250, 0, "[###########                                 ]  25 %  250 calls, 125/s, 6s left"},
		{load{last: 4 * time.Second}, 80, 7000, 3, "[################                ]  50 %  7000 calls, 3500/s, 2s left, 3 failed"},
		{load{calls: 1000}, 200, 1000, 0, "[" + strings.Repeat("#", 60) + "] 100 %  1000 calls, 500/s, 0s left"},
		{load{calls: 1000}, 40, 250, 0, "25 %  250 calls, 125/s, 6s left"},
	} {
		got := c.load.progressLine(c.done, c.failed, 2*time.Second, c.width)
		if got != c.want || len(got) >= c.width {
			t.Errorf("%+v: %d\n%q\n%q", c.load, len(got), got, c.want)
		}
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

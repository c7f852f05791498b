package agent_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/google/go-cmp/cmp"
)

// Each was seen from Container._parse_url: what it returned, or what its
// ValueError said after the URL.
var addresses = []struct {
	url     string
	want    agent.Addr
	printed string // if not url
	err     string
}{
	{url: "tcp://localhost:5555/0", want: agent.Addr{Network: "tcp", Host: "localhost", Port: 5555, ID: "0"}},
	{url: "tcp://127.0.0.1:5555/42", want: agent.Addr{Network: "tcp", Host: "127.0.0.1", Port: 5555, ID: "42"}},
	{url: "tcp://[::1]:5555/0", want: agent.Addr{Network: "tcp", Host: "::1", Port: 5555, ID: "0"}, printed: "tcp://::1:5555/0"},
	{url: "tcp://::1:5555/0", want: agent.Addr{Network: "tcp", Host: "::1", Port: 5555, ID: "0"}},
	{url: "tcp://[:5555/0", want: agent.Addr{Network: "tcp", Host: "[", Port: 5555, ID: "0"}},
	{url: "tcp://[]:5555/0", want: agent.Addr{Network: "tcp", Port: 5555, ID: "0"}, printed: "tcp://:5555/0"},
	{url: "tcp://host: +5_5 /0/1", want: agent.Addr{Network: "tcp", Host: "host", Port: 55, ID: "0/1"}, printed: "tcp://host:55/0/1"},
	{url: "tcp://host:٤٢/0", want: agent.Addr{Network: "tcp", Host: "host", Port: 42, ID: "0"}, printed: "tcp://host:42/0"},
	{url: "tcp://host:-1/0", want: agent.Addr{Network: "tcp", Host: "host", Port: -1, ID: "0"}},
	{url: "tcp://host:99999/0", want: agent.Addr{Network: "tcp", Host: "host", Port: 99999, ID: "0"}},
	{url: "ipc://[/tmp/s]/0", want: agent.Addr{Network: "ipc", Path: "/tmp/s", ID: "0"}},
	{url: "ipc://[]/0", want: agent.Addr{Network: "ipc", ID: "0"}},
	{url: "ipc://[a]/b]/0", want: agent.Addr{Network: "ipc", Path: "a", ID: "b]/0"}},
	{url: "local://q/0", want: agent.Addr{Network: "local", Path: "q", ID: "0"}},
	{url: "local:///0", want: agent.Addr{Network: "local", ID: "0"}},
	{url: "local://q/a/b", want: agent.Addr{Network: "local", Path: "q", ID: "a/b"}},

	{url: "", err: "not enough values to unpack (expected 2, got 1)"},
	{url: "localhost:5555/0", err: "not enough values to unpack (expected 2, got 1)"},
	{url: "http://localhost:5555/0", err: "http not in {'tcp', 'ipc', 'local'}"},
	{url: "tcp://localhost:5555", err: "not enough values to unpack (expected 2, got 1)"},
	{url: "tcp://localhost/0", err: "not enough values to unpack (expected 2, got 1)"},
	{url: "tcp://:5555/0", err: "string index out of range"},
	{url: "tcp://localhost:/0", err: "invalid literal for int() with base 10: ''"},
	{url: "tcp://localhost:x'y/0", err: `invalid literal for int() with base 10: "x'y"`},
	{url: "tcp://localhost:5__5/0", err: "invalid literal for int() with base 10: '5__5'"},
	{url: "tcp://localhost:_5/0", err: "invalid literal for int() with base 10: '_5'"},
	{url: "tcp://localhost:5_/0", err: "invalid literal for int() with base 10: '5_'"},
	{url: "tcp://localhost:+ 5/0", err: "invalid literal for int() with base 10: '+ 5'"},
	{url: "tcp://localhost:5555/", err: "No agent ID specified."},
	{url: "ipc://", err: "string index out of range"},
	{url: "ipc:///tmp/s/0", err: ""},
	{url: "ipc://[/tmp/s/0", err: "not enough values to unpack (expected 2, got 1)"},
	{url: "ipc://[/tmp/s]/", err: "No agent ID specified."},
	{url: "local://q", err: "not enough values to unpack (expected 2, got 1)"},
	{url: "local://q/", err: "No agent ID specified."},
}

func TestParseAddr(t *testing.T) {
	for _, a := range addresses {
		got, err := agent.ParseAddr(a.url)
		if a.want == (agent.Addr{}) {
			var ex *aiomas.Exception // what peers get
			if !errors.Is(err, aiomas.ValueError) || !errors.As(err, &ex) {
				t.Errorf("%s: no ValueError", a.url)
				continue
			}
			if want := `Cannot parse agent URL "` + a.url + `": ` + a.err; ex.Message != want {
				t.Errorf("%s:\n got %v\nwant %s", a.url, err, want)
			}
			if !strings.HasPrefix(err.Error(), "aiomas: "+strings.TrimSuffix(ex.Message, ": ")+"; want ") {
				t.Errorf("%s: %v", a.url, err)
			}
			continue
		}
		if diff := cmp.Diff(a.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", a.url, err, diff)
		}
		want := a.printed
		if want == "" {
			want = a.url
		}
		if got.String() != want {
			t.Errorf("%s is printed as %s", a.url, got)
		}
		if c := got.Container(); c.ID != "" || c.String()+got.ID != want {
			t.Errorf("%s lives in %s", a.url, c)
		}
	}
}

// What was read is printed so that it is read again.
func FuzzParseAddr(f *testing.F) {
	for _, a := range addresses {
		f.Add(a.url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		a, err := agent.ParseAddr(url)
		if err != nil {
			if !errors.Is(err, aiomas.ValueError) {
				t.Errorf("%q: %v", url, err)
			}
			return
		}
		if a.Host == "" && a.Network == "tcp" || a.Network == "tcp" && a.Host[0] == '[' && a.Host[len(a.Host)-1] == ']' {
			return // "tcp://[]:1/0" and "tcp://[[x]]:1/0", which Python cannot print either
		}
		again, err := agent.ParseAddr(a.String())
		if err != nil || again != a {
			t.Errorf("%q is %+v, printed as %q it is %+v, %v", url, a, a, again, err)
		}
	})
}

package agents

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// The conformance peer as an agent in Go: Python's client, an agent of its own
// container, finds every row as it is with Python's peer. The rows that are about
// codecs alone are tried without agents.
func TestPythonCallsAgentPeer(t *testing.T) {
	const rows = "add,call_back,call_back_fail,echo,fail,flight,get_sub,payload,peers,private,refused,sleep,sub,typename,unserializable,wrong_calls"
	eachCell(t, func(t *testing.T, c cell) {
		for _, listen := range []string{"tcp://127.0.0.1:0", "unix://" + testnet.SocketDir(t) + "/s"} {
			peer := pyenv.Start(t, suite.GoPeer(t, "--agent", "--listen", listen, "--codec", c.codec.Name()))
			if !strings.HasSuffix(peer.Addr, "/0") {
				t.Fatalf("it is ready at %s", peer.Addr)
			}
			if checks := c.python.RunClient(t, "--connect", c.recordURL(t, peer.Addr), "--codec", c.codec.Name(), "--rows", rows); len(checks) < 120 {
				t.Errorf("%s: only %d checks were made", listen, len(checks))
			}
		}
	})
}

// recordURL is the URL of an agent, by way of a recorder.
func (c cell) recordURL(t *testing.T, url string) string {
	t.Helper()
	at := strings.LastIndexByte(url, '/')
	addr, id := url[:at], url[at:]
	path, ok := strings.CutPrefix(addr, "ipc://[")
	if !ok {
		return recorder.Start(t, c.codec, addr, recorder.Listener) + id
	}
	path, _ = strings.CutPrefix(recorder.Start(t, c.codec, "unix://"+strings.TrimSuffix(path, "]"), recorder.Listener), "unix://")
	return "ipc://[" + path + "]" + id
}

// Guest is what the peers call back.
type Guest struct{ agent.Agent }

// Notify doubles.
func (*Guest) Notify(i int) int { return 2 * i }

// Explode raises.
func (*Guest) Explode() error { return aiomas.ValueError.New("boom") }

// A Go agent gets the same answers of both peers.
func TestGoCallsAgentPeers(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		guest := &Guest{}
		register(t, home, guest, agent.Expose("Notify", "Explode"))
		args := []string{"--agent", "--listen", "tcp://127.0.0.1:0", "--codec", c.codec.Name()}
		python := connect(t, home, c.python.StartPeer(t, args...).Addr)
		golang := connect(t, home, pyenv.Start(t, suite.GoPeer(t, args...)).Addr)
		for _, call := range []struct {
			path string
			args []any
			want string // of both
		}{
			{"add", []any{1, aiomas.Kwargs{"b": 2}}, "3"},
			{"echo", []any{1, "x", aiomas.Kwargs{"k": nil}}, "[[1 x] map[k:<nil>]]"},
			{"sleep", []any{0.01, "late"}, "late"},
			{"sub/name", nil, "agents/0/sub"},
			{"sub/deep/name", nil, "agents/0/sub/deep"},
			{"typename", []any{guest}, "Proxy"},
			{"call_back", []any{guest, 3}, "[0 2 4]"},
			{"call_back_fail", []any{guest}, "[ValueError boom]"},
			{"peers", nil, "1"},
			{"fail", []any{"KeyError", "gone"}, "KeyError: 'gone'"},
			{"nothing", nil, `LookupError: Name "nothing" not found in "agents/0"`},
		} {
			answers := map[string]string{"Python": answer(t, python, call.path, call.args), "Go": answer(t, golang, call.path, call.args)}
			if diff := cmp.Diff(map[string]string{"Python": call.want, "Go": call.want}, answers); diff != "" {
				t.Errorf("%s%v: %s", call.path, call.args, diff)
			}
		}
		for _, peer := range []*aiomas.Proxy{python, golang} {
			if name, want := peer.String(), "PeerAgentProxy('tcp://"; !strings.HasPrefix(name, want) {
				t.Errorf("it is %s", name)
			}
			sub, err := aiomas.Call[*aiomas.Proxy](t.Context(), peer.Sub("get_sub"))
			if err != nil {
				t.Error(err)
			} else if name := answer(t, sub, "name", nil); name != "agents/0/sub" {
				t.Errorf("%v got %q", sub, name)
			}
		}
	})
}

// answer is the result of a call, or the exception.
func answer(t *testing.T, p *aiomas.Proxy, path string, args []any) string {
	t.Helper()
	var result any
	if err := p.Sub(path).Call(t.Context(), &result, args...); err != nil {
		var remote *aiomas.RemoteError
		if errors.As(err, &remote) {
			return remote.Type + ": " + remote.Message
		}
		return err.Error()
	}
	return fmt.Sprint(result)
}

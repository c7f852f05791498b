package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

func TestCall(t *testing.T) {
	eachPeer(t, func(t *testing.T, codec, addr string) {
		file := filepath.Join(t.TempDir(), "value.json")
		if err := os.WriteFile(file, []byte(`{"b": [1, 2.0], "a": null}`), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			args           string // separated by spaces
			stdin          string
			code           int
			stdout, stderr string
		}{
			{"add 1 2", "", 0, "3\n", ""},
			{"add 1 --kw b=2.0", "", 0, "3.0\n", ""},
			{"add 1 -2", "", 0, "-1\n", ""},
			{"add a b", "", 0, "\"ab\"\n", ""},
			{"add NaN 1", "", 0, "NaN\n", ""},
			{"add -Infinity 1", "", 0, "-Infinity\n", ""},
			{"identity @" + file, "", 0, "{\"b\": [1, 2.0], \"a\": null}\n", ""},
			{"identity @-", "é", 0, "\"\\u00e9\"\n", ""},
			{"identity --pretty @-", "é", 0, "\"é\"\n", ""},
			{"fail ValueError boom", "", 4, "", "ValueError: boom"},
			{"sub/fail", "", 4, "", "LookupError: Name \"fail\" not found in \"sub\""},
			{"nothing", "", 4, "", "LookupError: Name \"nothing\" not found in \"\""},
			{"get_sub", "", 0, "{\"__proxy__\": \"sub\"}\n", ""},
			{"get_sub --types 1", "", 0, "{\"__type__\": [0, \"sub\"]}\n", ""},
			{"sleep 10 --timeout 50ms --codec " + codec, "", 5, "", "aiomas: waiting for reply: context deadline exceeded"},
			{"identity {\"__type__\":[5,1]}", "", 3, "", ""}, // costs a Python peer the connection
		} {
			got := aiomasCmd(t, c.stdin, append([]string{"call", addr}, strings.Fields(c.args)...)...)
			if c.code == exitConnection || c.code == exitTimeout {
				got.stderr = c.stderr
			}
			got.want(t, c.code, c.stdout, c.stderr)
		}
		aiomasCmd(t, "", "call", "--codec", codec, addr, "fail", "KeyError", "x", "--traceback").wantTraceback(t)
	})
}

func (o outcome) wantTraceback(t *testing.T) {
	t.Helper()
	if o.code != exitRemote || !strings.HasPrefix(o.stderr, "Traceback (most recent call last):\n") || !strings.HasSuffix(o.stderr, "KeyError: 'x'\n") {
		t.Errorf("%+v", o)
	}
}

func TestCallBytes(t *testing.T) {
	py := pyenv.RequireOne(t)
	addr := py.StartPeer(t, "--listen", "tcp://127.0.0.1:0", "--codec", "msgpack").Addr
	aiomasCmd(t, "", "call", addr, "identity", "--hex", "00 ff").want(t, 0, "{\"__bytes__\": \"AP8=\"}\n", "")
	aiomasCmd(t, "\x00", "call", addr, "identity", "--hex", "@-").want(t, 0, "{\"__bytes__\": \"AA==\"}\n", "")
	aiomasCmd(t, "", "call", addr, "identity", `[{"__bytes__": "AP8="}]`).want(t, 0, "[{\"__bytes__\": \"AP8=\"}]\n", "")
	dict := `{"__dict__": [[1, "one"], [{"__bytes__": "AA=="}, {"k": 2}]]}`
	aiomasCmd(t, "", "call", addr, "identity", dict).want(t, 0, dict+"\n", "")
}

func TestCallAgent(t *testing.T) {
	py := pyenv.RequireOne(t)
	addr := py.StartPeer(t, "--listen", "tcp://127.0.0.1:0", "--agent").Addr
	aiomasCmd(t, "", "call", addr, "add", "1", "2").want(t, 0, "3\n", "")
	aiomasCmd(t, "", "call", addr, "get_sub").want(t, 0, "{\"__proxy__\": \"agents/0/sub\"}\n", "")
	aiomasCmd(t, "", "call", addr, "identity", `{"__type__": [0, "2020-01-02T03:04:05+00:00"]}`).
		want(t, 0, "{\"__type__\": [0, \"2020-01-02T03:04:05+00:00\"]}\n", "")
	other := strings.TrimSuffix(addr, "0") + "7"
	aiomasCmd(t, "", "call", other, "add", "1", "2").want(t, 1, "", "aiomas: there is no agent 7 at "+strings.TrimSuffix(addr, "/0"))
}

func TestCallTLS(t *testing.T) {
	ca := testcert.NewCA(t)
	files := ca.Issue(t, "localhost", "127.0.0.1")
	tls := []string{"--tls-ca", ca.File, "--tls-cert", files.Cert, "--tls-key", files.Key}
	py := pyenv.RequireOne(t)
	addr := py.StartPeer(t, append([]string{"--listen", "tcp://127.0.0.1:0"}, tls...)...).Addr
	aiomasCmd(t, "", append([]string{"call", addr, "add", "1", "2"}, tls...)...).want(t, 0, "3\n", "")
	secure := strings.Replace(addr, "tcp:", "tcp+tls:", 1)
	aiomasCmd(t, "", append([]string{"call", secure, "add", "1", "2"}, tls...)...).want(t, 0, "3\n", "")
	aiomasCmd(t, "", "call", secure, "add", "1", "2").want(t, 2, "", "aiomas: "+secure+" needs --tls-ca, --tls-cert and --tls-key")
}

func TestCallUnix(t *testing.T) {
	addr := "unix://" + filepath.Join(testnet.SocketDir(t), "s")
	pyenv.RequireOne(t).StartPeer(t, "--listen", addr)
	aiomasCmd(t, "", "call", addr, "add", "1", "2").want(t, 0, "3\n", "")
}

func TestWrongUsage(t *testing.T) {
	for _, c := range []struct{ args, stderr string }{
		{"call", "aiomas: too few arguments: aiomas call ADDR PATH [ARG…] [flags]"},
		{"call x y", `aiomas: "x" is no address (tcp://host:port, tcp+tls://host:port, unix:///path, that of an agent) and none of the configuration`},
		{"call http://x y", `aiomas: "http://x": unknown kind of address http://`},
		{"call h:1 y --codec cbor", `aiomas: unknown codec "cbor": json, msgpack, msgpack-blosc or auto`},
		{"call h:1 y --kw b", "aiomas: --kw b: want one key=value for each key"},
		{"call h:1 y --hex 0g", `aiomas: "0g" is not hex: encoding/hex: invalid byte: U+0067 'g'`},
		{`call h:1 y {"__proxy__":"a"}`, "aiomas: __proxy__: a proxy belongs to the connection that it came by, and cannot be sent"},
		{"call h:1 y --max-frame 5G", `aiomas: invalid argument "5G" for "--max-frame" flag: "5G" is no number of bytes from 1 to 4G`},
		{"call h:1 y --wrong", "aiomas: unknown flag: --wrong"},
		{"cal", `aiomas: unknown command "cal"; aiomas --help lists them`},
		{"ping", "aiomas: too few arguments: aiomas ping ADDR [flags]"},
		{"ping a:1 b:2", "aiomas: too many arguments: aiomas ping ADDR [flags]"},
		{"ping a:1 --config /nowhere/c", "aiomas: open /nowhere/c: no such file or directory"},
	} {
		aiomasCmd(t, "", strings.Fields(c.args)...).want(t, exitUsage, "", c.stderr)
	}
}

package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

func TestConfiguration(t *testing.T) {
	addr := pyenv.RequireOne(t).StartPeer(t, "--listen", "tcp://127.0.0.1:0", "--codec", "msgpack").Addr
	dir := t.TempDir()
	write := func(text string) string {
		t.Helper()
		path := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("timeout: 10s\naddresses:\n  plain: " + addr + "\n  math: {address: '" + addr + "', codec: msgpack}\n  wrong: {address: '" + addr + "', codec: json}\n")
	aiomasCmd(t, "", "call", "--config", file, "plain", "add", "1", "2").want(t, 0, "3\n", "")
	t.Setenv("AIOMAS_CONFIG", file)
	aiomasCmd(t, "", "call", "math", "add", "1", "2").want(t, 0, "3\n", "")
	if got := aiomasCmd(t, "", "call", "wrong", "add", "1", "2"); got.code != exitConnection {
		t.Errorf("with another codec: %+v", got)
	}
	aiomasCmd(t, "", "call", "wrong", "add", "1", "2", "--codec", "msgpack").want(t, 0, "3\n", "")
	t.Setenv("AIOMAS_CODEC", "msgpack")
	aiomasCmd(t, "", "call", "wrong", "add", "1", "2").want(t, 0, "3\n", "")
	t.Setenv("AIOMAS_TIMEOUT", "soon")
	aiomasCmd(t, "", "call", "math", "add").want(t, exitUsage, "", `aiomas: AIOMAS_TIMEOUT: timeout: time: invalid duration "soon"`)

	for text, want := range map[string]string{
		"codecs: json\n":                        `unknown setting "codecs"`,
		"addresses: {a: {codec: json}}\n":       "addresses: a: there is no address",
		"addresses: {a: {address: x, port: 1}}": `addresses: a: unknown setting "port"`,
		"codec: [json]\n":                       "codec: line 1: not one value",
	} {
		write(text)
		aiomasCmd(t, "", "ping", "a").want(t, exitUsage, "", "aiomas: "+file+": "+want)
	}
}

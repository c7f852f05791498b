package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// The checks of the conformance client, on real aiomas, against our service.
func TestServe(t *testing.T) {
	py := pyenv.RequireOne(t)
	server := start(t, "serve", "--listen", "127.0.0.1:0")
	addr := server.ready(t, server.stdout).addr
	if n := len(py.RunClient(t, "--connect", addr, "--codec", "msgpack")); n < 50 {
		t.Errorf("%d checks", n)
	}
	for _, name := range codecNames {
		aiomasCmd(t, "", "call", addr, "add", "1", "2", "--codec", name).want(t, 0, "3\n", "")
	}
	if code := server.stop(); code != exitOK || server.stdout.String() != "ready "+addr+"\n" || server.stderr.String() != "" {
		t.Errorf("exit code %d, %q, %q", code, server.stdout, server.stderr)
	}
}

const mockScript = `
add: 3
math/half: 0.5
math/big: 123456789012345678901234567890
plan: {b: [1, 2.0], a: null}
raw: {__bytes__: AP8=}
date: {__type__: [0, "2020-01-02T03:04:05+00:00"]}
fail: {error: "ValueError: boom"}
slow: {result: later, delay: 30ms}
twice: {sequence: [1, {error: KeyError}, {result: {result: 2}}]}
`

func TestServeScript(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mock.yaml")
	if err := os.WriteFile(file, []byte(mockScript), 0o600); err != nil {
		t.Fatal(err)
	}
	server := start(t, "serve", "--script", file)
	addr := server.ready(t, server.stdout).addr
	py := pyenv.RequireOne(t).StartSession(t, "--connect", addr, "--codec", "msgpack")
	if v, err := py.Call("math/half", nil, nil); v != 0.5 || err != nil {
		t.Errorf("Python got %v, %v", v, err)
	}
	for _, c := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"add 1 2 --kw x=3", 0, "3\n", ""},
		{"math/half", 0, "0.5\n", ""},
		{"math/big", 0, "123456789012345678901234567890\n", ""},
		{"plan", 0, "{\"b\": [1, 2.0], \"a\": null}\n", ""},
		{"date", 0, "{\"__type__\": [0, \"2020-01-02T03:04:05+00:00\"]}\n", ""},
		{"date --types 0", 0, "{\"__proxy__\": \"2020-01-02T03:04:05+00:00\"}\n", ""},
		{"raw --codec msgpack", 0, "{\"__bytes__\": \"AP8=\"}\n", ""},
		{"fail", 4, "", "ValueError: boom"},
		{"missing", 4, "", `LookupError: Name "missing" not found in ""`},
		{"twice", 0, "1\n", ""},
		{"twice", 4, "", "KeyError"},
		{"twice", 0, "{\"result\": 2}\n", ""},
		{"twice", 0, "{\"result\": 2}\n", ""},
	} {
		args := append([]string{"call", addr}, strings.Fields(c.args)...)
		if !strings.Contains(c.args, "--types") && strings.HasPrefix(c.args, "date") {
			args = append(args, "--types", "1")
		}
		aiomasCmd(t, "", args...).want(t, c.code, c.stdout, c.stderr)
	}
	begin := time.Now()
	aiomasCmd(t, "", "call", addr, "slow").want(t, 0, "\"later\"\n", "")
	if took := time.Since(begin); took < 30*time.Millisecond {
		t.Errorf("slow took %v", took)
	}
}

func TestServeWrongScript(t *testing.T) {
	for text, want := range map[string]string{
		"[1]":                              "not a dict of paths and answers",
		"":                                 "empty",
		"{a: {error: 1}}":                  `a: error: want "Type: message"`,
		"{a: {delay: soon}}":               "a: delay: want a time like 500ms, not soon",
		"{a: {sequence: []}}":              "a: sequence: want a list of answers",
		"{a: {result: 1, error: X}}":       "a: more than one of result, error and sequence",
		"{a/b: 1, a: 2}":                   "a: there twice",
		`{"a": 1, "a/b": 2}`:               `a/b: the name "a" is taken`,
		`{"a": {"__bytes__": 1}}`:          "__bytes__ is not followed by base64",
		"{a/: 1}":                          "a/: a name is empty",
		"{1: 1}":                           "the path 1 is no text",
		`{"a": {"__dict__": [[1, 2, 3]]}}`: "__dict__ is not followed by a list of [key, value]",
		"a: &x [*x]":                       "nested too deeply",
	} {
		aiomasCmd(t, text, "serve", "--script", "-").want(t, exitUsage, "", "aiomas: -: "+want)
	}
}
